import assert from 'node:assert/strict';
import test from 'node:test';

import {History, historySamples} from './history';
import {rangeSeries, rangeTotals, totalsOf} from './totals';
import type {ChannelStats, LiveStats, Range} from './types';

const none = {count: 0, p50: 0, p90: 0, p99: 0};
const channel = (states: ChannelStats['states'], sandboxed = 0): ChannelStats => ({
  states, sandboxed, planned_last_minute: 0, sent_last_minute: 0, latency_ms: {accepted_to_sent: none, sent_to_delivered: none},
});
const snapshot = (atMs: number, accepted: number, sent: number): LiveStats => ({
  at: new Date(atMs).toISOString(), stats: {events_accepted: accepted, channels: {email: channel({sent}), sms: channel({})}}, ready: true, parts: [],
  lag: [{group: 'a', topic: 't', records: 3}, {group: 'b', topic: 't', records: 4}],
});

test('each notification counts once on its way', () => {
  const stats = {events_accepted: 9, channels: {email: channel({planned: 1, sending: 1, sent: 2, delivered: 3, dead: 1, in_doubt: 1, skipped: 5}, 2), sms: channel({bounced: 1, expired: 1})}};
  assert.deepEqual(totalsOf(stats), {accepted: 9, planned: 11, sent: 6, delivered: 3, failed: 3, waiting: 2, sandboxed: 2});
});

test('rates are differences per second', () => {
  const history = new History();
  history.add(snapshot(1000, 10, 0));
  history.add(snapshot(2000, 20, 5));
  history.add(snapshot(4000, 20, 25));
  const rates = history.rates(60);
  assert.deepEqual(rates.times, [2, 4]);
  assert.deepEqual(rates.accepted, [10, 0]);
  assert.deepEqual(rates.sent, [5, 10]);
  assert.equal(history.samples.at(-1)?.lag, 7);
  assert.deepEqual(history.rates(1).times, [4], 'only the last second');
});

test('what was not seen is a gap, and what runs back begins anew', () => {
  const history = new History();
  history.add(snapshot(1000, 10, 0));
  history.add(snapshot(61_000, 6010, 0));
  assert.deepEqual(history.rates(600).accepted, [null]);
  history.add(snapshot(5000, 1, 0));
  assert.deepEqual(history.rates(600).times, []);
  assert.equal(history.samples.length, 1);
});

test('the history is bounded', () => {
  const history = new History();
  for (let i = 0; i < historySamples + 10; ++i) history.add(snapshot(i * 1000, i, i));
  assert.equal(history.samples.length, historySamples);
});

test('a range adds up over its groups', () => {
  const range: Range = {
    from: '', to: '', step: 'minute', times: ['a', 'b'], accepted: [1, 2], errors: [],
    groups: [{name: 'email', totals: {sent: 3}, series: {sent: [1, 2]}, latency_ms: {}}, {name: 'sms', totals: {sent: 5, dead: 1}, series: {sent: [5, 0], dead: [0, 1]}, latency_ms: {}}],
  };
  assert.deepEqual(rangeTotals(range), {accepted: 3, sent: 8, dead: 1});
  assert.deepEqual(rangeSeries(range, 'sent'), [6, 2]);
  assert.deepEqual(rangeSeries(range, 'bounced'), [0, 0]);
});
