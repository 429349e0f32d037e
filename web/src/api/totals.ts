// Sums over the states that notifications are in now.
import {type ChannelStats, type Range, type State, type Stats, states} from './types';

export interface Totals {
  accepted: number; // user events
  planned: number; // notifications, whatever became of them, without the skipped
  sent: number; // a provider took them (or the sandbox kept them)
  delivered: number;
  failed: number; // ended without arriving
  waiting: number; // dead or in doubt: a person decides
  sandboxed: number;
}

const tookIt: readonly State[] = ['sent', 'delivered', 'bounced'];
const failedStates: readonly State[] = ['bounced', 'dead', 'expired', 'suppressed', 'discarded'];

const sum = (channel: ChannelStats, of: readonly State[]): number => of.reduce((total, state) => total + (channel.states[state] ?? 0), 0);

export function totalsOf(stats: Stats): Totals {
  const totals = {accepted: stats.events_accepted, planned: 0, sent: 0, delivered: 0, failed: 0, waiting: 0, sandboxed: 0};
  for (const channel of Object.values(stats.channels)) {
    totals.planned += sum(channel, states) - (channel.states.skipped ?? 0);
    totals.sent += sum(channel, tookIt);
    totals.delivered += channel.states.delivered ?? 0;
    totals.failed += sum(channel, failedStates);
    totals.waiting += sum(channel, ['dead', 'in_doubt']);
    totals.sandboxed += channel.sandboxed;
  }
  return totals;
}

/** What happened in a range, over all its groups: step kind → how many. */
export function rangeTotals(range: Range): Record<string, number> {
  const totals: Record<string, number> = {accepted: range.accepted.reduce((a, b) => a + b, 0)};
  for (const group of range.groups)
    for (const [what, count] of Object.entries(group.totals)) totals[what] = (totals[what] ?? 0) + count;
  return totals;
}

/** One step kind over a range, added up over all groups. */
export function rangeSeries(range: Range, what: string): number[] {
  const series = new Array<number>(range.times.length).fill(0);
  for (const group of range.groups) group.series[what]?.forEach((count, i) => (series[i] = (series[i] ?? 0) + count));
  return series;
}
