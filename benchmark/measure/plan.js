// SPDX-License-Identifier: Apache-2.0
// A question as steps of about known length: the sum is said before it begins, and a step that would take it beyond
// its limit is left out aloud.
import os from 'node:os';
import { fail } from '../../npm/scripts/run.js';

/**
 * @typedef {object} Step
 * @property {string} what
 * @property {number} seconds about how long it will take
 * @property {() => void} run
 */

/** About what a whole run takes: seconds to start, for a byte on one core, and for a file on one core. */
const RATES = {
  ours: { start: 0.15, byte: 0.36e-9, file: 10e-6, cores: 64 },
  'Python tool': { start: 1, byte: 0.9e-9, file: 160e-6, cores: 8 },
  'Go tool': { start: 0.05, byte: 0.8e-9, file: 50e-6, cores: 1 },
  // As some systems have it: without SHA instructions.
  sha256sum: { start: 0.02, byte: 2.8e-9, file: 20e-6, cores: 1 },
  openssl: { start: 0.02, byte: 0.75e-9, file: 20e-6, cores: 1 },
  b3sum: { start: 0.02, byte: 0.25e-9, file: 20e-6, cores: 1 },
};
/** Seconds to write one, to read it again and to remove it. */
const MAKING = { byte: 3e-9, file: 250e-6 };

/** @typedef {keyof typeof RATES} Tool */

/**
 * About how long a tool takes over a model, in seconds.
 * @param {Tool} tool
 * @param {{ bytes: number, files: number, threads?: number }} model
 */
export function guess(tool, { bytes, files, threads = os.availableParallelism() }) {
  const { start, byte, file, cores } = RATES[tool];
  return start + (bytes * byte + files * file) / Math.min(threads, cores, os.availableParallelism());
}

/**
 * About how long it takes to make a model on the disk and in the page cache, in seconds.
 * @param {{ bytes: number, files: number }} model
 */
export function guessMaking({ bytes, files }) {
  return bytes * MAKING.byte + files * MAKING.file;
}

/**
 * Takes the steps in order.
 * @param {readonly Step[]} steps
 * @param {{ minutes: number, skipped: (what: string) => void }} limit
 */
export function take(steps, { minutes, skipped }) {
  if (!(minutes > 0)) fail('--minutes takes a number above 0');
  const sum = steps.reduce((seconds, step) => seconds + step.seconds, 0);
  console.log(`${steps.length} steps, about ${inMinutes(sum)}; at most ${minutes} min`);
  const start = performance.now();
  for (const { what, seconds, run } of steps) {
    const elapsed = (performance.now() - start) / 1000;
    if (elapsed + seconds > minutes * 60) {
      skipped(`${what}: it would take about ${inMinutes(seconds)}, beyond the limit; --minutes raises it`);
      continue;
    }
    console.log(`-- ${inMinutes(elapsed)}: ${what}, about ${inMinutes(seconds)}`);
    run();
  }
}

/** @param {number} seconds */
function inMinutes(seconds) {
  return `${(seconds / 60).toFixed(1)} min`;
}
