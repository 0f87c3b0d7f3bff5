// SPDX-License-Identifier: Apache-2.0
// How much memory do digest, sign and verify take above a bare Node: however many bytes, and for each of many files?
import { fail } from '../npm/scripts/run.js';
import { readFlags } from './flags.js';
import { HAS_PYTHON } from './measure/command.js';
import { contest } from './measure/pairs.js';
import { guess, take } from './measure/plan.js';
import { bareNode, build, command } from './ours.js';
import { ourSigner } from './peers/signers.js';
import { DatedRecord } from './record/record.js';
import { makeNames, makeSparse, ownFolder, withModel } from './sets/temporary.js';
import { TARGETS } from './targets.js';

/** @typedef {{ what: string, bytes: number, files: number, make: (folder: string) => void }} Model */
/** @typedef {(point: import('./record/record.js').Point) => void} Point */

/** Beyond these a run is long, and its memory the same each time. */
const LONG = { bytes: 10e9, files: 100_000 };
const FEWER = 2;

const flags = readFlags({ more: ['minutes'] });
if (!HAS_PYTHON) fail('memory cannot be measured here: there is no python3 to ask');
build(flags);
const own = ownFolder(flags);
const signer = ourSigner();
const record = new DatedRecord('memory', { title: 'Peak memory above a bare Node', unit: 'MB, less is better', flags });
record.note('Bytes: eight sparse files. They take no disk, are read as zeros, and pass through the same code.');
record.note('Files: empty ones that share inodes. Their manifest is as large as that of others.');
record.note(`More than ${LONG.bytes / 1e9} GB or ${LONG.files} files: ${Math.min(FEWER, flags.rounds)} rounds.`);
record.note('sign and verify: with a key. --json prints every file, and matters for files only.');
const mostBytes = 100e9 * flags.scale;
const mostFiles = 1_000_000 * flags.scale;
take([...byBytes(), ...byFiles()], {
  minutes: Number(flags.more['minutes'] ?? 12),
  skipped: (what) => record.skipped(what),
});
record.write();

function byBytes() {
  const point = record.curves({
    file: 'bytes',
    title: 'Peak memory by size',
    x: { name: 'bytes of the model', unit: 'B' },
    y: { name: 'above a bare Node', unit: 'MB' },
  });
  const sizes = [1e6, 100e6, 1e9, 10e9, 100e9].filter((size) => size <= mostBytes);
  return sizes.map((bytes) => {
    const what = bytes >= 1e9 ? `${bytes / 1e9} GB` : `${bytes / 1e6} MB`;
    const make = (/** @type {string} */ folder) => makeSparse(folder, { count: 8, bytes });
    return step({ what, bytes, files: 8, make }, (folder, rounds) => {
      for (const { name, value, noise } of above(what, ours(folder), rounds)) {
        point({ series: name, x: bytes, y: value });
        record.bar({ group: what, label: name, value, isOurs: true });
        record.found({ what: `${what}, ${name}`, value, noise, unit: 'MB', bound: TARGETS.memory });
      }
    });
  });
}

function byFiles() {
  const point = record.curves({
    file: 'files',
    title: 'Peak memory by number of files',
    x: { name: 'files', unit: '' },
    y: { name: 'above a bare Node', unit: 'MB' },
  });
  /** @type {Map<string, number>} */
  const one = new Map();
  const counts = [1, 1000, 10_000, 100_000, 1_000_000].filter((count) => count <= mostFiles);
  return counts.map((files) => {
    const what = `${files} files`;
    const make = (/** @type {string} */ folder) => makeNames(folder, files);
    return step({ what, bytes: 0, files, make }, (folder, rounds) => {
      for (const { name, value, noise } of above(what, [...ours(folder), printing(folder)], rounds)) {
        point({ series: name, x: files, y: value });
        const million = files === 1_000_000 ? { bound: TARGETS.memoryMillion } : {};
        record.found({ what: `${what}, ${name}`, value, noise, unit: 'MB', ...million });
        if (files === 1) one.set(name, value);
        if (files < 10_000) continue;
        const each = ((value - (one.get(name) ?? 0)) * 1000) / files;
        const finding = { what: `${what}, ${name}: for each file`, value: each, noise: (noise * 1000) / files };
        // What is promised is promised of a manifest; a bundle is text that says the same once more.
        const bound = name.startsWith('digest') ? { bound: TARGETS.memoryPerFile } : {};
        record.found({ ...finding, unit: 'KB', ...bound });
      }
    });
  });
}

/**
 * @param {Model} model
 * @param {(folder: string, rounds: number) => void} measure
 * @returns {import('./measure/plan.js').Step}
 */
function step({ what, bytes, files, make }, measure) {
  const long = bytes > LONG.bytes || files > LONG.files;
  const rounds = long ? Math.min(FEWER, flags.rounds) : flags.rounds;
  const seconds = rounds * (bytes > 0 ? 3 : 4) * guess('ours', { bytes, files }) + files * 60e-6;
  return { what, seconds, run: () => withModel(own, make, (folder) => measure(folder, rounds)) };
}

/** @param {string} folder */
function ours(folder) {
  return [
    { name: 'digest', command: command('digest', folder) },
    { ...signer.sign(folder), name: 'sign' },
    { ...signer.verify(folder), name: 'verify' },
  ];
}

/** What prints every file. @param {string} folder */
function printing(folder) {
  return { name: 'digest --json', command: command('digest', '--json', folder) };
}

/**
 * Peak memory in MB above that of a bare Node, measured in alternation.
 * @param {string} what
 * @param {import('./measure/pairs.js').Alternative[]} alternatives
 * @param {number} rounds
 */
function above(what, alternatives, rounds) {
  const bare = { name: 'node -e 0', command: bareNode() };
  const result = contest([bare, ...alternatives], {
    rounds,
    onCost: (alternative, round, cost) => record.sample({ what, alternative, round, ...cost }),
  });
  const least = result.of(bare.name, 'peak');
  return alternatives.map(({ name }) => {
    const { value, noise } = result.of(name, 'peak');
    return { name, value: (value - least.value) / 1e6, noise: (noise + least.noise) / 1e6 };
  });
}
