// SPDX-License-Identifier: Apache-2.0
// How the scripts of this folder start other programs and say how long they took. No dependencies: the scripts run
// before `npm ci` does.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const BIN = join(ROOT, 'node_modules', '.bin');

/**
 * Runs a program in the root with our input and output, and ends this process with its status when it fails.
 * @param {string} program
 * @param {readonly string[]} args
 */
export function run(program, args) {
  const { status, error } = spawnSync(program, args, { ...settings(), stdio: 'inherit' });
  if (error !== undefined) fail(`${program} did not start: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

/**
 * Runs a program in the root and returns what it said; `status` is null when it could not be started.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {Readonly<Record<string, string>>} [extra] more for its environment
 */
export function ask(program, args, extra = {}) {
  const { env, ...where } = settings();
  return spawnSync(program, args, { ...where, env: { ...env, ...extra }, encoding: 'utf8', maxBuffer: 2 ** 28 });
}

/**
 * Runs a step under a name and prints the minutes it took.
 * @param {string} name
 * @param {() => void} step
 */
export function timed(name, step) {
  const start = performance.now();
  step();
  console.log(`-- ${name}: ${minutes(performance.now() - start)}`);
}

/**
 * @param {number} milliseconds
 * @returns {string}
 */
export function minutes(milliseconds) {
  return `${(milliseconds / 60_000).toFixed(2)} min`;
}

/**
 * Ends this process with one plain line on stderr.
 * @param {string} line
 * @returns {never}
 */
export function fail(line) {
  console.error(line);
  process.exit(1);
}

/** Where children run, and with the installed tools first in their PATH; npm and its tools are scripts on Windows. */
export function settings() {
  const separator = process.platform === 'win32' ? ';' : ':';
  const env = { ...process.env, PATH: `${BIN}${separator}${process.env['PATH'] ?? ''}` };
  return { cwd: ROOT, env, shell: process.platform === 'win32' };
}
