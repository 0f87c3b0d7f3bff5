// SPDX-License-Identifier: Apache-2.0
// What was measured before: for each kind of CPU, each ratio and what else it depends on, its value and its noise.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fail } from '../../npm/scripts/run.js';

/** @typedef {{ value: number, noise: number, date: string, commit: string }} Recorded */
/** @typedef {Record<string, Record<string, Record<string, Recorded>>>} Baseline by kind of CPU, ratio, and conditions */

const VERSION = 1;
const REMEDY = 'restore it from the repository, or delete it and record another with --update-baseline';

/**
 * Reads the file; where there is none, nothing is recorded.
 * @param {string} path
 * @returns {Baseline}
 */
export function readBaseline(path) {
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return {};
    fail(`${path} cannot be read (${/** @type {NodeJS.ErrnoException} */ (error).code}): ${REMEDY}`);
  }
  try {
    return parseBaseline(text);
  } catch (error) {
    fail(`${path} is damaged: ${error instanceof Error ? error.message : String(error)}; ${REMEDY}`);
  }
}

/**
 * @param {string} text
 * @returns {Baseline} throws when it is not one, saying where
 */
export function parseBaseline(text) {
  const { schemaVersion, machines } = object(JSON.parse(text), 'the file');
  if (schemaVersion !== VERSION) throw new Error(`schemaVersion is not ${VERSION}`);
  return map(machines, 'machines', (rows, cpu) =>
    map(rows, cpu, (conditions, row) => map(conditions, `${cpu}, ${row}`, recorded)),
  );
}

/**
 * Adds what was found, or puts it in place of what was there, and leaves the rest.
 * @param {string} path
 * @param {string} cpu
 * @param {readonly { id: string, under: string, recorded: Recorded }[]} rows
 */
export function updateBaseline(path, cpu, rows) {
  const machines = readBaseline(path);
  for (const { id, under, recorded: found } of rows) {
    const own = (machines[cpu] ??= {});
    (own[id] ??= {})[under] = found;
  }
  writeFileSync(`${path}.new`, `${JSON.stringify({ schemaVersion: VERSION, machines }, undefined, 2)}\n`);
  renameSync(`${path}.new`, path);
}

/**
 * @param {unknown} value
 * @param {string} where
 * @returns {Recorded}
 */
function recorded(value, where) {
  const { value: found, noise, date, commit } = object(value, where);
  if (!isRatio(found) || !isRatio(noise))
    throw new Error(`${where}: value and noise have to be numbers from 0 to 1000`);
  if (typeof date !== 'string' || typeof commit !== 'string') throw new Error(`${where}: date and commit are missing`);
  return { value: found, noise, date, commit };
}

/** @param {unknown} value @returns {value is number} */
function isRatio(value) {
  return typeof value === 'number' && value >= 0 && value <= 1000;
}

/**
 * @template T
 * @param {unknown} value
 * @param {string} where
 * @param {(member: unknown, where: string) => T} convert
 * @returns {Record<string, T>}
 */
function map(value, where, convert) {
  return Object.fromEntries(
    Object.entries(object(value, where)).map(([name, member]) => [name, convert(member, name)]),
  );
}

/**
 * @param {unknown} value
 * @param {string} where
 * @returns {Record<string, unknown>}
 */
function object(value, where) {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new Error(`${where} is not an object`);
}
