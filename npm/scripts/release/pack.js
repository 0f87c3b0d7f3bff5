// SPDX-License-Identifier: Apache-2.0
// Makes the tarballs that are published: `npm run release:pack`. With --complete every platform has to be there, from
// target/addons; without it those that are, and it says which are not.
import { mkdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT, ask, fail } from '../run.js';
import { weigh } from './budgets.js';
import { platforms } from './platforms.js';
import { ADDONS, builtAddons, stage } from './stage.js';

/** @typedef {{ name: string, version: string, file: string, size: number, unpackedSize: number }} Tarball */

const STAGED = join(ROOT, 'target', 'packages', 'staged');

/** The folder of everything that a release consists of. */
export const RELEASE = join(ROOT, 'target', 'packages', 'release');

/**
 * Stages and packs what is built into {@link RELEASE}, says what each package weighs, and returns them; the facade is
 * the last.
 * @param {boolean} complete
 * @returns {Tarball[]}
 */
export function packRelease(complete) {
  const addons = builtAddons();
  const names = new Set([...addons.keys()].map(({ name }) => name));
  report(
    'not built',
    platforms().filter(({ name }) => !names.has(name)),
    complete,
  );
  report('only built by this checkout for itself', [...addons.keys()].filter(isLocal(addons)), complete);
  rmSync(RELEASE, { recursive: true, force: true });
  const tarballs = pack(STAGED, stage(addons, STAGED), RELEASE);
  for (const tarball of tarballs) console.log(weigh(tarball));
  return tarballs;
}

/**
 * Packs staged packages.
 * @param {string} staged
 * @param {readonly string[]} names
 * @param {string} folder
 * @returns {Tarball[]}
 */
export function pack(staged, names, folder) {
  mkdirSync(folder, { recursive: true });
  return names.map((name) => {
    const args = ['pack', join(staged, name), '--json', '--ignore-scripts', '--pack-destination', folder];
    const { status, stdout, stderr } = ask('npm', args);
    if (status !== 0) throw new Error(`npm pack ${name}: ${stderr}`);
    const [{ version, filename, size, unpackedSize }] = JSON.parse(stdout);
    return { name, version, file: join(folder, filename), size, unpackedSize };
  });
}

/** @param {ReadonlyMap<import('./platforms.js').Platform, string>} addons */
function isLocal(addons) {
  return (/** @type {import('./platforms.js').Platform} */ platform) =>
    relative(ADDONS, addons.get(platform) ?? '').startsWith('..');
}

/**
 * @param {string} problem
 * @param {readonly import('./platforms.js').Platform[]} found
 * @param {boolean} complete
 */
function report(problem, found, complete) {
  if (found.length === 0) return;
  const line = `${problem}: ${found.map(({ name }) => name).join(', ')}`;
  if (complete) throw new Error(`${line}; a release needs all of them in target/addons`);
  console.log(line);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    packRelease(process.argv.includes('--complete'));
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}
