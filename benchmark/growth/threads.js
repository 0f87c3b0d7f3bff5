// SPDX-License-Identifier: Apache-2.0
// What more threads give and what they cost: one to all cores, and at least four, so that too many are seen too.
import os from 'node:os';
import { makeHot } from '../measure/pages.js';
import { contest } from '../measure/pairs.js';
import { guess, guessMaking } from '../measure/plan.js';
import { command } from '../ours.js';
import { stored } from '../sets/store.js';

/** @typedef {import('./model.js').Context} Context */
/** @typedef {{ name: string, set: 'b' | 'd', args: string[] }} Kind */

const LEAST = 4;

/** @type {readonly Kind[]} */
const KINDS = [
  { name: 'b, eight files', set: 'b', args: [] },
  { name: 'b, shards of 64 MB', set: 'b', args: ['--shard-size', '64MB'] },
  { name: 'b, BLAKE3', set: 'b', args: ['--hash-algorithm', 'blake3'] },
  { name: 'd, very many files', set: 'd', args: [] },
];

/**
 * @param {Pick<Context, 'flags' | 'record'>} context
 * @returns {import('../measure/plan.js').Step[]}
 */
export function threads({ flags, record }) {
  const cores = os.availableParallelism();
  const most = Math.max(cores, LEAST);
  const counts = [...new Set([1, 2, 4, 8, 16, 32, 64, 128, cores].filter((count) => count <= most))].toSorted(
    (one, other) => one - other,
  );
  record.note(
    `Threads: 1 to ${most} on ${cores} cores. CPU that grows with threads is what they cost; wall time that falls is what they give. Whole files keep no more cores busy than there are large files, two to a core.`,
  );
  const x = /** @type {const} */ ({ name: 'threads', unit: '', ticks: 'points' });
  const title = 'Digest by number of threads';
  const wall = record.curves({ file: 'threads', title, x, y: { name: 'wall time', unit: 's' } });
  const cpu = record.curves({ file: 'threads-cpu', title, x, y: { name: 'CPU', unit: 's' } });
  return KINDS.map((kind) => ({
    what: `threads: ${kind.name}`,
    seconds: seconds(kind, counts, flags),
    run: () => measure(kind, counts, { flags, record, wall, cpu }),
  }));
}

/**
 * @param {Kind} kind
 * @param {readonly number[]} counts
 * @param {import('../flags.js').Flags} flags
 */
function seconds({ set, name }, counts, { scale, rounds }) {
  const model = { bytes: { b: 8.6e9, d: 0.4e9 }[set] * scale, files: { b: 8, d: 100_000 * scale }[set] };
  const once = counts.reduce((sum, count) => sum + guess('ours', { ...model, threads: count }), 0);
  // The set is made at most once.
  return once * rounds + (name.endsWith('files') ? guessMaking(model) : 0);
}

/**
 * @param {Kind} kind
 * @param {readonly number[]} counts
 * @param {Pick<Context, 'flags' | 'record'> & Record<'wall' | 'cpu', (point: import('../record/record.js').Point) => void>} to
 */
function measure({ name: kind, set, args }, counts, { flags, record, wall, cpu }) {
  const { folder } = stored(set, flags);
  makeHot(folder);
  const alternatives = counts.map((count) => ({
    name: `${count}`,
    command: command('digest', folder, ...args, '--threads', `${count}`),
  }));
  const result = contest(alternatives, {
    rounds: flags.rounds,
    onCost: (alternative, round, cost) =>
      record.sample({ part: 'threads', kind, threads: alternative, round, ...cost }),
  });
  for (const { name } of alternatives) {
    const found = { cpu: result.of(name, 'cpu'), wall: result.of(name, 'wall') };
    wall({ series: kind, x: Number(name), y: found.wall.value });
    cpu({ series: kind, x: Number(name), y: found.cpu.value });
    record.found({ what: `${kind}, threads: ${name}: wall`, ...found.wall, unit: 's' });
    record.found({ what: `${kind}, threads: ${name}: CPU`, ...found.cpu, unit: 's' });
  }
}
