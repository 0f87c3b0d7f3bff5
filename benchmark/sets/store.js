// SPDX-License-Identifier: Apache-2.0
// Data sets on disk: made once, kept, and never on a disk that they would fill.
import { createCipheriv, createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { requireRoom } from './room.js';
import { dataSet } from './sets.js';

/** @typedef {import('./sets.js').DataSet & { folder: string }} StoredSet */

/** Raise it when the bytes of a data set change: the old ones are then left alone and not used. */
const EDITION = 1;
const CHUNK = 4 << 20;

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
    requireRoom(data, { what: `data set ${name}`, bytes: set.bytes, files: set.files.length });
    console.log(`making data set ${name}: ${set.files.length} files, ${(set.bytes / 1e9).toFixed(2)} GB`);
    fill(folder, set.files, set.name);
    writeFileSync(mark, '');
  }
  return { ...set, folder };
}

/**
 * Fills files with one stream of AES in counter mode: the same bytes in every run, and nothing compresses them.
 * @param {string} folder
 * @param {readonly import('./sets.js').Entry[]} files
 * @param {string} name what the bytes depend on
 */
export function fill(folder, files, name) {
  const key = createHash('sha256').update(`model-signing data set ${name}`).digest();
  const stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  const zeros = Buffer.alloc(CHUNK);
  const folders = new Set();
  for (const { path, size } of files) {
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
