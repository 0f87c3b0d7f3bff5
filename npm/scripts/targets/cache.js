// SPDX-License-Identifier: Apache-2.0
// Folders in the user's cache, each made once for what was asked for, whole or not at all.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE } from '../python-environment.js';

const FOLDER = join(CACHE, 'targets');

/**
 * The folder for these words; `make` fills it the first time, beside its place.
 * @param {string} name
 * @param {readonly string[]} words
 * @param {(folder: string) => void} make
 * @returns {string}
 */
export function cached(name, words, make) {
  const content = createHash('sha256').update(words.join('\0')).digest('hex').slice(0, 16);
  const folder = join(FOLDER, `${name}-${content}`);
  if (existsSync(folder)) return folder;
  mkdirSync(FOLDER, { recursive: true });
  const partial = mkdtempSync(`${folder}.`);
  try {
    make(partial);
    // Who made it at the same time made the same.
    if (!existsSync(folder)) renameSync(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return folder;
}
