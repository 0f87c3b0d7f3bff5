// SPDX-License-Identifier: Apache-2.0
// What limits a model: the answers that anybody would give who knew the machine.

import test from 'ava';

import { type Source, type Speeds, subjectOf } from '../../dist/measuring/forecast.js';
import { type Limit, limitOf } from '../../dist/measuring/limits.js';
import { GB, disk, machine, usual } from './invented.js';

const MANY = Array.from({ length: 200_000 }, () => 10_000);
const EIGHT = Array.from({ length: 8 }, () => 10 * GB);
const SLOW = { direct: disk(0.2 * GB) };

const CASES: readonly (readonly [what: string, sizes: readonly number[], Speeds, Source, limit: Limit])[] = [
  ['one large file on 16 cores', [100 * GB], machine(16), 'cache', 'stream'],
  ['one large file on 2 cores, from a fast disk', [100 * GB], machine(2), 'disk', 'stream'],
  ['one large file and some small ones', [100 * GB, 1, 2, 3], machine(16), 'cache', 'stream'],
  ['one large file from a slow disk', [100 * GB], machine(16, SLOW), 'disk', 'disk'],
  ['eight large files on 2 cores', EIGHT, machine(2), 'cache', 'cores'],
  ['eight large files from a slow disk', EIGHT, machine(2, SLOW), 'disk', 'disk'],
  ['eight large files on 16 cores', EIGHT, machine(16), 'cache', 'stream'],
  ['many small files', MANY, machine(16), 'cache', 'files'],
  ['many small files, on a fast disk', MANY, machine(16), 'disk', 'files'],
  ['many small files, on a slow disk', MANY, machine(16, SLOW), 'disk', 'disk'],
];

for (const [what, sizes, speeds, source, limit] of CASES) {
  test(`${what}: ${limit}`, (t) => {
    const found = limitOf(subjectOf(sizes, 0), usual(speeds.cores), speeds, source);
    t.is(found?.limit, limit, JSON.stringify(found));
    t.true((found?.secondsWithout ?? 0) < (found?.seconds ?? 0));
  });
}

test('a model of small files needs no large ones to be measured from the disk', (t) => {
  const { direct: _, buffered: __, ...speeds } = machine(16);
  const found = limitOf(subjectOf(MANY, 0), usual(16), speeds, 'disk');
  t.is(found?.limit, 'files');
  t.is(found?.seconds.toFixed(3), '1.250');
});

test('nothing is said about a disk that was not measured', (t) => {
  const { direct: _, ...speeds } = machine(2);
  t.is(limitOf(subjectOf([GB], 0), usual(2), speeds, 'disk'), undefined);
});
