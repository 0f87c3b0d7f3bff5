// SPDX-License-Identifier: Apache-2.0
// What one run of a whole command costs, by the operating system's own account.
// Node does not pass on what wait4 says of a child, so a few lines of Python ask.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT, fail } from '../../npm/scripts/run.js';

/** @typedef {readonly [program: string, ...args: string[]]} Command */

/**
 * @typedef {object} Cost
 * @property {number} cpu seconds, user and system, of the whole process tree
 * @property {number} wall seconds
 * @property {number} peak bytes of resident memory, of the largest process
 */

const SCRIPT = join(ROOT, 'benchmark', 'measure', 'measure.py');

/**
 * Runs a command to its end; what it prints is thrown away, errors end this process.
 * @param {Command} command
 * @returns {Cost}
 */
export function cost(command) {
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
