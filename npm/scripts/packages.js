// SPDX-License-Identifier: Apache-2.0
// Installs the packages of the lock file, and never writes it.
// A registry that does not serve the tools of other platforms leaves those out of the lock file, and `npm ci` then
// calls the lock file incomplete (npm/cli issue 9846). Only in that case `npm install --no-save` takes its place: it
// holds every package of the lock file to its version and integrity too.
// No package runs a script of its own but one: pkcs11js, which only the PKCS #11 methods need, is compiled where it is
// installed. Where that cannot be done everything else works, and the tests of those methods are skipped.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT, ask, fail, run } from './run.js';

const QUIET = ['--no-audit', '--no-fund', '--ignore-scripts'];

/** Makes node_modules what the lock file says. */
export function installPackages() {
  const { status, stderr } = ask('npm', ['ci', ...QUIET]);
  if (status === 0) return;
  if (!lacksOnlyOtherPlatforms(stderr ?? '')) fail(stderr ?? 'npm did not start; it comes with Node.js');
  rmSync(join(ROOT, 'node_modules'), { recursive: true, force: true });
  run('npm', ['install', '--no-save', ...QUIET, '--loglevel=error']);
}

/** Compiles pkcs11js against the headers that came with Node.js, or those that npm fetches; says where it cannot be. */
export function buildPkcs11() {
  useOwnHeaders();
  const { status, stderr, error } = ask('npm', ['rebuild', 'pkcs11js', '--no-audit', '--no-fund']);
  if (status === 0 && existsSync(join(ROOT, PKCS11))) return;
  const lines = (error?.message ?? stderr ?? '').split('\n');
  const why =
    lines.findLast((line) => /\b(?:ERR|error)\b/i.test(line) && !/A complete log/.test(line)) ?? 'npm did not say why';
  console.log(`pkcs11js cannot be compiled here, so tests of the PKCS #11 methods will be skipped: ${why.trim()}`);
}

/** Says it by the environment: to npm itself the option is none of its own. */
function useOwnHeaders() {
  const prefix = dirname(dirname(process.execPath));
  if (existsSync(join(prefix, 'include', 'node', 'node_api.h'))) process.env['npm_config_nodedir'] ??= prefix;
}

/** What pkcs11js is compiled to. */
export const PKCS11 = 'node_modules/pkcs11js/build/Release/pkcs11.node';

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
