// SPDX-License-Identifier: Apache-2.0
// What this package promises of itself, as data: the one place where the numbers stand.
import { shaUnit } from './record/machine.js';

/** @typedef {{ atMost: number } | { atLeast: number }} Bound */

/** @satisfies {Record<string, Bound>} */
const PROMISED = {
  /** GB/s of one core that hashes two streams. */
  kernel: { atLeast: 3.0 },
  /** Time for a byte in two lanes, against one lane of the same core. */
  lanes: { atMost: 0.6 },
  /** CPU of a mapped read against a copying one, both hot. */
  map: { atMost: 0.9 },
  /** CPU of the finished command against the better peer that makes the same digests. */
  a: { atMost: 0.85 },
  b: { atMost: 0.5 },
  e: { atMost: 0.56 },
  /** CPU against the Python tool: many small files. */
  c: { atMost: 0.13 },
  d: { atMost: 0.1 },
  /** The same against the Go tool. */
  cGo: { atMost: 0.4 },
  dGo: { atMost: 0.3 },
  /** Wall time on idle cores against the Python tool. */
  bWall: { atMost: 0.5 },
  /** The same against the Go tool, which hashes one file after the other. */
  bWallGo: { atMost: 0.25 },
  /** Shards on all cores against whole files on one thread of our own. */
  shardsCpu: { atMost: 0.6 },
  shardsWall: { atMost: 0.35 },
  /** Speed against a plain O_DIRECT read of the same files in the same run. */
  cold: { atLeast: 0.9 },
  /** CPU against a bare `node -e 0`. */
  version: { atMost: 1.15 },
  tiny: { atMost: 1.5 },
  /** MB of peak resident memory above a bare Node, and KB of it for each file. */
  memory: { atMost: 64 },
  memoryPerFile: { atMost: 0.6 },
  /** MB above a bare Node for a million files, signed and verified. */
  memoryMillion: { atMost: 600 },
  /** Milliseconds. */
  cancel: { atMost: 50 },
  stall: { atMost: 10 },
};

/**
 * A block of SHA-256 is 32 pairs of rounds, each 4 cycles after the one before: 128 cycles for one stream on any CPU.
 * What a second stream gains depends on how often the CPU's unit starts a pair. AMD's does every 2 cycles, so that two
 * streams come to 64 cycles a block, one half. Intel's does every 3 (measured on a Xeon of the fifth generation, where
 * the gate finds 0.745): 96 cycles, three quarters, whatever the code. What rests on two streams is promised
 * accordingly there; everything else is the same.
 */
const WITH_THREE_CYCLES = {
  /** 94 % of the unit's 2.0 GB/s at 3 GHz. */
  kernel: { atLeast: 1.87 },
  lanes: { atMost: 0.8 },
  b: { atMost: 0.75 },
  e: { atMost: 0.78 },
  bWall: { atMost: 0.75 },
  bWallGo: { atMost: 0.38 },
  shardsCpu: { atMost: 0.82 },
  shardsWall: { atMost: 0.43 },
};

const hasThreeCycles = shaUnit() === 'every 3 cycles';

/** What is promised on this machine. */
export const TARGETS = { ...PROMISED, ...(hasThreeCycles && WITH_THREE_CYCLES) };

/** What a reader of results should know of them. @type {readonly string[]} */
export const ABOUT_TARGETS = hasThreeCycles
  ? ['Targets for two streams of SHA-256 are those of a CPU that starts a pair of rounds every 3 cycles (targets.js).']
  : [];

/**
 * Whether a figure keeps its promise.
 * @param {number} value
 * @param {Bound} bound
 * @param {number} [margin] how far beyond the bound is still noise
 */
export function meets(value, bound, margin = 0) {
  return 'atMost' in bound ? value <= bound.atMost + margin : value >= bound.atLeast - margin;
}

/** @param {Bound} bound */
export function describeBound(bound) {
  return 'atMost' in bound ? `≤ ${bound.atMost}` : `≥ ${bound.atLeast}`;
}
