// SPDX-License-Identifier: Apache-2.0
// From single figures to speeds: what stands for what, and what takes the place of what could not be measured.

import test from 'ava';

import { speedsOf } from '../../dist/measuring/speeds.js';

const CORES = { threads: 4, streams: { sha256: 2, blake2b: 4, blake3: 1 } };

function kernel(hashAlgorithm: 'sha256' | 'blake2b' | 'blake3', streams: number, threads: number, value: number) {
  return { hashAlgorithm, streams, threads, value, spread: 0, runs: 1 };
}

const KERNELS = [
  kernel('sha256', 1, 1, 10),
  kernel('sha256', 2, 1, 20),
  kernel('blake2b', 1, 1, 7),
  kernel('blake2b', 4, 1, 21),
  kernel('blake3', 1, 1, 40),
  kernel('sha256', 2, 2, 39),
  kernel('sha256', 2, 4, 70),
];

test('from memory alone, the other algorithms lose on many cores what SHA-256 loses', (t) => {
  t.deepEqual(speedsOf({ kernels: KERNELS, reading: [], smallFiles: [], smallSize: 0 }, CORES), {
    cores: 4,
    streams: CORES.streams,
    mapped: {
      sha256: { oneStream: 10, oneCore: 20, allCores: 70 },
      blake2b: { oneStream: 7, oneCore: 21, allCores: 73.5 },
      blake3: { oneStream: 40, oneCore: 40, allCores: 140 },
    },
    copied: { oneStream: 10, oneCore: 20, allCores: 70 },
    small: { size: 0, cache: { oneThread: 0, allThreads: 0 } },
  });
});

test('what was read from files counts more', (t) => {
  const cache = { source: 'cache', manner: 'map' } as const;
  const [direct, buffered] = [
    { source: 'disk', manner: 'direct' },
    { source: 'disk', manner: 'buffered' },
  ] as const;
  const reading = [
    { ...kernel('sha256', 1, 1, 9), ...cache },
    { ...kernel('sha256', 2, 1, 18), ...cache },
    { ...kernel('sha256', 2, 4, 60), ...cache },
    { ...kernel('sha256', 1, 1, 8), ...direct },
    { ...kernel('sha256', 2, 4, 30), ...direct },
    { ...kernel('blake3', 1, 4, 33), ...direct },
    { ...kernel('sha256', 1, 1, 4), ...buffered },
    { ...kernel('sha256', 2, 4, 5), ...buffered },
  ];
  const cost = { spread: 0, runs: 1 };
  const smallFiles = [
    { source: 'cache', threads: 1, value: 3, ...cost },
    { source: 'cache', threads: 4, value: 1, ...cost },
    { source: 'disk', threads: 1, value: 9, ...cost },
  ] as const;
  const speeds = speedsOf({ kernels: KERNELS, reading, smallFiles, smallSize: 5 }, CORES);
  t.deepEqual(speeds.mapped.sha256, { oneStream: 9, oneCore: 18, allCores: 60 });
  t.deepEqual(speeds.mapped.blake3, { oneStream: 40, oneCore: 40, allCores: 140 });
  t.deepEqual(speeds.direct, { one: 8, all: { sha256: 30, blake3: 33, blake2b: 33 } });
  t.deepEqual(speeds.buffered, { one: 4, all: { sha256: 5, blake3: 5, blake2b: 5 } });
  const disk = { oneThread: 9, allThreads: 9 };
  t.deepEqual(speeds.small, { size: 5, cache: { oneThread: 3, allThreads: 1 }, disk });
});

test('more is never slower than less, however busy the machine was', (t) => {
  const kernels = KERNELS.map((one) => Object.assign({}, one, { value: 100 / (one.streams * one.threads) }));
  const { mapped } = speedsOf({ kernels, reading: [], smallFiles: [], smallSize: 0 }, CORES);
  t.deepEqual(mapped.sha256, { oneStream: 100, oneCore: 100, allCores: 100 });
});
