// SPDX-License-Identifier: Apache-2.0
// What is measured: this checkout's command, and the core's example, which is the same engine without Node.
import { join } from 'node:path';
import { setUp } from '../npm/scripts/setup.js';
import { ROOT, run } from '../npm/scripts/run.js';

const MAIN = join(ROOT, 'dist', 'cli', 'main.cjs');
const EXAMPLE = join(ROOT, 'target', 'release', 'examples', 'digest');

/** @typedef {import('./measure/command.js').Command} Command */

/** Builds the addon, the command and the example as they are published: the release profile. */
export function build() {
  setUp();
  run('cargo', ['build', '--release', '--locked', '--quiet', '--package', 'model-signing-core', '--example', 'digest']);
}

/**
 * The finished command.
 * @param {...string} args
 * @returns {Command}
 */
export function command(...args) {
  return [process.execPath, MAIN, ...args];
}

/**
 * A Node process that does nothing: what every figure of the finished command holds.
 * @returns {Command}
 */
export function bareNode() {
  return [process.execPath, '-e', '0'];
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
