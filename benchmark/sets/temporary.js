// SPDX-License-Identifier: Apache-2.0
// Models that are made for one measurement and go with it: of real bytes, of holes, and of nothing but names.
import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireRoom } from './room.js';
import { large, small } from './sets.js';
import { fill } from './store.js';

/**
 * A folder of our own beside the data sets; it goes when this process ends, also when it is told to.
 * @param {{ data: string }} flags
 */
export function ownFolder({ data }) {
  mkdirSync(data, { recursive: true });
  const folder = mkdtempSync(join(data, 'own-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  return folder;
}

/**
 * Makes a model, hands it on, and removes it.
 * @param {string} own
 * @param {(folder: string) => void} make
 * @param {(folder: string) => void} use
 */
export function withModel(own, make, use) {
  const folder = mkdtempSync(join(own, 'model-'));
  try {
    make(folder);
    use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Real bytes in that many files of one size.
 * @param {string} folder
 * @param {{ count: number, bytes: number }} size of all together
 */
export function makeFull(folder, { count, bytes }) {
  requireRoom(folder, { what: `a model of ${bytes / 1e9} GB`, bytes, files: count });
  fill(folder, large(count, bytes / count), 'temporary');
}

/**
 * Holes: they take no disk, are read as zeros, and pass through the same code.
 * @param {string} folder
 * @param {{ count: number, bytes: number }} size of all together
 */
export function makeSparse(folder, { count, bytes }) {
  for (const { path, size } of large(count, bytes / count)) {
    const handle = openSync(join(folder, path), 'wx');
    ftruncateSync(handle, size);
    closeSync(handle);
  }
}

/**
 * Small files, a thousand a folder; empty ones cost an inode each and their manifest is as large as that of full ones.
 * @param {string} folder
 * @param {{ count: number, size: number }} each
 */
export function makeMany(folder, { count, size }) {
  requireRoom(folder, { what: `a model of ${count} files`, bytes: count * size, files: count });
  const files = small(count, size);
  if (size > 0) return fill(folder, files, 'temporary');
  for (const [at, { path }] of files.entries()) {
    if (at % 1000 === 0) mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), '');
  }
}
