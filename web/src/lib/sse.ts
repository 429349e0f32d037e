// Server-sent events out of a byte stream (WHATWG HTML, section 9.2.6), for fetch: EventSource can't send an API key.

export interface ServerEvent {
  event: string; // "message" where none is named
  data: string;
  id: string;
}

/** Feeds on decoded text in any pieces; returns the events that are complete. */
export class EventParser {
  #rest = '';
  #event = '';
  #data: string[] = [];
  #id = '';

  feed(text: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    // A lone CR at the end may be the first half of CRLF: it waits for what comes after it.
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') this.#end(events);
      else this.#field(line);
    }
    return events;
  }

  #end(events: ServerEvent[]): void {
    if (this.#data.length > 0) events.push({event: this.#event || 'message', data: this.#data.join('\n'), id: this.#id});
    this.#event = '';
    this.#data = [];
  }

  #field(line: string): void {
    if (line.startsWith(':')) return;
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'data') this.#data.push(value);
    else if (name === 'event') this.#event = value;
    else if (name === 'id' && !value.includes('\0')) this.#id = value;
  }
}
