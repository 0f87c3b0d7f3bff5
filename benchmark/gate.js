// SPDX-License-Identifier: Apache-2.0
// The few ratios that a change must not make worse, in about three minutes: `npm run bench:quick`, which CI runs.
// CPU ratios only: wall time and speed depend on what else the machine does.
import { readFlags } from './flags.js';
import { makeHot } from './measure/pages.js';
import { contest } from './measure/pairs.js';
import { bareNode, build, command, core } from './ours.js';
import { pythonTool } from './peers/python.js';
import { tools } from './peers/tools.js';
import { hasShaInstructions } from './record/machine.js';
import { figure } from './record/summary.js';
import { stored } from './sets/store.js';
import { TARGETS, describeBound, meets } from './targets.js';

/**
 * @typedef {object} Check
 * @property {string} what
 * @property {import('./measure/command.js').Command} ours
 * @property {import('./measure/command.js').Command} other
 * @property {{ atMost: number }} bound
 * @property {number} [rounds]
 */

/** @typedef {{ what: string, value: number, margin: number, bound: Check['bound'], ok: boolean }} Verdict */

/** Noise beyond this part of a target does not excuse more. */
const MOST_MARGIN = 0.1;

/** The account of CPU time has steps of milliseconds: a short process is measured often. */
const STARTS = 25;

const flags = readFlags({ scale: 0.125, rounds: 7 });
if (process.platform !== 'linux' || !hasShaInstructions()) {
  skip('all ratios: they are promised for Linux on CPUs with SHA-256 instructions, and this is none');
} else {
  build(flags);
  const verdicts = checks().map(judge);
  report(verdicts);
}

/** @returns {Check[]} */
function checks() {
  const [large, small, smaller] = [
    stored('b', flags),
    stored('c', { ...flags, scale: 0.5 }),
    stored('d', { ...flags, scale: 0.25 }),
  ];
  for (const { folder } of [large, small, smaller]) makeHot(folder);
  return [
    ...starting(),
    ...lanes(large.folder),
    ...sameDigests(large.folder),
    ...manySmall(small.folder, smaller.folder),
  ];
}

/**
 * Starting is judged where it can be: the smallest model costs more than its target where Node itself starts fast.
 * @returns {Check[]}
 */
function starting() {
  const ours = command('--version');
  return [{ what: '--version against node -e 0', ours, other: bareNode(), bound: TARGETS.version, rounds: STARTS }];
}

/**
 * @param {string} folder
 * @returns {Check[]}
 */
function lanes(folder) {
  const two = core(folder, { threads: 1, streams: 2 });
  const one = core(folder, { threads: 1, streams: 1 });
  const copied = core(folder, { threads: 1, streams: 2, mmap: false });
  return [
    { what: 'two lanes against one lane, core', ours: two, other: one, bound: TARGETS.lanes },
    { what: 'mapped against copied, core', ours: two, other: copied, bound: TARGETS.map },
  ];
}

/**
 * The files of b are smaller here, so that starting Node would be most of the cost: the core runs without it.
 * @param {string} folder
 * @returns {Check[]}
 */
function sameDigests(folder) {
  const peers = tools(flags.cache, { install: false });
  if (peers.length === 0) skip('b: neither sha256sum nor openssl is here');
  return peers.map(({ name, overFiles }) => ({
    what: `b, small: core against ${name}`,
    ours: core(folder),
    other: overFiles(folder),
    bound: TARGETS.b,
  }));
}

/**
 * @param {string} small
 * @param {string} smaller
 * @returns {Check[]}
 */
function manySmall(small, smaller) {
  const python = pythonTool(flags.cache);
  if (python === undefined) {
    skip('c and d: the Python tool is not here');
    return [];
  }
  const against = (/** @type {string} */ folder) => ({
    ours: command('digest', folder),
    other: python.hashStep(folder),
    rounds: 5,
  });
  return [
    { what: 'c, half: against the Python tool', ...against(small), bound: TARGETS.c },
    { what: 'd, a quarter: against the Python tool', ...against(smaller), bound: TARGETS.d },
  ];
}

/**
 * Measures one ratio, and once more when it misses: a busy machine gets a second chance, a slow change does not.
 * @param {Check} check
 * @returns {Verdict}
 */
function judge(check) {
  const first = measure(check);
  if (first.ok) return first;
  console.log(`once more: ${first.what} was ${figure(first.value)}`);
  return measure(check);
}

/**
 * @param {Check} check
 * @returns {Verdict}
 */
function measure({ what, ours, other, bound, rounds = flags.rounds }) {
  const pair = [
    { name: 'ours', command: ours },
    { name: 'other', command: other },
  ];
  const { value, noise } = contest(pair, { rounds }).ratio('ours', 'other', 'cpu');
  const margin = Math.min(noise, MOST_MARGIN * bound.atMost);
  return { what, value, margin, bound, ok: meets(value, bound, margin) };
}

/** @param {readonly Verdict[]} verdicts */
function report(verdicts) {
  console.log(`${'CPU ratio'.padEnd(44)}${'found'.padStart(7)}${'noise'.padStart(9)}${'target'.padStart(9)}`);
  for (const { what, value, margin, bound, ok } of verdicts) {
    const cells = [figure(value).padStart(7), `±${figure(margin)}`.padStart(9), describeBound(bound).padStart(9)];
    console.log(`${what.padEnd(44)}${cells.join('')}  ${ok ? 'ok' : 'MISSED'}`);
  }
  if (verdicts.some(({ ok }) => !ok)) process.exitCode = 1;
}

/** @param {string} what */
function skip(what) {
  console.log(`!! NOT MEASURED, ${what}`);
}
