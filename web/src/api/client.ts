// Requests to this server, with the reader's API key where one is needed.
import {Cell} from '../lib/cell';

const keyName = 'vestnik.key';

/** The server answered, and not with what was asked for (RFC 9457). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly field: string,
    readonly state: string,
    readonly retryAfterS: number,
  ) {
    super(detail || title);
  }
}

/** Nobody answered. */
export class Away extends Error {}

/** The server wants a key that we don't have, or not this one: the login is shown. */
export const keyNeeded = new Cell<'no' | 'missing' | 'refused'>('no');

export const apiKey = (): string | null => sessionStorage.getItem(keyName);

export function useKey(key: string): void {
  sessionStorage.setItem(keyName, key);
  keyNeeded.set('no');
}
export function forgetKey(): void {
  sessionStorage.removeItem(keyName);
  keyNeeded.set('missing');
}

export interface Options {
  method?: string;
  body?: unknown;
  signal?: AbortSignal | undefined;
}

/** The response, whatever its status but 401. Throws Away, Problem (401), or the signal's AbortError. */
export async function send(path: string, {method = 'GET', body, signal}: Options = {}): Promise<Response> {
  const headers: Record<string, string> = {};
  const key = apiKey();
  if (key) headers.Authorization = `Bearer ${key}`;
  const init: RequestInit = {method, headers, cache: 'no-store'};
  if (signal) init.signal = signal;
  if (body !== undefined) {
    headers['Content-Type'] = 'application/json';
    init.body = JSON.stringify(body);
  }
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Away('the server does not answer');
  }
  if (response.status === 401) {
    sessionStorage.removeItem(keyName);
    keyNeeded.set(key ? 'refused' : 'missing');
    throw await problemOf(response);
  }
  return response;
}

/** The answer's JSON. Throws as `send` does, and Problem for every status but 2xx. */
export async function call<T>(path: string, options: Options = {}): Promise<T> {
  const response = await send(path, options);
  if (!response.ok) throw await problemOf(response);
  try {
    return (await response.json()) as T;
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Away('the answer broke off');
  }
}

/** The same, or null where there is nothing (404). */
export async function find<T>(path: string, options: Options = {}): Promise<T | null> {
  try {
    return await call<T>(path, options);
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null;
    throw error;
  }
}

export async function problemOf(response: Response): Promise<Problem> {
  const document = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  const text = (name: string) => (typeof document[name] === 'string' ? document[name] : '');
  return new Problem(response.status, text('title') || response.statusText || String(response.status), text('detail'), text('field'),
    text('state'), Number(response.headers.get('Retry-After')) || 0);
}
