// Where the reader is: "#/notifications/<id>?state=dead" as path and query.

export interface Route {
  path: readonly string[]; // ["notifications", "<id>"]
  query: URLSearchParams;
}

export function parseHash(hash: string): Route {
  const text = hash.replace(/^#\/?/, '');
  const mark = text.indexOf('?');
  const path = (mark < 0 ? text : text.slice(0, mark)).split('/').filter(Boolean).map(decoded);
  return {path, query: new URLSearchParams(mark < 0 ? '' : text.slice(mark + 1))};
}

/** A stray "%" in a link that somebody typed is not worth an error. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

export type Query = Record<string, string | readonly string[] | undefined>;

/** Empty values are left out; the order is that of `query`, so that equal filters are equal links. */
export function queryString(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    for (const one of typeof value === 'string' ? [value] : (value ?? [])) if (one) parameters.append(name, one);
  return parameters.toString();
}

export function href(path: readonly string[], query: Query = {}): string {
  const parameters = queryString(query);
  return `#/${path.map(encodeURIComponent).join('/')}${parameters ? `?${parameters}` : ''}`;
}
