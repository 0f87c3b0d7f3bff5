// SPDX-License-Identifier: Apache-2.0
// One version for the npm packages and the crates: `npm run release:version -- 1.2.3` writes it wherever it stands, and
// gives what was unreleased in the changelog its heading. Without a version it says whether all places agree.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT, fail } from '../run.js';

const VERSION = /^\d+\.\d+\.\d+(?:-[0-9a-z]+(?:\.[0-9a-z]+)*)?$/;

/** Where the version stands: between what comes before it and what comes after. @type {Readonly<Record<string, RegExp>>} */
const PLACES = {
  'package.json': /(^ {2}"version": ")([^"]+)(",$)/gm,
  'package-lock.json':
    /((?:^\{\n {2}"name": "model-signing",\n {2}|^ {4}"": \{\n {6}"name": "model-signing",\n {6})"version": ")([^"]+)(",$)/gm,
  'Cargo.toml': /(^\[workspace\.package\]\nversion = ")([^"]+)("$)/gm,
  'Cargo.lock': /(^name = "model-signing-(?:core|napi)"\nversion = ")([^"]+)("$)/gm,
};

/** How often it stands there. @type {Readonly<Record<string, number>>} */
const COUNT = { 'package.json': 1, 'package-lock.json': 2, 'Cargo.toml': 1, 'Cargo.lock': 2 };

/**
 * Every version that stands somewhere; one, if all is well.
 * @param {string} [root]
 * @returns {string[]}
 */
export function versions(root = ROOT) {
  const found = Object.entries(PLACES).flatMap(([file, place]) => {
    const hits = [...read(root, file).matchAll(place)].map(([, , version = '']) => version);
    if (hits.length !== COUNT[file]) throw new Error(`${file}: ${hits.length} versions instead of ${COUNT[file]}`);
    return hits;
  });
  return [...new Set(found)];
}

/**
 * Writes a version everywhere, and the day into the changelog.
 * @param {string} version
 * @param {string} day as in 2026-01-31
 * @param {string} [root]
 */
export function setVersion(version, day, root = ROOT) {
  if (!VERSION.test(version)) throw new Error(`${version} is not a version as in 1.2.3 or 1.2.3-rc.1`);
  const changelog = read(root, 'CHANGELOG.md');
  if (!changelog.includes('\n## Unreleased\n')) throw new Error('CHANGELOG.md has nothing under "## Unreleased"');
  versions(root);
  for (const [file, place] of Object.entries(PLACES)) {
    writeFileSync(join(root, file), read(root, file).replaceAll(place, `$1${version}$3`));
  }
  writeFileSync(join(root, 'CHANGELOG.md'), changelog.replace('\n## Unreleased\n', `\n## ${version} (${day})\n`));
}

/**
 * @param {string} root
 * @param {string} file
 */
function read(root, file) {
  return readFileSync(join(root, file), 'utf8');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [, , version] = process.argv;
  try {
    if (version !== undefined) setVersion(version, new Date().toISOString().slice(0, 10));
    const found = versions();
    if (found.length !== 1) fail(`the versions differ: ${found.join(', ')}`);
    console.log(found[0]);
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}
