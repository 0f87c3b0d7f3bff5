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
 * @property {boolean} quick only what shows that the question still works
 * @property {boolean} full also what takes many minutes
 * @property {boolean} built measure what was built before, and build nothing
 * @property {string} go the Go tool's program, or nothing
 * @property {string} cache where data sets and peers are kept
 * @property {string} data where data sets are kept
 * @property {string} results where records go
 * @property {Readonly<Record<string, string>>} more the flags that only one question has, and their values
 */

const TEXTS = ['scale', 'rounds', 'data', 'results', 'go'];
const SWITCHES = ['quick', 'full', 'built'];
const QUICK = { scale: 0.02, rounds: 3 };
const USAGE =
  'flags: [--scale 1] [--rounds 5] [--quick] [--full] [--built] [--go PROGRAM] [--data FOLDER] [--results FOLDER]';

/**
 * Reads the command line of a question.
 * @param {{ scale?: number, rounds?: number, more?: readonly string[], switches?: readonly string[] }} [own] defaults of
 * this question, and flags that only it has, with a value or without
 * @returns {Flags}
 */
export function readFlags({ scale = 1, rounds = 5, more = [], switches = [] } = {}) {
  const own = [...more.map((name) => `[--${name} …]`), ...switches.map((name) => `[--${name}]`)];
  const usage = [USAGE, ...own].join(' ');
  const values = parsed([...TEXTS, ...more], [...SWITCHES, ...switches], usage);
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'model-signing', 'benchmark');
  const text = (/** @type {string} */ name) => /** @type {string | undefined} */ (values[name]);
  const quick = values['quick'] === true;
  return {
    scale: number(text('scale'), quick ? QUICK.scale : scale, usage),
    rounds: number(text('rounds'), quick ? QUICK.rounds : rounds, usage),
    quick,
    full: values['full'] === true,
    built: values['built'] === true,
    go: text('go') === undefined ? '' : resolve(text('go') ?? ''),
    cache,
    data: resolve(text('data') ?? join(cache, 'data')),
    results: resolve(text('results') ?? join(ROOT, 'benchmark', 'results')),
    more: Object.fromEntries(
      [...more, ...switches].flatMap((name) => (values[name] === undefined ? [] : [[name, `${values[name]}`]])),
    ),
  };
}

/**
 * @param {readonly string[]} texts
 * @param {readonly string[]} switches
 * @param {string} usage
 * @returns {Record<string, string | boolean | undefined>}
 */
function parsed(texts, switches, usage) {
  const options = Object.fromEntries([
    ...texts.map((name) => [name, { type: /** @type {const} */ ('string') }]),
    ...switches.map((name) => [name, { type: /** @type {const} */ ('boolean') }]),
  ]);
  try {
    return /** @type {Record<string, string | boolean | undefined>} */ (parseArgs({ options }).values);
  } catch (error) {
    fail(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  }
}

/**
 * @param {string | undefined} text
 * @param {number} fallback
 * @param {string} usage
 */
function number(text, fallback, usage) {
  const value = text === undefined ? fallback : Number(text);
  return value > 0 ? value : fail(`${text} is not a number above 0\n${usage}`);
}
