// Times as the API writes them: RFC 3339, UTC, up to microseconds.

const rfc3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/** Microseconds since 1970; NaN when it is no RFC 3339 time. A number holds them exactly until the year 2255. */
export function microseconds(text: string): number {
  const match = rfc3339.exec(text);
  if (!match) return NaN;
  const fraction = Number((match[2] ?? '').padEnd(6, '0').slice(0, 6));
  return Date.parse(`${match[1]}${match[3]}`) * 1000 + fraction;
}

/** Milliseconds since 1970. */
export const milliseconds = (text: string): number => Math.floor(microseconds(text) / 1000);

/** From one time to another, in milliseconds with a fraction. */
export const between = (from: string, to: string): number => (microseconds(to) - microseconds(from)) / 1000;

/** For the API; seconds are precise enough for what a person chooses. */
export const rfc3339Of = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

/** What <input type="datetime-local"> holds, in the reader's zone, and back. */
export function localInput(ms: number): string {
  const date = new Date(ms);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}
export const fromLocalInput = (text: string): number => new Date(text).getTime();
