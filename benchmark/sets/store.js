// SPDX-License-Identifier: Apache-2.0
// Data sets on disk: made once, kept, and never on a disk that they would fill.
import { createCipheriv, createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, rmSync, statfsSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fail } from '../../npm/scripts/run.js';
import { dataSet } from './sets.js';

/** @typedef {import('./sets.js').DataSet & { folder: string }} StoredSet */

/** Raise it when the bytes of a data set change: the old ones are then left alone and not used. */
const EDITION = 1;
const CHUNK = 4 << 20;
/** What a disk keeps free besides the data set. */
const RESERVE = 2e9;
/** What a file costs besides its bytes, at most: its inode and its last block. */
const PER_FILE = 4608;

/**
 * A data set that is on disk, made now if it was not.
 * @param {import('./sets.js').SetName} name
 * @param {{ data: string, scale: number }} flags
 * @returns {StoredSet}
 */
export function stored(name, { data, scale }) {
  const set = dataSet(name, scale);
  const id = `${name}-${scale}-${EDITION}`;
  const folder = join(data, id);
  const mark = join(data, `${id}.complete`);
  if (!existsSync(mark)) {
    rmSync(folder, { recursive: true, force: true });
    requireRoom(data, set);
    console.log(`making data set ${name}: ${set.files.length} files, ${(set.bytes / 1e9).toFixed(2)} GB`);
    write(set, folder);
    writeFileSync(mark, '');
  }
  return { ...set, folder };
}

/**
 * @param {string} data
 * @param {import('./sets.js').DataSet} set
 */
function requireRoom(data, { name, bytes, files }) {
  mkdirSync(data, { recursive: true });
  const { bavail, bsize } = statfsSync(data);
  const wanted = bytes + files.length * PER_FILE + RESERVE;
  if (bavail * bsize >= wanted) return;
  const [need, have] = [wanted, bavail * bsize].map((count) => (count / 1e9).toFixed(1));
  fail(`data set ${name} wants ${need} GB of free disk and there are ${have}; use --data FOLDER or --scale 0.1`);
}

/**
 * Fills the files with one stream of AES in counter mode: the same bytes in every run, and nothing compresses them.
 * @param {import('./sets.js').DataSet} set
 * @param {string} folder
 */
function write(set, folder) {
  const key = createHash('sha256').update(`model-signing data set ${set.name}`).digest();
  const stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  const zeros = Buffer.alloc(CHUNK);
  const folders = new Set();
  for (const { path, size } of set.files) {
    const file = join(folder, path);
    if (!folders.has(dirname(file))) mkdirSync(dirname(file), { recursive: true });
    folders.add(dirname(file));
    const handle = openSync(file, 'wx');
    for (let left = size; left > 0; left -= Math.min(left, CHUNK)) {
      writeSync(handle, stream.update(left < CHUNK ? zeros.subarray(0, left) : zeros));
    }
    closeSync(handle);
  }
}
