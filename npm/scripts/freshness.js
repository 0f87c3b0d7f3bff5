// SPDX-License-Identifier: Apache-2.0
// Whether a product is up to date: the SHA-256 over the names and bytes of its inputs, noted after a good build.
// The notes lie in node_modules, so that a new `npm ci` or a fresh clone starts from nothing.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './run.js';

const NOTES = join(ROOT, 'node_modules', '.cache', 'model-signing');
const NOT_INPUT = new Set(['node_modules', 'target']);

/**
 * @typedef {object} Product
 * @property {string} name what the note is called
 * @property {readonly string[]} inputs files and folders, relative to the root
 * @property {readonly string[]} outputs files that must be there
 */

/**
 * Makes a product unless it is there and its inputs are the noted ones; returns whether it had to.
 * @param {Product} product
 * @param {() => void} make
 */
export function refresh(product, make) {
  const note = join(NOTES, product.name);
  const made = product.outputs.every((output) => existsSync(join(ROOT, output)));
  if (made && existsSync(note) && readFileSync(note, 'utf8') === fingerprint(product)) return false;
  make();
  mkdirSync(NOTES, { recursive: true });
  writeFileSync(note, fingerprint(product));
  return true;
}

/** @param {Product} product */
function fingerprint(product) {
  const hash = createHash('sha256').update(`${process.version} ${process.platform} ${process.arch}`);
  for (const file of product.inputs.flatMap(list)) {
    const bytes = readFileSync(join(ROOT, file));
    hash.update(`\n${file} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest('hex');
}

/**
 * @param {string} path
 * @returns {string[]}
 */
function list(path) {
  const full = join(ROOT, path);
  if (!existsSync(full)) return [];
  if (!statSync(full).isDirectory()) return [path];
  const names = readdirSync(full).filter((name) => !NOT_INPUT.has(name));
  return names.toSorted().flatMap((name) => list(`${path}/${name}`));
}
