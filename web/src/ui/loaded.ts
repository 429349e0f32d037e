// What a view loads, and loads again.
import {useCallback, useEffect, useRef, useState} from 'preact/hooks';

import {Away} from '../api/client';
import {connection} from '../api/live';

export interface Loaded<T> {
  value: T | undefined; // the last that came, also while it is loaded again
  error: Error | undefined; // of the last try
  loading: boolean;
  reload: () => void;
}

/**
 * Loads at once and whenever `key` changes; what is late for an earlier key is dropped, and its request ended. What failed since nobody
 * answered is loaded when the server is back.
 */
export function useLoaded<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{key: string; value?: T; error?: Error; loading: boolean}>({key, loading: true});
  const [round, setRound] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    const abort = new AbortController();
    setState((before) => (before.key === key ? {...before, loading: true} : {key, loading: true}));
    latest.current(abort.signal).then(
      (value) => !abort.signal.aborted && setState({key, value, loading: false}),
      (error: unknown) => !abort.signal.aborted && setState((before) => ({...before, error: error as Error, loading: false})),
    );
    return () => abort.abort();
  }, [key, round]);
  const reload = useCallback(() => setRound((n) => n + 1), []);
  const away = state.error instanceof Away;
  useEffect(() => (away ? connection.watch((now) => now.kind === 'on' && reload()) : undefined), [away]);
  const current = state.key === key;
  return {value: current ? state.value : undefined, error: current ? state.error : undefined, loading: !current || state.loading, reload};
}

/** Calls `tick` every `ms` while the page is seen and `on`. */
export function useEvery(ms: number, on: boolean, tick: () => void): void {
  const latest = useRef(tick);
  latest.current = tick;
  useEffect(() => {
    if (!on) return;
    const timer = setInterval(() => {
      if (!document.hidden) latest.current();
    }, ms);
    return () => clearInterval(timer);
  }, [ms, on]);
}
