// SPDX-License-Identifier: Apache-2.0
// The npm packages that come along, as npm itself lists them from the lock file.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, ask } from '../run.js';

/** @typedef {import('./sbom.js').Bom} Bom */
/** @typedef {Record<string, any>} Description a package.json, or a lock file */

/** What is linked and bundled into the portable addon. For the checkout these are for development. */
const INSIDE_PORTABLE = ['@emnapi/core', '@emnapi/runtime', 'emnapi'];

/**
 * What users get with the facade. `npm sbom --omit dev` leaves out what packages for development need as well, so npm is
 * shown a lock file without them.
 * @returns {Bom}
 */
export function npmBom() {
  return bomOf(forUsers);
}

/**
 * What is inside the portable addon.
 * @param {string} name of its package
 * @returns {Bom}
 */
export function portableBom(name) {
  return bomOf((description) => insidePortable(name, description));
}

/**
 * @param {(description: Description) => Description} choose of package.json and of the lock file
 * @returns {Bom}
 */
function bomOf(choose) {
  const folder = mkdtempSync(join(tmpdir(), 'model-signing-sbom-'));
  try {
    for (const file of ['package.json', 'package-lock.json']) {
      writeFileSync(join(folder, file), JSON.stringify(choose(JSON.parse(readFileSync(join(ROOT, file), 'utf8')))));
    }
    const form = ['--sbom-format', 'cyclonedx', '--package-lock-only', '--prefix', folder];
    const { status, stdout, stderr } = ask('npm', ['sbom', ...form]);
    if (status !== 0) throw new Error(`npm sbom: ${stderr}`);
    return JSON.parse(stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Without what is for development, and without the optional peer.
 * @param {Description} description
 * @returns {Description}
 */
function forUsers({ devDependencies: _dev, peerDependencies: _peer, peerDependenciesMeta: _meta, ...kept }) {
  if (kept['packages'] === undefined) return kept;
  const [[, root = {}] = [], ...others] = Object.entries(kept['packages']);
  const shipped = others.filter(([, { dev }]) => dev !== true);
  return { ...kept, packages: { '': forUsers(root), ...Object.fromEntries(shipped) } };
}

/**
 * A package that depends on what is inside, and in the lock file all that comes with it.
 * @param {string} name
 * @param {Description} description
 * @returns {Description}
 */
function insidePortable(name, { version, devDependencies, lockfileVersion, packages }) {
  if (packages === undefined) {
    return {
      name,
      version,
      dependencies: Object.fromEntries(INSIDE_PORTABLE.map((each) => [each, devDependencies[each]])),
    };
  }
  const names = new Set(INSIDE_PORTABLE);
  for (const each of names) for (const next of Object.keys(packages[place(each)].dependencies ?? {})) names.add(next);
  const inside = [...names].map((each) => [place(each), { ...packages[place(each)], dev: false }]);
  const root = insidePortable(name, packages['']);
  return { name, version, lockfileVersion, packages: { '': root, ...Object.fromEntries(inside) } };
}

/** @param {string} name */
function place(name) {
  return `node_modules/${name}`;
}
