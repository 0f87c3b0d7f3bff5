// SPDX-License-Identifier: Apache-2.0
// What is measured: this checkout's command, and the core's example, which is the same engine without Node.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setUp } from '../npm/scripts/setup.js';
import { ROOT, fail, run } from '../npm/scripts/run.js';

const MAIN = join(ROOT, 'dist', 'cli', 'main.cjs');
const EXAMPLE = join(ROOT, 'target', 'release', 'examples', 'digest');

/** @typedef {import('./measure/command.js').Command} Command */

/** @type {Command} */
let finished = [process.execPath, MAIN];

/**
 * Builds the addon, the command and the example as they are published: the release profile. With `--built` nothing is
 * built, for machines that have no compiler; what is missing is said.
 * @param {{ built: boolean }} flags
 */
export function build({ built }) {
  if (built) return requireBuilt();
  setUp();
  run('cargo', ['build', '--release', '--locked', '--quiet', '--package', 'model-signing-core', '--example', 'digest']);
}

function requireBuilt() {
  if (!existsSync(MAIN)) fail(`--built: ${MAIN} is not there; run npm run build first`);
  if (!existsSync(EXAMPLE)) console.log(`!! NOT BUILT, ${EXAMPLE}: what runs the core without Node cannot be measured`);
}

/**
 * Measures another program in place of the finished command.
 * @param {string} program
 */
export function measureInstead(program) {
  finished = [program];
}

/**
 * The finished command.
 * @param {...string} args
 * @returns {Command}
 */
export function command(...args) {
  return [...finished, ...args];
}

/**
 * A Node process that does nothing: what every figure of the finished command holds.
 * @returns {Command}
 */
export function bareNode() {
  return [process.execPath, '-e', '0'];
}

/** Whether the core can be run without Node. */
export function hasCore() {
  return existsSync(EXAMPLE);
}

/**
 * The core without Node: whole files, SHA-256.
 * @param {string} model
 * @param {{ threads?: number, streams?: number, mmap?: boolean }} [engine] 0 and nothing: what the core chooses
 * @returns {Command}
 */
export function core(model, { threads = 0, streams = 0, mmap = true } = {}) {
  return [EXAMPLE, model, 'sha256', '0', `${threads}`, `${streams}`, mmap ? 'map' : 'read'];
}
