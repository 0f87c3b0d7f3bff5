// SPDX-License-Identifier: Apache-2.0
// What one run of a whole command costs, by the operating system's own account.
// Node does not pass on what wait4 says of a child, so a few lines of Python ask. Where there is no Python, Linux's
// account of this process's ended children is read before and after: in steps of 10 ms, and without memory.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, fail } from '../../npm/scripts/run.js';

/** @typedef {readonly [program: string, ...args: string[]]} Command */

/**
 * @typedef {object} Cost
 * @property {number} cpu seconds, user and system, of the whole process tree
 * @property {number} wall seconds
 * @property {number} peak bytes of resident memory, of the largest process; not a number where nobody can be asked
 */

const SCRIPT = join(ROOT, 'benchmark', 'measure', 'measure.py');
/** What /proc counts CPU time in, on every Linux that Node runs on. */
const TICK = 0.01;

/** Whether there is a Python to ask. */
export const HAS_PYTHON = spawnSync('python3', ['-S', '-c', '0']).status === 0;

/**
 * Runs a command to its end; what it prints is thrown away, errors end this process.
 * @param {Command} command
 * @returns {Cost}
 */
export function cost(command) {
  return HAS_PYTHON ? askedOfPython(command) : askedOfProc(command);
}

/** What cannot be measured here, and why. @returns {string[]} */
export function notMeasurable() {
  return HAS_PYTHON ? [] : ['memory: there is no python3 to ask, and CPU time is in steps of 10 ms, from /proc'];
}

/**
 * @param {Command} command
 * @returns {Cost}
 */
function askedOfPython(command) {
  const { output, status } = spawnSync('python3', ['-S', SCRIPT, ...command], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    env: quietEnvironment(),
  });
  const [, , problem, report] = output ?? [];
  if (status !== 0) fail(`cannot measure with python3: ${problem ?? 'it did not start'}`);
  const said = JSON.parse(report ?? '');
  if (said.status !== 0) fail(`${command.join(' ')} ended with ${said.status}: ${problem ?? ''}`);
  return { cpu: said.user + said.system, wall: said.wall, peak: said.peak };
}

/**
 * @param {Command} command
 * @returns {Cost}
 */
function askedOfProc([program, ...args]) {
  const [before, start] = [childrenTicks(), performance.now()];
  const { status, stderr, error } = spawnSync(program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    env: quietEnvironment(),
  });
  const wall = (performance.now() - start) / 1000;
  if (status !== 0) fail(`${[program, ...args].join(' ')} ended with ${status}: ${error?.message ?? stderr}`);
  return { cpu: (childrenTicks() - before) * TICK, wall, peak: Number.NaN };
}

/** User and system time of children that ended and were waited for, and of theirs: fields 16 and 17 of proc(5). */
function childrenTicks() {
  let stat = '';
  try {
    stat = readFileSync('/proc/self/stat', 'utf8');
  } catch {
    fail('costs cannot be measured here: there is neither python3 nor /proc');
  }
  // The second field is a name in brackets and may hold spaces.
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(13, 15);
  return Number(user) + Number(system);
}

/**
 * Runs a Python script with what the machine has.
 * @param {readonly string[]} args
 */
export function python3(args) {
  return spawnSync('python3', args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
}

/** Options of the caller's Node and settings of the caller's command must not change what is measured. */
function quietEnvironment() {
  const kept = Object.entries(process.env).filter(([name]) => !/^(NODE_|MODEL_SIGNING_|npm_)/.test(name));
  return Object.fromEntries(kept);
}
