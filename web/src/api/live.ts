// The state of the system as it changes: /v1/live, one snapshot a second; where there is none, /v1/stats and /readyz asked again
// and again. One stream for the whole page, and none while nobody looks.
import {backoffMs} from '../lib/backoff';
import {Cell} from '../lib/cell';
import {History} from './history';
import {Away, call, keyNeeded, Problem, send} from './client';
import {follow} from './stream';
import type {LiveStats, Part, Stats} from './types';

const pollMs = 2000;
/** So long a hidden page goes on, for readers who only glance elsewhere. */
const hiddenMaxMs = 60_000;

export type Connection = {kind: 'starting'} | {kind: 'on'} | {kind: 'away'; retryAt: number};

export const connection = new Cell<Connection>({kind: 'starting'});
export const live = new Cell<LiveStats | null>(null);
export const history = new History();

let running: AbortController | null = null;
let wake: (() => void) | null = null;

/** Begins, or begins anew (with another key, or since the reader asks). */
export function connect(): void {
  running?.abort();
  running = new AbortController();
  void keepUp(running.signal);
}

export function disconnect(): void {
  running?.abort();
  running = null;
}

/** Tries now instead of later. */
export const tryNow = (): void => wake?.();

export function watchVisibility(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  document.addEventListener('visibilitychange', () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(disconnect, hiddenMaxMs);
    else if (!running && keyNeeded.value === 'no') connect();
  });
}

async function keepUp(signal: AbortSignal): Promise<void> {
  let failures = 0;
  let streaming = true;
  const take = (snapshot: LiveStats) => {
    failures = 0;
    history.add(snapshot);
    live.set(snapshot);
    connection.set({kind: 'on'});
  };
  while (!signal.aborted) {
    try {
      streaming = streaming && (await stream(take, signal));
      if (!streaming) await poll(take, signal);
    } catch (error) {
      if (signal.aborted || (error instanceof Problem && error.status === 401)) return;
    }
    if (signal.aborted) return;
    const waitMs = backoffMs(failures++);
    connection.set({kind: 'away', retryAt: Date.now() + waitMs});
    await sleep(waitMs, signal);
  }
}

const stream = (take: (snapshot: LiveStats) => void, signal: AbortSignal): Promise<boolean> =>
  follow('/v1/live', ({event, data}) => event === 'stats' && take(JSON.parse(data) as LiveStats), signal);

/** Goes on until it fails. */
async function poll(take: (snapshot: LiveStats) => void, signal: AbortSignal): Promise<void> {
  for (;;) {
    const [stats, readiness] = await Promise.all([call<Stats>('/v1/stats', {signal}), readyz(signal)]);
    take({at: new Date().toISOString(), stats, ...readiness});
    await sleep(pollMs, signal);
    if (signal.aborted) return;
  }
}

/** 503 has the same document. */
async function readyz(signal: AbortSignal): Promise<{ready: boolean; parts: Part[]}> {
  const response = await send('/readyz', {signal});
  if (response.status !== 200 && response.status !== 503) throw new Away('/readyz');
  return (await response.json()) as {ready: boolean; parts: Part[]};
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      wake = null;
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    wake = done;
  });
}
