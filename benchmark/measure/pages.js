// SPDX-License-Identifier: Apache-2.0
// The state of the page cache, made for the files of one folder and no others.
import { join } from 'node:path';
import { ROOT, fail } from '../../npm/scripts/run.js';
import { python3 } from './command.js';

const SCRIPT = join(ROOT, 'benchmark', 'measure', 'pages.py');

/**
 * Reads every file twice: what is then measured comes from memory, where it fits.
 * @param {string} folder
 */
export function makeHot(folder) {
  pages('hot', folder);
}

/**
 * Writes back and drops the pages of every file.
 * @param {string} folder
 */
export function makeCold(folder) {
  pages('cold', folder);
}

/**
 * @param {'hot' | 'cold'} state
 * @param {string} folder
 */
function pages(state, folder) {
  const { status, stderr } = python3([SCRIPT, state, folder]);
  if (status !== 0) fail(`cannot make the page cache ${state}: ${stderr}`);
}
