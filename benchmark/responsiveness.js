// SPDX-License-Identifier: Apache-2.0
// How soon does a run end when it is told to, and how long does it keep the event loop from turning?
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, ask, fail } from '../npm/scripts/run.js';
import { readFlags } from './flags.js';
import { estimate } from './measure/statistics.js';
import { build } from './ours.js';
import { DatedRecord } from './record/record.js';
import { stored } from './sets/store.js';
import { makeSparse, ownFolder } from './sets/temporary.js';
import { TARGETS } from './targets.js';

const PROBE = join(ROOT, 'benchmark', 'probes', 'responsiveness.js');
const TERABYTE = 1e12;

const flags = readFlags({ rounds: 9 });
build(flags);
const record = new DatedRecord('responsiveness', {
  title: 'Responsiveness',
  unit: 'milliseconds, less is better',
  flags,
});
record.note('Cancel: from abort() to the rejection, in a sparse file of 5 TB, after another delay in each round.');
record.note(
  'Event loop: the longest time between two turns of a timer of 1 ms, less that millisecond; hashing takes all cores meanwhile, so that other programs on the machine show too. Idle is the same loop without hashing.',
);
const huge = join(ownFolder(flags), 'huge');
mkdirSync(huge);
makeSparse(huge, { count: 1, bytes: 5 * TERABYTE });
for (const [what, folder, bound] of /** @type {const} */ ([
  ['cancel', huge, TARGETS.cancel],
  ['idle', huge, undefined],
  ['stall', huge, TARGETS.stall],
  ['many', stored('d', flags).folder, TARGETS.stall],
  ['sign', stored('d', flags).folder, TARGETS.stall],
  ['verify', stored('d', flags).folder, TARGETS.stall],
])) {
  measure(what, folder, bound);
}
record.write();

/**
 * @param {'cancel' | 'idle' | 'stall' | 'many' | 'sign' | 'verify'} what
 * @param {string} folder
 * @param {import('./targets.js').Bound | undefined} bound
 */
function measure(what, folder, bound) {
  const label = {
    cancel: 'from abort to rejection, 5 TB',
    idle: 'longest stall, idle',
    stall: 'longest stall, 5 TB being hashed',
    many: 'longest stall, data set d, whole run',
    sign: 'longest stall, data set d being signed, whole run',
    verify: 'longest stall, data set d being verified, whole run',
  }[what];
  const samples = Array.from({ length: flags.rounds }, (_, round) => {
    const { status, stdout, stderr } = ask(process.execPath, [PROBE, what, folder, `${round}`]);
    if (status !== 0) fail(`the probe failed: ${stderr}`);
    const milliseconds = Number(stdout);
    record.sample({ what, round, milliseconds });
    return milliseconds;
  });
  const { value, noise, count } = estimate(samples);
  record.bar({ group: 'responsiveness', label, value, isOurs: what !== 'idle' });
  record.found({ what: `${label}, median`, value, noise, count, unit: 'ms', ...(bound && { bound }) });
  record.found({
    what: `${label}, worst of ${count}`,
    value: Math.max(...samples),
    unit: 'ms',
    ...(bound && { bound }),
  });
}
