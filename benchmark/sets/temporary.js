// SPDX-License-Identifier: Apache-2.0
// Models that are made for one measurement and go with it: of real bytes, of holes, and of nothing but names.
import {
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { ask, fail } from '../../npm/scripts/run.js';
import { requireRoom } from './room.js';
import { large, small } from './sets.js';
import { fill } from './store.js';

/** A file system gives an inode 65,000 names (ext4) or more. */
const MOST_LINKS = 50_000;

/**
 * A folder of our own beside the data sets; it goes when this process ends, also when it is told to. What a process
 * that was killed left behind goes now.
 * @param {{ data: string }} flags
 */
export function ownFolder({ data }) {
  mkdirSync(data, { recursive: true });
  for (const name of readdirSync(data)) {
    const owner = /^own-(\d+)-/.exec(name)?.[1];
    if (owner !== undefined && !runs(Number(owner))) remove(join(data, name));
  }
  const folder = mkdtempSync(join(data, `own-${process.pid}-`));
  process.once('exit', () => remove(folder));
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  return folder;
}

/** @param {number} pid */
function runs(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH';
  }
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
    remove(folder);
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
 * Small files of real bytes, a thousand a folder.
 * @param {string} folder
 * @param {{ count: number, size: number }} each
 */
export function makeMany(folder, { count, size }) {
  requireRoom(folder, { what: `a model of ${count} files`, bytes: count * size, files: count });
  fill(folder, small(count, size), 'temporary');
}

/**
 * Names only, a thousand a folder: empty files that share their inodes, which cost much to make. Their manifest is as
 * large as that of others.
 * @param {string} folder
 * @param {number} count
 */
export function makeNames(folder, count) {
  let source = '';
  for (const [at, { path }] of small(count, 0).entries()) {
    const file = join(folder, path);
    if (at % 1000 === 0) mkdirSync(dirname(file), { recursive: true });
    if (at % MOST_LINKS === 0) writeFileSync((source = file), '');
    else linkSync(source, file);
  }
}

/** `rm` takes a tenth of the time that Node takes for a million files. @param {string} folder */
function remove(folder) {
  const { status, stderr } = ask('rm', ['-rf', folder]);
  if (status !== 0) fail(`${folder} cannot be removed: ${stderr}`);
}
