// SPDX-License-Identifier: Apache-2.0
// How fast does one core hash from memory, and what does each way of reading cost? Runs criterion, and keeps what it
// found.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run } from '../npm/scripts/run.js';
import { readFlags } from './flags.js';
import { estimate } from './measure/statistics.js';
import { build } from './ours.js';
import { hasShaInstructions } from './record/machine.js';
import { DatedRecord } from './record/record.js';
import { TARGETS } from './targets.js';

/** @typedef {{ group: string, name: string, seconds: number, noise: number, bytes: number }} Estimate */

const FOLDER = join(ROOT, 'target', 'criterion');

const flags = readFlags();
build(flags);
// What an earlier run left there would be recorded as found today.
rmSync(FOLDER, { recursive: true, force: true });
run('cargo', [
  'bench',
  '--locked',
  '--quiet',
  '--package',
  'model-signing-core',
  '--bench',
  'kernels',
  '--bench',
  'readers',
  '--',
  '--noplot',
  ...(flags.quick ? ['--quick'] : []),
]);
const record = new DatedRecord('kernels', { title: 'Kernels and readers', unit: 'GB/s, more is better', flags });
record.note(
  'Criterion measures wall time: only an idle machine gives good figures. Kernels hash 1 MiB a stream from the cache on one core.',
);
const estimates = [...readEstimates(), nodeCrypto()];
for (const found of estimates) {
  const { group, name, seconds, noise, bytes } = found;
  const speed = bytes / seconds / 1e9;
  record.sample(found);
  record.bar({ group, label: name, value: speed, isOurs: !/crate|node:crypto/.test(name) });
  record.found({ what: `${group}, ${name}`, value: speed, noise: (speed * noise) / seconds, unit: 'GB/s' });
}
judge();
record.write();

/** The SHA-256 kernel that this CPU's choice comes to: the fastest of those that ran. */
function judge() {
  const kernels = estimates.filter(({ group }) => group === 'sha256');
  const two = kernels.filter(({ name }) => name.startsWith('two streams')).toSorted((x, y) => rate(x) - rate(y))[0];
  const one = kernels.find(({ name }) => name === 'one stream');
  if (two === undefined || one === undefined || !hasShaInstructions()) return;
  record.found({ what: 'two streams on one core', value: 1 / rate(two) / 1e9, unit: 'GB/s', bound: TARGETS.kernel });
  const ratio = rate(two) / rate(one);
  record.found({ what: 'two streams against one: time for a byte', value: ratio, unit: '×', bound: TARGETS.lanes });
}

/** @param {Estimate} estimate */
function rate({ seconds, bytes }) {
  return seconds / bytes;
}

/** The reference that everybody has: OpenSSL as Node brings it, one stream. @returns {Estimate} */
function nodeCrypto() {
  const bytes = 256 << 20;
  const chunk = Buffer.alloc(1 << 20);
  const samples = Array.from({ length: flags.rounds }, () => {
    const start = performance.now();
    const hash = createHash('sha256');
    for (let left = bytes; left > 0; left -= chunk.length) hash.update(chunk);
    hash.digest();
    return (performance.now() - start) / 1000;
  });
  const { value, noise } = estimate(samples);
  return { group: 'sha256', name: 'node:crypto, one stream', seconds: value, noise, bytes };
}

/** What criterion left: a folder per group and benchmark. @returns {Estimate[]} */
function readEstimates() {
  return readdirSync(FOLDER).flatMap((group) =>
    readdirSync(join(FOLDER, group))
      .map((name) => join(FOLDER, group, name, 'new'))
      .filter((folder) => existsSync(join(folder, 'estimates.json')))
      .map(readEstimate),
  );
}

/**
 * @param {string} folder
 * @returns {Estimate}
 */
function readEstimate(folder) {
  const { median } = JSON.parse(readFileSync(join(folder, 'estimates.json'), 'utf8'));
  const about = JSON.parse(readFileSync(join(folder, 'benchmark.json'), 'utf8'));
  const noise = (median.confidence_interval.upper_bound - median.confidence_interval.lower_bound) / 2;
  return {
    group: about.group_id,
    name: about.function_id,
    seconds: median.point_estimate / 1e9,
    noise: noise / 1e9,
    bytes: about.throughput.Bytes,
  };
}
