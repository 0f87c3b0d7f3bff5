// SPDX-License-Identifier: Apache-2.0
// A report that somebody else may have made: what a pull request's run hands to a job that may write. It is data, and
// whatever is not exactly a report is refused.
import { readFileSync, statSync } from 'node:fs';
import { PLAIN } from './report.js';
import { VERDICTS } from './verdict.js';

/** @typedef {import('./report.js').Report} Report */
/** @typedef {import('./report.js').Row} Row */

const MOST_BYTES = 65_536;
const MOST_ROWS = 50;

/**
 * Reads a report from a file, no further than a report may be long.
 * @param {string} path
 */
export function readReport(path) {
  const { size } = statSync(path);
  if (size > MOST_BYTES) throw new Error(`${size} bytes, and a report has at most ${MOST_BYTES}`);
  return parseReport(readFileSync(path, 'utf8'));
}

/**
 * @param {string} text
 * @returns {Report} throws when it is not one, saying where
 */
export function parseReport(text) {
  const { schemaVersion, date, commit, machine, ratios, skipped } = object(JSON.parse(text), 'report');
  if (schemaVersion !== 1) throw new Error('schemaVersion is not 1');
  const { cpu, cores, system, node } = object(machine, 'machine');
  if (typeof date !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(date)) throw new Error('date');
  return {
    schemaVersion: 1,
    date,
    commit: words(commit, 'commit'),
    machine: {
      cpu: words(cpu, 'machine.cpu'),
      cores: number(cores, 'machine.cores'),
      system: words(system, 'machine.system'),
      node: words(node, 'machine.node'),
    },
    ratios: list(ratios, 'ratios').map(ratio),
    skipped: list(skipped, 'skipped').map((what) => words(what, 'skipped')),
  };
}

/** @param {unknown} value @returns {Row} */
function ratio(value) {
  const { id, what, under, value: found, noise, target, baseline, allowed, verdict } = object(value, 'ratio');
  const known = VERDICTS.find((each) => each === verdict);
  if (known === undefined) throw new Error('verdict');
  return {
    id: words(id, 'id'),
    what: words(what, 'what'),
    under: words(under, 'under'),
    value: number(found, 'value'),
    noise: number(noise, 'noise'),
    target: target === null ? null : number(target, 'target'),
    baseline: baseline === null ? null : number(baseline, 'baseline'),
    allowed: allowed === null ? null : number(allowed, 'allowed'),
    verdict: known,
  };
}

/**
 * @param {unknown} value
 * @param {string} where
 */
function words(value, where) {
  if (typeof value === 'string' && PLAIN.test(value)) return value;
  throw new Error(`${where} is not a short plain text`);
}

/**
 * @param {unknown} value
 * @param {string} where
 */
function number(value, where) {
  if (typeof value === 'number' && value >= 0 && value <= 1e6) return value;
  throw new Error(`${where} is not a number from 0 to a million`);
}

/**
 * @param {unknown} value
 * @param {string} where
 * @returns {unknown[]}
 */
function list(value, where) {
  if (Array.isArray(value) && value.length <= MOST_ROWS) return value;
  throw new Error(`${where} is not a list of at most ${MOST_ROWS}`);
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
