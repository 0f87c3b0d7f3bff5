// SPDX-License-Identifier: Apache-2.0
// Cost by size: models of eight files, tenfold each time, of real bytes as far as the disk allows and of holes beyond.
import { largestModel } from '../sets/room.js';
import { makeFull, makeSparse } from '../sets/temporary.js';
import { FEWER, LONG, step } from './model.js';

const MOST = 100e9;
const FILES = 8;

/**
 * Real bytes.
 * @param {import('./model.js').Context} context
 * @returns {import('../measure/plan.js').Step[]}
 */
export function bytes(context) {
  const { record, own } = context;
  const most = largestModel(own, MOST * context.flags.scale);
  record.note(
    `Bytes: ${FILES} files, up to ${most / 1e9} GB, which leaves a quarter of the free disk to others. ` +
      `Hot is read twice before; what half of the memory does not hold is cold: dropped before each run. ${fewer(context)}`,
  );
  return grow(context, 1e6, most, false);
}

/**
 * Bytes beyond what the disk holds, and some below, to see that holes cost what bytes do.
 * @param {import('./model.js').Context} context
 * @returns {import('../measure/plan.js').Step[]}
 */
export function sparse(context) {
  const most = MOST * context.flags.scale;
  context.record.note(
    `Sparse: ${FILES} files that take no disk and are read as zeros through the same code, up to ${most / 1e9} GB; ours alone. ${fewer(context)}`,
  );
  return grow(context, Math.min(1e9, most), most, true);
}

/** @param {import('./model.js').Context} context */
function fewer({ flags }) {
  return `More than ${LONG.bytes / 1e9} GB: ${Math.min(FEWER, flags.rounds)} rounds, and ours alone.`;
}

/**
 * @param {import('./model.js').Context} context
 * @param {number} least
 * @param {number} most
 * @param {boolean} holes
 */
function grow(context, least, most, holes) {
  const point = context.record.curves({
    file: 'bytes',
    title: 'Cost by size',
    x: { name: 'bytes of the model', unit: 'B' },
    y: { name: 'CPU of the whole command', unit: 's' },
  });
  const tens = [1e6, 10e6, 100e6, 1e9, 10e9, 100e9].filter((size) => size >= least && size < most);
  return [...tens, ...(most > 0 ? [most] : [])].map((size) => step(context, model(size, holes), point));
}

/**
 * @param {number} size
 * @param {boolean} holes
 * @returns {import('./model.js').Model}
 */
function model(size, holes) {
  const make = holes ? makeSparse : makeFull;
  return {
    what: `${size >= 1e9 ? `${size / 1e9} GB` : `${size / 1e6} MB`}${holes ? ' sparse' : ''}`,
    bytes: size,
    files: FILES,
    sparse: holes,
    x: size,
    make: (folder) => make(folder, { count: FILES, bytes: size }),
  };
}
