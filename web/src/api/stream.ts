// A stream of server-sent events, read until it ends.
import {EventParser, type ServerEvent} from '../lib/sse';
import {problemOf, send} from './client';

/** A stream says something every 15 s at the latest. */
const silenceMaxMs = 20_000;

/**
 * Calls `opened` once the server listens. False: there is no such stream here, or no room for one more listener. True: it ended. Throws as
 * `send` does, and when it breaks off.
 */
export async function follow(path: string, take: (event: ServerEvent) => void, signal: AbortSignal, opened?: () => void): Promise<boolean> {
  const end = new AbortController();
  const giveUp = () => end.abort();
  signal.addEventListener('abort', giveUp);
  let timer = setTimeout(giveUp, silenceMaxMs);
  try {
    const response = await send(path, {signal: end.signal});
    if (response.status === 404 || response.status === 503) return false;
    if (!response.ok || !response.body) throw await problemOf(response);
    opened?.();
    const parser = new EventParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const {done, value} = await reader.read();
      if (done) return true;
      clearTimeout(timer);
      timer = setTimeout(giveUp, silenceMaxMs);
      parser.feed(value).forEach(take);
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
    end.abort();
  }
}
