// A value that components watch.
import {useEffect, useState} from 'preact/hooks';

export class Cell<T> {
  #value: T;
  readonly #watchers = new Set<(value: T) => void>();

  constructor(value: T) {
    this.#value = value;
  }
  get value(): T {
    return this.#value;
  }
  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const watcher of [...this.#watchers]) watcher(value);
  }
  /** Calls `watcher` at each change until the function that is returned is called. */
  watch(watcher: (value: T) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }
}

export function useCell<T>(cell: Cell<T>): T {
  const [, render] = useState({});
  useEffect(() => {
    const seen = cell.value;
    const stop = cell.watch(() => render({}));
    if (!Object.is(seen, cell.value)) render({});
    return stop;
  }, [cell]);
  return cell.value;
}
