// SPDX-License-Identifier: Apache-2.0
// One model of a growing row: made, signed and verified by every tool that is not too slow for it, and removed.
import os from 'node:os';
import { HAS_PYTHON } from '../measure/command.js';
import { makeCold, makeHot } from '../measure/pages.js';
import { contest } from '../measure/pairs.js';
import { guess, guessMaking } from '../measure/plan.js';
import { withModel } from '../sets/temporary.js';

/**
 * @typedef {object} Context
 * @property {import('../flags.js').Flags} flags
 * @property {import('../record/record.js').DatedRecord} record
 * @property {import('../peers/signers.js').Signer} ours
 * @property {import('../peers/signers.js').Signer[]} others
 * @property {string} own folder for models that go again
 */

/**
 * @typedef {object} Model
 * @property {string} what
 * @property {number} bytes
 * @property {number} files
 * @property {boolean} sparse holes: no disk, and no pages of their own
 * @property {number} x where it stands in the picture
 * @property {(folder: string) => void} make
 */

/** Beyond these a run is long and its noise small: fewer rounds, and ours alone, since others take minutes. */
export const LONG = { bytes: 10e9, files: 100_000 };
export const FEWER = 3;

/**
 * @param {Context} context
 * @param {Model} model
 * @param {(point: import('../record/record.js').Point) => void} point
 * @returns {import('../measure/plan.js').Step}
 */
export function step(context, model, point) {
  const { ours, others, flags } = context;
  const long = model.bytes > LONG.bytes || model.files > LONG.files;
  const tools = long || model.sparse ? [ours] : [ours, ...others];
  const rounds = long ? Math.min(FEWER, flags.rounds) : flags.rounds;
  // Ours signs and verifies, the others sign: verifying costs them the same.
  const once = tools.reduce((sum, { name }) => sum + guess(name, model), guess('ours', model));
  const making = model.sparse ? 0 : guessMaking(model);
  return {
    what: model.what,
    seconds: once * rounds + making,
    run: () =>
      withModel(context.own, model.make, (folder) => measure(context, model, { folder, tools, rounds, point })),
  };
}

/**
 * @param {Context} context
 * @param {Model} model
 * @param {object} how
 * @param {string} how.folder
 * @param {import('../peers/signers.js').Signer[]} how.tools
 * @param {number} how.rounds
 * @param {(point: import('../record/record.js').Point) => void} how.point
 */
function measure({ record, ours }, { what, bytes, files, sparse, x }, { folder, tools, rounds, point }) {
  const state = pages(bytes, sparse);
  if (state === 'hot') makeHot(folder);
  // A round begins forwards: there is a signature before the first verification.
  const alternatives = [...tools.map((tool) => tool.sign(folder)), ours.verify(folder)];
  const result = contest(alternatives, {
    rounds,
    before: () => (state === 'cold' ? makeCold(folder) : undefined),
    onCost: (alternative, round, cost) =>
      record.sample({ what, bytes, files, sparse, state, alternative, round, ...cost }),
  });
  for (const { name } of alternatives) {
    const cpu = result.of(name, 'cpu');
    point({ series: sparse ? `${name}: sparse` : name, x, y: cpu.value });
    record.found({ what: `${what}, ${state}, ${name}: CPU`, ...cpu, unit: 's' });
    record.found({ what: `${what}, ${state}, ${name}: wall`, ...result.of(name, 'wall'), unit: 's' });
  }
}

/**
 * @param {number} bytes
 * @param {boolean} sparse
 */
function pages(bytes, sparse) {
  if (sparse) return 'no pages';
  if (bytes <= os.totalmem() / 2) return 'hot';
  return HAS_PYTHON ? 'cold' : 'as it is';
}
