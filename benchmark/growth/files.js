// SPDX-License-Identifier: Apache-2.0
// Cost by number: files of 4 KiB, tenfold each time.
import { makeMany } from '../sets/temporary.js';
import { FEWER, LONG, step } from './model.js';

const SIZE = 4096;
const COUNTS = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000];

/**
 * @param {import('./model.js').Context} context
 * @returns {import('../measure/plan.js').Step[]}
 */
export function files(context) {
  const { flags, record } = context;
  record.note(
    `Files: ${SIZE} bytes each, read twice before. More than ${LONG.files}: ${Math.min(FEWER, flags.rounds)} rounds, and ours alone.`,
  );
  const point = record.curves({
    file: 'files',
    title: 'Cost by number of files',
    x: { name: `files of ${SIZE} bytes`, unit: '' },
    y: { name: 'CPU of the whole command', unit: 's' },
  });
  const counts = COUNTS.filter((count) => count <= (COUNTS.at(-1) ?? 0) * flags.scale);
  return counts.map((count) => step(context, model(count), point));
}

/**
 * @param {number} count
 * @returns {import('./model.js').Model}
 */
function model(count) {
  const make = (/** @type {string} */ folder) => makeMany(folder, { count, size: SIZE });
  return { what: `${count} files`, bytes: count * SIZE, files: count, sparse: false, x: count, make };
}
