// SPDX-License-Identifier: Apache-2.0
// The flags that every question understands, and where things lie when none is given.
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, fail } from '../npm/scripts/run.js';

/**
 * @typedef {object} Flags
 * @property {number} scale size of the data sets against those of the targets
 * @property {number} rounds how often every alternative is measured
 * @property {boolean} full also what takes many minutes
 * @property {string} cache where data sets and peers are kept
 * @property {string} data where data sets are kept
 * @property {string} results where records go
 */

const USAGE = 'flags: [--scale 1] [--rounds 5] [--full] [--data FOLDER] [--results FOLDER]';

/**
 * Reads the command line of a question.
 * @param {{ scale?: number, rounds?: number }} [defaults]
 * @returns {Flags}
 */
export function readFlags({ scale = 1, rounds = 5 } = {}) {
  const values = parsed();
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'model-signing', 'benchmark');
  return {
    scale: number(values.scale, scale),
    rounds: number(values.rounds, rounds),
    full: values.full ?? false,
    cache,
    data: resolve(values.data ?? join(cache, 'data')),
    results: resolve(values.results ?? join(ROOT, 'benchmark', 'results')),
  };
}

function parsed() {
  /** @type {{ type: 'string' }} */
  const text = { type: 'string' };
  try {
    const options = {
      scale: text,
      rounds: text,
      data: text,
      results: text,
      full: { type: /** @type {const} */ ('boolean') },
    };
    return parseArgs({ options }).values;
  } catch (error) {
    fail(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

/**
 * @param {string | undefined} text
 * @param {number} fallback
 */
function number(text, fallback) {
  const value = text === undefined ? fallback : Number(text);
  return value > 0 ? value : fail(`${text} is not a number above 0\n${USAGE}`);
}
