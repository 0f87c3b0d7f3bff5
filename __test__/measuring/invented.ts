// SPDX-License-Identifier: Apache-2.0
// Measurements of machines that do not exist: round figures, so that what is forecast can be worked out by hand.

import type { Rates, Speeds, Way } from '../../dist/measuring/forecast.js';

export const GB = 1e9;

/** A machine of so many cores on which nothing is in the way of anything: 1 GB/s a stream of SHA-256, 2 GB/s a core. */
export function machine(cores: number, more: Partial<Speeds> = {}): Speeds {
  const rates = (oneStream: number, oneCore: number): Rates => ({ oneStream, oneCore, allCores: oneCore * cores });
  return {
    cores,
    streams: { sha256: 2, blake2b: 4, blake3: 1 },
    mapped: { sha256: rates(GB, 2 * GB), blake2b: rates(0.5 * GB, 2 * GB), blake3: rates(4 * GB, 4 * GB) },
    copied: rates(0.8 * GB, 1.6 * GB),
    direct: disk(1000 * GB),
    buffered: disk(500 * GB),
    small: {
      size: 10_000,
      cache: { oneThread: 10e-6, allThreads: 10e-6 / cores },
      disk: { oneThread: 100e-6, allThreads: 100e-6 / cores },
    },
    ...more,
  };
}

/** A disk that gives every stream as much as it can. */
export function disk(rate: number) {
  return { one: rate, all: { sha256: rate, blake2b: rate, blake3: rate } };
}

/** What is done when nothing is asked for. */
export function usual(threads: number): Way {
  return { hashAlgorithm: 'sha256', threads, mmap: true, fillCache: false };
}
