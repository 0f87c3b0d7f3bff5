// SPDX-License-Identifier: Apache-2.0
// Cost by size: models of eight files, tenfold each time, of real bytes as far as the disk allows and of holes beyond.
import { largestModel } from '../sets/room.js';
import { makeFull, makeSparse } from '../sets/temporary.js';
import { FEWER, LONG, step } from './model.js';

const MOST = 100e9;
const LEAST_SPARSE = 1e9;
const FILES = 8;

/**
 * @param {import('./model.js').Context} context
 * @returns {import('../measure/plan.js').Step[]}
 */
export function bytes(context) {
  const { flags, record, own } = context;
  const most = MOST * flags.scale;
  const real = largestModel(own, most);
  record.note(
    `Bytes: ${FILES} files. Real ones up to ${real / 1e9} GB, which leaves a quarter of the free disk to others; sparse ones, which take no disk and are read as zeros through the same code, up to ${most / 1e9} GB. ` +
      `More than ${LONG.bytes / 1e9} GB: ${Math.min(FEWER, flags.rounds)} rounds, and ours alone.`,
  );
  record.note('Hot is read twice before; what half of the memory does not hold is cold: dropped before each run.');
  const point = record.curves({
    file: 'bytes',
    title: 'Cost by size',
    x: { name: 'bytes of the model', unit: 'B' },
    y: { name: 'CPU of the whole command', unit: 's' },
  });
  return sizes(real, most).map((size) => step(context, size, point));
}

/**
 * @param {number} real
 * @param {number} most
 * @returns {import('./model.js').Model[]}
 */
function sizes(real, most) {
  const tens = [1e6, 10e6, 100e6, 1e9, 10e9, 100e9];
  const full = tens.filter((size) => size < real).concat(real > 0 ? [real] : []);
  const holes = tens.filter((size) => size >= LEAST_SPARSE && size < most).concat([most]);
  return [...full.map((size) => model(size, false)), ...holes.map((size) => model(size, true))];
}

/**
 * @param {number} size
 * @param {boolean} sparse
 * @returns {import('./model.js').Model}
 */
function model(size, sparse) {
  const make = sparse ? makeSparse : makeFull;
  return {
    what: `${size >= 1e9 ? `${size / 1e9} GB` : `${size / 1e6} MB`}${sparse ? ' sparse' : ''}`,
    bytes: size,
    files: FILES,
    sparse,
    x: size,
    make: (folder) => make(folder, { count: FILES, bytes: size }),
  };
}
