// SPDX-License-Identifier: Apache-2.0
// Which options are looked at, how large shards should be, and what is recommended.

import test from 'ava';

import { type Source, type Speeds, forecast, subjectOf } from '../../dist/measuring/forecast.js';
import { bestShardSize, recommended, sizeText, waysFor } from '../../dist/measuring/ways.js';
import { GB, disk, machine, usual } from './invented.js';

function advice(sizes: readonly number[], speeds: Speeds, source: Source): string | undefined {
  const subject = subjectOf(sizes, 0);
  const ways = waysFor(subject, speeds, speeds.cores, source);
  const timed = ways.map(({ flags, way }) => ({ flags, way, seconds: forecast(subject, way, speeds, source) }));
  return recommended(timed)?.flags.join(' ');
}

function best(size: number, cores: number): number | undefined {
  return bestShardSize(subjectOf([size], 0), machine(cores), usual(cores), 'cache');
}

test('every option is looked at once, the usual one first; fewer threads than there are', (t) => {
  const ways = waysFor(subjectOf([10 * GB], 0), machine(6), 6, 'cache').map(({ flags }) => flags.join(' '));
  t.deepEqual(ways, [
    '',
    '--shard-size 128MB',
    '--hash-algorithm blake3',
    '--hash-algorithm blake2b',
    '--threads 1',
    '--threads 2',
    '--threads 4',
    '--no-mmap',
    '--fill-cache',
  ]);
  const one = waysFor(subjectOf([1000], 0), machine(1), 1, 'cache').map(({ flags }) => flags.join(' '));
  t.deepEqual(one, ['', '--hash-algorithm blake3', '--hash-algorithm blake2b', '--no-mmap', '--fill-cache']);
});

test('shards are as large as they can be without a loss, and no file is split that is smaller', (t) => {
  t.is(best(100 * GB, 16), 256e6);
  t.is(best(64 * GB, 16), 1e9);
  t.is(best(4 * GB, 2), 1e9);
  t.is(best(0.5 * GB, 2), 128e6);
  t.is(best(60e6, 16), undefined);
  t.is(best(2 ** 20, 16), undefined);
});

test('shards are recommended where one stream limits, not where they do not help', (t) => {
  const noTree = machine(16, { mapped: { ...machine(16).mapped, blake3: machine(16).mapped.sha256 } });
  t.is(advice([100 * GB], noTree, 'cache'), '--shard-size 256MB');
  t.is(advice([100 * GB], machine(16, { direct: disk(0.2 * GB) }), 'disk'), '');
  t.is(
    advice(
      Array.from({ length: 64 }, () => GB),
      noTree,
      'cache',
    ),
    '',
  );
  t.is(
    advice(
      Array.from({ length: 100_000 }, () => 10_000),
      machine(16),
      'cache',
    ),
    '',
  );
  t.is(advice([1000], machine(2), 'cache'), '');
});

test('another algorithm only where it is much faster, blake2b never', (t) => {
  t.is(advice([100 * GB], machine(16), 'cache'), '--hash-algorithm blake3');
  const { mapped } = machine(2);
  const noInstructions = { ...mapped, sha256: { oneStream: 0.3 * GB, oneCore: 0.3 * GB, allCores: 0.6 * GB } };
  const eight = Array.from({ length: 8 }, () => GB);
  t.is(advice(eight, machine(2, { mapped: noInstructions }), 'cache'), '--hash-algorithm blake3');
  const fastBlake2b = { ...mapped, blake2b: { oneStream: 90 * GB, oneCore: 90 * GB, allCores: 180 * GB } };
  t.not(advice(eight, machine(2, { mapped: fastBlake2b }), 'cache'), '--hash-algorithm blake2b');
});

test('sizes are written as the command reads them', (t) => {
  t.deepEqual([1e9, 512e6, 64e6].map(sizeText), ['1GB', '512MB', '64MB']);
});
