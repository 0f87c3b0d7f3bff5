// SPDX-License-Identifier: Apache-2.0
// Installs what would be published, as users do, and uses it: `npm run test:install`. With `--tarballs DIR` those in a
// folder, else they are packed first. With --short only npm and this Node.js; other arguments go on to AVA.
import { join, resolve } from 'node:path';
import { RELEASE, packRelease } from './release/pack.js';
import { fail, run } from './run.js';

const AVA = [join('node_modules', 'ava', 'entrypoints', 'cli.mjs'), '--config', 'ava.install.config.js'];

const args = process.argv.slice(2);
const tarballs = take('--tarballs', 2)?.[1];
if (take('--short', 1) !== undefined) process.env['MODEL_SIGNING_INSTALL'] = 'short';
try {
  if (tarballs === undefined) packRelease(false);
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}
process.env['MODEL_SIGNING_RELEASE'] = resolve(tarballs ?? RELEASE);
run(process.execPath, [...AVA, ...args]);

/**
 * Takes an argument and what belongs to it from the line.
 * @param {string} name
 * @param {number} count
 */
function take(name, count) {
  const at = args.indexOf(name);
  return at === -1 ? undefined : args.splice(at, count);
}
