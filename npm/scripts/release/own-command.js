// SPDX-License-Identifier: Apache-2.0
// The command of the release itself: its tarballs, installed into a temporary folder. What signs a release is what is
// released. `npm run release:sign -- FLAGS` and `npm run release:verify -- FLAGS` run it on the release as a model.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fail, settings } from '../run.js';
import { RELEASE } from './pack.js';
import { description, ownPlatform } from './platforms.js';

/** Beside the files that it is about: who downloads all of them has it, too. */
export const SIGNATURE = 'release.sig';

/** @typedef {(...args: string[]) => void} Command runs a line, and throws where it did not end well */

/**
 * Calls a function with the command, which is gone afterwards.
 * @param {string} release the folder with the tarballs
 * @param {(command: Command) => void} use
 */
export function withOwnCommand(release, use) {
  const folder = mkdtempSync(join(tmpdir(), 'model-signing-release-'));
  try {
    install(folder, release);
    const program = join(folder, 'node_modules', 'model-signing', 'dist', 'cli', 'main.cjs');
    use((...args) => {
      console.log(`$ model-signing ${args.join(' ')}`);
      must('model-signing', spawnSync(process.execPath, [program, ...args], { stdio: 'inherit' }));
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * What a line says about a release: `sign key --private-key FILE` signs this folder.
 * @param {string} release
 * @param {readonly string[]} line
 * @returns {string[]}
 */
export function about(release, [action = '', method = '', ...flags]) {
  return [action, method, release, '--signature', join(release, SIGNATURE), ...flags];
}

/**
 * The facade, and the package of this platform.
 * @param {string} folder
 * @param {string} release
 */
function install(folder, release) {
  const { name, version } = description();
  const tarballs = [name, `${name}-${ownPlatform()}`].map((each) => join(release, `${each}-${version}.tgz`));
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  must('npm install', spawnSync('npm', ['install', ...options, ...tarballs], { ...settings(), cwd: folder }));
}

/**
 * @param {string} what
 * @param {import('node:child_process').SpawnSyncReturns<Buffer>} outcome
 */
function must(what, { status, stderr, error }) {
  if (status !== 0) throw new Error(`${what}: ${error?.message ?? stderr?.toString() ?? `status ${status}`}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    withOwnCommand(RELEASE, (command) => command(...about(RELEASE, process.argv.slice(2))));
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}
