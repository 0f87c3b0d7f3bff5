// SPDX-License-Identifier: Apache-2.0
// How much memory does the command take above a bare Node: for one huge file, and for each of very many files?
import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFlags } from './flags.js';
import { contest } from './measure/pairs.js';
import { bareNode, build, command } from './ours.js';
import { DatedRecord } from './record/record.js';
import { TARGETS } from './targets.js';

const GIB = 2 ** 30;

const flags = readFlags({ rounds: 5 });
build();
const record = new DatedRecord('memory', { title: 'Peak memory above a bare Node', unit: 'MB, less is better', flags });
record.note('The huge files are sparse: they take no disk, are read as zeros, and pass through the same code.');
record.note('The many files are empty: they cost an inode each, and their manifest is as large as that of full ones.');
const sizes = (flags.full ? [1, 16, 64] : [1, 16]).map((gib) => gib * flags.scale * GIB);
for (const size of sizes) huge(size);
const one = above('1 file', manyFiles(1), 'digest');
for (const count of flags.full ? [100_000, 1_000_000] : [100_000]) many(Math.ceil(count * flags.scale), one);
record.write();

/** @param {number} size */
function huge(size) {
  const folder = sparse(size);
  const label = `one file of ${(size / GIB).toFixed(1)} GiB`;
  const { value, noise } = above(label, folder, 'digest');
  record.found({ what: label, value, noise, unit: 'MB', bound: TARGETS.memory });
  rmSync(folder, { recursive: true });
}

/**
 * @param {number} count
 * @param {import('./measure/statistics.js').Estimate} few
 */
function many(count, few) {
  const folder = manyFiles(count);
  for (const [how, ...args] of [['digest'], ['digest --json', '--json']]) {
    const label = `${count} files, ${how}`;
    const { value, noise } = above(label, folder, 'digest', ...args);
    record.found({ what: label, value, noise, unit: 'MB' });
    const each = { value: ((value - few.value) * 1000) / count, noise: (noise * 1000) / count };
    record.found({ what: `${label}: for each file`, ...each, unit: 'KB', bound: TARGETS.memoryPerFile });
  }
}

/**
 * Peak memory in MB above that of a bare Node, measured in alternation.
 * @param {string} label
 * @param {string} folder
 * @param {...string} args
 */
function above(label, folder, ...args) {
  const alternatives = [
    { name: 'node -e 0', command: bareNode() },
    { name: 'ours', command: command(...args, folder) },
  ];
  const result = contest(alternatives, {
    rounds: flags.rounds,
    onCost: (alternative, round, cost) => record.sample({ label, alternative, round, ...cost }),
  });
  const [ours, bare] = [result.of('ours', 'peak'), result.of('node -e 0', 'peak')];
  const value = (ours.value - bare.value) / 1e6;
  record.bar({ group: 'above a bare Node', label, value, isOurs: true });
  return { value, noise: (ours.noise + bare.noise) / 1e6, count: ours.count };
}

/** @param {number} size */
function sparse(size) {
  const folder = join(flags.data, `sparse-${size}`);
  mkdirSync(folder, { recursive: true });
  const handle = openSync(join(folder, 'weights.bin'), 'w');
  ftruncateSync(handle, Math.ceil(size));
  closeSync(handle);
  return folder;
}

/** @param {number} count */
function manyFiles(count) {
  const folder = join(flags.data, `empty-${count}`);
  if (existsSync(`${folder}.complete`)) return folder;
  rmSync(folder, { recursive: true, force: true });
  console.log(`making ${count} empty files`);
  for (let at = 0; at < count; at += 1) {
    const part = join(folder, `part-${`${Math.floor(at / 1000)}`.padStart(4, '0')}`);
    if (at % 1000 === 0) mkdirSync(part, { recursive: true });
    writeFileSync(join(part, `file-${`${at}`.padStart(7, '0')}.bin`), '');
  }
  writeFileSync(`${folder}.complete`, '');
  return folder;
}
