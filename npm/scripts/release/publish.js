// SPDX-License-Identifier: Apache-2.0
// Hands the tarballs of a release to npm: `npm run release:publish`, for a CI job that npm trusts by OIDC; there is no
// token. Platform packages come first and the facade last, so that nobody can get a facade without its addons. npm holds
// all of them back until a maintainer approves each with a second factor. With --dry-run it only says what it would do.
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sha256 } from '../addon.js';
import { ask, fail, settings } from '../run.js';
import { RELEASE } from './pack.js';
import { description, platforms } from './platforms.js';

/** Users get the facade by `latest` only after it was tried from the registry. Nobody asks for the others by a tag. */
const TAGS = { facade: 'next', platform: 'latest' };

/** @typedef {{ specifier: string, file: string, tag: string }} Step */

/**
 * What is handed over, in this order; it is an error unless exactly the packages of a release are there.
 * @param {string} [release]
 * @returns {Step[]}
 */
export function steps(release = RELEASE) {
  const { name, version } = description();
  const packages = [...platforms().map(({ packageName }) => packageName), name];
  const found = readdirSync(release).filter((file) => file.endsWith('.tgz'));
  const files = packages.map((each) => `${each}-${version}.tgz`);
  const [missing, extra] = [
    files.filter((file) => !found.includes(file)),
    found.filter((file) => !files.includes(file)),
  ];
  if (missing.length > 0) throw new Error(`not in the release: ${missing.join(', ')}`);
  if (extra.length > 0) throw new Error(`not of this release: ${extra.join(', ')}`);
  return packages.map((each) => ({
    specifier: `${each}@${version}`,
    file: join(release, `${each}-${version}.tgz`),
    tag: each === name ? TAGS.facade : TAGS.platform,
  }));
}

/**
 * Whether the files are those that were put together.
 * @param {string} [release]
 */
export function checkSums(release = RELEASE) {
  const lines = readFileSync(join(release, 'SHA256SUMS'), 'utf8').trim().split('\n');
  for (const line of lines) {
    const [sum = '', file = ''] = line.split('  ');
    if (sha256(join(release, file)) !== sum) throw new Error(`${file} is not the file that was put together`);
  }
}

/**
 * What a run before this one has published already stays as it is.
 * @param {Step} step
 * @param {boolean} isDry
 */
function handOver({ specifier, file, tag }, isDry) {
  if (ask('npm', ['view', specifier, 'version']).stdout?.trim())
    return console.log(`${specifier} is published already`);
  const options = ['--access', 'public', '--tag', tag, ...(isDry ? ['--dry-run'] : ['--provenance'])];
  const { status } = spawnSync('npm', ['stage', 'publish', file, ...options], { ...settings(), stdio: 'inherit' });
  if (status !== 0) throw new Error(`${specifier} was not handed over; what comes after it was not tried`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    const isDry = process.argv.includes('--dry-run');
    if (!isDry && description().repository === undefined) {
      fail('package.json names no repository, and npm wants to know where packages were built: add "repository"');
    }
    checkSums();
    for (const step of steps()) handOver(step, isDry);
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}
