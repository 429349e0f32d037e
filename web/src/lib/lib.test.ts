import assert from 'node:assert/strict';
import test from 'node:test';

import {backoffMs} from './backoff';
import {whatIs} from './query';
import {href, parseHash, queryString} from './route';
import {smsParts} from './sms';
import {EventParser} from './sse';
import {between, fromLocalInput, localInput, microseconds, milliseconds, rfc3339Of} from './time';

test('times keep their microseconds', () => {
  assert.equal(microseconds('1970-01-01T00:00:01.000002Z'), 1_000_002);
  assert.equal(microseconds('2026-11-23T14:17:06Z'), Date.UTC(2026, 10, 23, 14, 17, 6) * 1000);
  assert.equal(microseconds('2026-11-23T17:17:06.5+03:00'), Date.UTC(2026, 10, 23, 14, 17, 6, 500) * 1000);
  assert.equal(milliseconds('1970-01-01T00:00:00.0019999Z'), 1);
  assert.equal(between('2026-11-23T14:17:06.012345Z', '2026-11-23T14:17:06.012845Z'), 0.5);
  for (const bad of ['', 'yesterday', '2026-11-23', '2026-11-23T14:17:06']) assert.ok(Number.isNaN(microseconds(bad)), bad);
});

test('a time that was chosen comes back', () => {
  const at = Date.UTC(2026, 10, 23, 14, 17);
  assert.equal(localInput(at), '2026-11-23T17:17');
  assert.equal(fromLocalInput(localInput(at)), at);
  assert.equal(rfc3339Of(at), '2026-11-23T14:17:00Z');
});

test('a hash is a path and a query, and back', () => {
  const route = parseHash('#/notifications/a%2Fb?state=dead&state=in_doubt&q=a%20b%2B1');
  assert.deepEqual(route.path, ['notifications', 'a/b']);
  assert.deepEqual(route.query.getAll('state'), ['dead', 'in_doubt']);
  assert.equal(route.query.get('q'), 'a b+1');
  assert.equal(href(['notifications', 'a/b'], {q: 'a b+1', state: ['dead'], cursor: ''}), '#/notifications/a%2Fb?q=a+b%2B1&state=dead');
  assert.deepEqual(parseHash('').path, []);
  assert.deepEqual(parseHash('#/%zz').path, ['%zz']);
  assert.equal(queryString({a: undefined, b: '', c: []}), '');
});

test('what is typed is known by its shape', () => {
  assert.deepEqual(whatIs(' anna@example.com '), {kind: 'recipient', value: 'anna@example.com'});
  assert.deepEqual(whatIs('+7 (912) 345-67-89'), {kind: 'recipient', value: '+79123456789'});
  assert.deepEqual(whatIs('user_01987cf4-d1ab-7ee5-8980-5d5b9fec9cf5')?.kind, 'user_id');
  assert.deepEqual(whatIs('551E0BA5-d1ab-8ee5-8980-5d5b9fec9cf5'), {kind: 'id', value: '551e0ba5-d1ab-8ee5-8980-5d5b9fec9cf5'});
  assert.deepEqual(whatIs('order-4711-paid'), {kind: 'id', value: 'order-4711-paid'});
  assert.equal(whatIs('   '), null);
});

test('server-sent events in any pieces', () => {
  const text = ': hello\r\nevent: stats\r\nid: 7\r\ndata: {"a":\r\ndata: 1}\r\n\r\ndata:plain\n\nevent: empty\n\n\rdata: last\r\r';
  const whole = new EventParser().feed(`${text}\n`);
  assert.deepEqual(whole, [{event: 'stats', data: '{"a":\n1}', id: '7'}, {event: 'message', data: 'plain', id: '7'}, {event: 'message', data: 'last', id: '7'}]);
  for (let size = 1; size < 9; ++size) {
    const parser = new EventParser();
    const events = [];
    for (let at = 0; at <= text.length; at += size) events.push(...parser.feed(`${text}\n`.slice(at, at + size)));
    assert.deepEqual(events, whole, `in pieces of ${size}`);
  }
});

test('an event that is not complete is not one', () => {
  assert.deepEqual(new EventParser().feed('data: half'), []);
  assert.deepEqual(new EventParser().feed('data: half\n'), []);
});

test('the wait grows, has an end, and differs from reader to reader', () => {
  assert.deepEqual([0, 1, 2, 3, 4, 50].map((n) => backoffMs(n, () => 0)), [1000, 2000, 4000, 8000, 15_000, 15_000]);
  assert.equal(backoffMs(0, () => 1), 800);
});

test('the parts of an SMS', () => {
  const old = JSON.stringify([{text: 'one ', encoding: 'ucs2', units: 4}, {text: 'two', encoding: 'ucs2', units: 3}]);
  assert.deepEqual(smsParts({text: 'one two', raw: old}), {encoding: 'ucs2', parts: ['one ', 'two']});
  assert.deepEqual(smsParts({text: 'x', sms: {encoding: 'gsm7', parts: ['x']}, raw: old}), {encoding: 'gsm7', parts: ['x']});
  for (const raw of [undefined, '', 'no json', '[]', '{}', '[1]', '[null]', '[{"text":1}]']) assert.deepEqual(smsParts({text: 'whole', ...(raw !== undefined && {raw})}), {parts: ['whole']});
});
