import assert from 'node:assert/strict';
import test from 'node:test';

import {chosenSpan, presets, spanOf, stepFor} from './ranges';

const now = Date.UTC(2026, 10, 25);
const day = 86_400_000;

test('no range asks for more points than the API gives', () => {
  const size = {minute: 60_000, hour: 3_600_000, day};
  for (const preset of Object.keys(presets)) {
    const span = spanOf(preset, now);
    assert.ok((span.to - span.from) / size[stepFor(span, now)] <= 1500, preset);
  }
});

test('the step is as fine as is kept and can be seen', () => {
  assert.equal(stepFor({from: now - 3_600_000, to: now}, now), 'minute');
  assert.equal(stepFor({from: now - 7 * day, to: now}, now), 'hour');
  assert.equal(stepFor({from: now - 90 * day, to: now}, now), 'day');
  assert.equal(stepFor({from: now - 100 * day, to: now - 100 * day + 3_600_000}, now), 'hour', 'minutes of then are gone');
});

test('a range that was marked comes back, anything else is the last hour', () => {
  const span = {from: 1000, to: 2000};
  assert.deepEqual(spanOf(chosenSpan(span), now), span);
  for (const bad of ['', 'x', '2~1', '1~1', '~', '9999999999999999999~1']) assert.deepEqual(spanOf(bad, now), {from: now - 3_600_000, to: now}, bad);
});
