// SPDX-License-Identifier: Apache-2.0
// The state of the page cache, made for the files of one folder and no others.
import { closeSync, openSync, readSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, fail } from '../../npm/scripts/run.js';
import { python3 } from './command.js';

const SCRIPT = join(ROOT, 'benchmark', 'measure', 'cold.py');
const CHUNK = Buffer.alloc(1 << 20);

/**
 * Reads every file twice, after dropping what was there: what is then measured comes from memory, where it fits. Pages
 * stay as large as they came, and mapping those that were written piece by piece costs ten times as much.
 * @param {string} folder
 */
export function makeHot(folder) {
  const why = drop(folder);
  if (why) console.error(`note: the page cache is taken as it was found, which may change what is measured: ${why}`);
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    read(path);
    read(path);
  }
}

/**
 * Writes back and drops the pages of every file.
 * @param {string} folder
 */
export function makeCold(folder) {
  const why = drop(folder);
  if (why) fail(`cannot make the page cache cold: ${why}`);
}

/**
 * Node cannot: it takes python3.
 * @param {string} folder
 */
function drop(folder) {
  const { status, stderr, error } = python3([SCRIPT, folder]);
  return status === 0 ? undefined : (error?.message ?? stderr);
}

/** @param {string} path */
function read(path) {
  const handle = openSync(path, 'r');
  while (readSync(handle, CHUNK) > 0);
  closeSync(handle);
}
