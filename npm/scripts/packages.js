// SPDX-License-Identifier: Apache-2.0
// Installs the packages of the lock file, and never writes it.
// A registry that does not serve the tools of other platforms leaves those out of the lock file, and `npm ci` then
// calls the lock file incomplete (npm/cli issue 9846). Only in that case `npm install --no-save` takes its place: it
// holds every package of the lock file to its version and integrity too.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, ask, fail, run } from './run.js';

const QUIET = ['--no-audit', '--no-fund'];

/** Makes node_modules what the lock file says. */
export function installPackages() {
  const { status, stderr } = ask('npm', ['ci', ...QUIET]);
  if (status === 0) return;
  if (!lacksOnlyOtherPlatforms(stderr ?? '')) fail(stderr ?? 'npm did not start; it comes with Node.js');
  rmSync(join(ROOT, 'node_modules'), { recursive: true, force: true });
  run('npm', ['install', '--no-save', ...QUIET, '--loglevel=error']);
}

/**
 * Whether everything that npm misses is something that package.json does not itself ask for.
 * @param {string} text
 */
function lacksOnlyOtherPlatforms(text) {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const missing = [...text.matchAll(/ Missing: (.+)@\S* from lock file$/gm)].map(([, name]) => name ?? '');
  const own = missing.some((name) => Object.hasOwn({ ...dependencies, ...devDependencies }, name));
  return missing.length > 0 && !own && !text.includes(' Invalid: ');
}
