// The last minutes as they were seen live, for sparklines and the chart of what happens now. Counts are totals since the beginning,
// so rates are differences; what the page did not see (hidden, disconnected) is a gap, not a rate.
import {milliseconds} from '../lib/time';
import {totalsOf, type Totals} from './totals';
import type {LiveStats} from './types';

export const historySamples = 600;
/** Snapshots further apart than this have a gap between them. */
const gapMs = 6000;

export interface Sample {
  at: number; // ms
  totals: Totals;
  lag: number; // records, all groups
}

export interface Rates {
  times: number[]; // s
  accepted: (number | null)[]; // per second
  planned: (number | null)[];
  sent: (number | null)[];
  delivered: (number | null)[];
  failed: (number | null)[];
}

export class History {
  #samples: Sample[] = [];

  get samples(): readonly Sample[] {
    return this.#samples;
  }

  add(snapshot: LiveStats): void {
    const at = milliseconds(snapshot.at);
    const last = this.#samples.at(-1);
    // A server that restarted, or a clock set back: what was seen before can't be compared.
    if (last && at <= last.at) this.#samples = [];
    const lag = (snapshot.lag ?? []).reduce((sum, group) => sum + group.records, 0);
    this.#samples.push({at, totals: totalsOf(snapshot.stats), lag});
    if (this.#samples.length > historySamples) this.#samples.shift();
  }

  /** Per second between neighbouring snapshots, of the last `seconds`. */
  rates(seconds: number): Rates {
    const rates: Rates = {times: [], accepted: [], planned: [], sent: [], delivered: [], failed: []};
    const since = (this.#samples.at(-1)?.at ?? 0) - seconds * 1000;
    for (let i = 1; i < this.#samples.length; ++i) {
      const before = this.#samples[i - 1]!;
      const now = this.#samples[i]!;
      if (now.at < since) continue;
      const apart = now.at - before.at;
      rates.times.push(now.at / 1000);
      for (const name of ['accepted', 'planned', 'sent', 'delivered', 'failed'] as const) {
        const rate = ((now.totals[name] - before.totals[name]) * 1000) / apart;
        rates[name].push(apart > gapMs ? null : Math.max(0, rate));
      }
    }
    return rates;
  }
}
