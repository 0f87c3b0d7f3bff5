// SPDX-License-Identifier: Apache-2.0
// Virtual environments for programs from PyPI, each made once per Python and set of requirements and then kept.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ask } from './run.js';

/** Where things are kept that take long to make: the user's cache folder, not the repository. */
export const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'model-signing');

/**
 * The interpreter of an environment that has these packages, or nothing where it cannot be made; why not is said.
 * @param {string} requirements the text of a requirements file
 * @param {string} [cache] the folder that holds the environments
 * @param {string} [purpose] what it is told to be for
 * @returns {string | undefined}
 */
export function pythonWith(requirements, cache = join(CACHE, 'python'), purpose = 'comparison') {
  const name = createHash('sha256')
    .update(requirements)
    .update(ask('python3', ['-VV']).stdout ?? '');
  const folder = join(cache, `python-${name.digest('hex').slice(0, 16)}`);
  const python = join(folder, 'bin', 'python');
  const complete = join(folder, 'complete');
  if (existsSync(complete)) return python;
  // What an installation that was stopped left behind is of no use.
  rmSync(folder, { recursive: true, force: true });
  const packages = requirements.split('\n').filter((line) => !/^(?:#|$)/.test(line));
  const [first, ...others] = packages;
  console.error(`installing for ${purpose}, once: ${first} and ${others.length} more`);
  mkdirSync(cache, { recursive: true });
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-input'];
  const steps = [
    () => ask('python3', ['-m', 'venv', folder]),
    () => ask(python, ['-m', 'pip', 'install', ...quiet, ...packages]),
  ];
  for (const step of steps) {
    const { status, stderr, error } = step();
    if (status === 0) continue;
    rmSync(folder, { recursive: true, force: true });
    console.error(`cannot be installed here: ${error?.message ?? stderr.trim().split('\n').at(-1)}`);
    return undefined;
  }
  writeFileSync(complete, '');
  return python;
}
