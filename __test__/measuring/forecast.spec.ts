// SPDX-License-Identifier: Apache-2.0
// From measurements to seconds: invented machines and models whose times can be worked out by hand.

import test, { type ExecutionContext } from 'ava';
import * as fc from 'fast-check';

import { type Source, type Speeds, type Way, bytesIn, forecast, subjectOf } from '../../dist/measuring/forecast.js';
import { GB, disk, machine, usual } from './invented.js';

function near(
  t: ExecutionContext,
  sizes: readonly number[],
  way: Way,
  speeds: Speeds,
  source: Source,
  seconds: number,
) {
  const found = forecast(subjectOf(sizes, 0), way, speeds, source) ?? Number.NaN;
  t.true(Math.abs(found / seconds - 1) < 1e-3, `${found} and not ${seconds}`);
}

test('a subject: small files are counted, the others sorted', (t) => {
  const subject = subjectOf([5, 3 * GB, 2 ** 20, 7 * GB, 2 ** 20 + 1], 0.5);
  t.deepEqual(subject, {
    large: [7 * GB, 3 * GB, 2 ** 20 + 1],
    small: { files: 2, bytes: 2 ** 20 + 5 },
    listing: 0.5,
  });
  t.is(bytesIn(subject), 10 * GB + 2 ** 21 + 6);
});

test('one file of 100 GB on 16 cores: as it is, in shards, as a tree', (t) => {
  const way = usual(16);
  near(t, [100 * GB], way, machine(16), 'cache', 100);
  near(t, [100 * GB], { ...way, shardSize: GB }, machine(16), 'cache', 4);
  near(t, [96 * GB], { ...way, shardSize: GB }, machine(16), 'cache', 3);
  near(t, [64 * 1024 * 2 ** 20], { ...way, hashAlgorithm: 'blake3' }, machine(16), 'cache', 68.719 / 64);
  near(t, [100 * GB], { ...way, hashAlgorithm: 'blake2b' }, machine(16), 'cache', 200);
  near(t, [100 * GB], { ...way, mmap: false }, machine(16), 'cache', 125);
});

test('small files cost by their number, their bytes and the algorithm', (t) => {
  const many = Array.from({ length: 100_000 }, () => 10_000);
  near(t, many, usual(4), machine(4), 'cache', 0.25);
  near(t, many, usual(1), machine(4), 'cache', 1);
  near(t, many, usual(4), machine(4), 'disk', 2.5);
  const larger = Array.from({ length: 100_000 }, () => 30_000);
  near(t, larger, usual(1), machine(4), 'cache', 2);
  near(t, many, { ...usual(1), hashAlgorithm: 'blake3' }, machine(4), 'cache', 0.75);
  t.is(forecast(subjectOf(many, 3), usual(1), machine(1), 'cache')?.toFixed(3), '4.000');
});

test('what one thread does while the others wait does not get less with more threads', (t) => {
  const many = Array.from({ length: 100_000 }, () => 10_000);
  const cache = { oneThread: 10e-6, allThreads: 7e-6 };
  const speeds = { ...machine(4), small: { size: 10_000, cache } };
  near(t, many, usual(4), speeds, 'cache', 0.7);
  near(t, many, usual(1), speeds, 'cache', 1);
  near(t, many, usual(2), speeds, 'cache', 0.8);
  t.is(forecast(subjectOf(many, 0), usual(4), speeds, 'disk'), undefined);
});

test('what comes from a fast disk is as fast without maps', (t) => {
  near(t, [100 * GB], { ...usual(16), mmap: false }, machine(16), 'disk', 100);
});

test('a slow disk is a bound for everything that comes from it', (t) => {
  const speeds = machine(16, { direct: disk(0.2 * GB), buffered: disk(0.1 * GB) });
  for (const way of [usual(16), usual(1), { ...usual(16), shardSize: GB }, { ...usual(16), mmap: false }]) {
    near(t, [100 * GB], way, speeds, 'disk', 500);
  }
  near(t, [100 * GB], { ...usual(16), hashAlgorithm: 'blake3' }, speeds, 'disk', 500);
  near(t, [100 * GB], { ...usual(16), fillCache: true }, speeds, 'disk', 1000);
  const { direct: _, ...without } = speeds;
  t.is(forecast(subjectOf([GB], 0), usual(1), without, 'disk'), undefined);
});

test('a million files and a petabyte are forecast in a moment', (t) => {
  const started = performance.now();
  const sizes = [1e15, ...Array.from({ length: 1_000_000 }, () => 2e6)];
  const seconds = forecast(subjectOf(sizes, 1), { ...usual(64), shardSize: 64e6 }, machine(64), 'cache') ?? 0;
  t.true(Math.abs(seconds / (1.002e15 / (128 * GB)) - 1) < 0.01, `${seconds}`);
  t.true(performance.now() - started < 10_000);
});

test('any model on any machine: a finite time, not below what its bytes cost at the best', (t) => {
  const sizes = fc.array(fc.integer({ min: 0, max: 2e10 }), { minLength: 1, maxLength: 40 });
  const algorithm = fc.constantFrom('sha256', 'blake2b', 'blake3');
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 64 }), algorithm, fc.boolean(), (all, cores, hashAlgorithm, cold) => {
      const speeds = machine(cores, { direct: disk(3 * GB) });
      const seconds = forecast(subjectOf(all, 0), { ...usual(cores), hashAlgorithm }, speeds, cold ? 'disk' : 'cache');
      const { large } = subjectOf(all, 0);
      const least = large.reduce((sum, size) => sum + size, 0) / speeds.mapped[hashAlgorithm].allCores;
      return seconds !== undefined && Number.isFinite(seconds) && seconds >= least * 0.999;
    }),
  );
  t.pass();
});
