// SPDX-License-Identifier: Apache-2.0
// Moments as people write them.

import test from 'ava';

import { parseMoment } from '../../dist/cli/moment.js';

test('days and times, the same on every machine', (t) => {
  t.is(read('2026-01-31'), '2026-01-31T00:00:00.000Z');
  t.is(read('2026-01-31T12:30Z'), '2026-01-31T12:30:00.000Z');
  t.is(read('2026-01-31T12:30:15.5+02:00'), '2026-01-31T10:30:15.500Z');
  t.is(read('2024-02-29'), '2024-02-29T00:00:00.000Z');
  t.is(parseMoment(undefined, '--since'), undefined);
});

test('what depends on the machine, or is no day', (t) => {
  for (const text of [
    '',
    'yesterday',
    '2026-02-30',
    '2026-13-01',
    '2026-01-31T12:00',
    '2026-01-31T25:00Z',
    '1',
    '+2026-01-31',
    '31.1.2026',
    '2026-01-31 12:00Z',
  ]) {
    t.throws(() => parseMoment(text, '--since'), { code: 'USAGE' }, text);
  }
});

function read(text: string): string | undefined {
  return parseMoment(text, '--since')?.toISOString();
}
