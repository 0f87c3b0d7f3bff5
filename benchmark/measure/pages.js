// SPDX-License-Identifier: Apache-2.0
// The state of the page cache, made for the files of one folder and no others.
import { closeSync, openSync, readSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, fail } from '../../npm/scripts/run.js';
import { python3 } from './command.js';

const SCRIPT = join(ROOT, 'benchmark', 'measure', 'cold.py');
const CHUNK = Buffer.alloc(1 << 20);

/**
 * Reads every file twice: what is then measured comes from memory, where it fits.
 * @param {string} folder
 */
export function makeHot(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    read(path);
    read(path);
  }
}

/**
 * Writes back and drops the pages of every file. Node cannot: it takes python3.
 * @param {string} folder
 */
export function makeCold(folder) {
  const { status, stderr, error } = python3([SCRIPT, folder]);
  if (status !== 0) fail(`cannot make the page cache cold: ${error?.message ?? stderr}`);
}

/** @param {string} path */
function read(path) {
  const handle = openSync(path, 'r');
  while (readSync(handle, CHUNK) > 0);
  closeSync(handle);
}
