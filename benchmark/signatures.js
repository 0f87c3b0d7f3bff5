// SPDX-License-Identifier: Apache-2.0
// What does it cost to sign a model and to verify it, against the Python tool that does the same?
import { join } from 'node:path';
import { fail } from '../npm/scripts/run.js';
import { readFlags } from './flags.js';
import { keyPair } from './keypair.js';
import { makeHot } from './measure/pages.js';
import { cost } from './measure/command.js';
import { contest } from './measure/pairs.js';
import { build, command } from './ours.js';
import { pythonTool } from './peers/python.js';
import { DatedRecord } from './record/record.js';
import { SET_NAMES } from './sets/sets.js';
import { stored } from './sets/store.js';
import { TARGETS } from './targets.js';

const flags = readFlags();
build();
const python = pythonTool(flags.cache) ?? fail('the Python tool cannot be installed here: there is nothing to compare');
const { folder: scratch, privateKey, publicKey } = keyPair();
const record = new DatedRecord('signatures', {
  title: 'Signing and verifying with a key, hot page cache',
  unit: 'CPU seconds, less is better',
  flags,
  peers: { 'Python tool': python.version },
});
record.note('Whole commands, from their start to the written signature or the verdict; P-256.');
record.note('CPU is user and system time of the whole process tree; ratios are medians of pairs run in alternation.');
for (const name of SET_NAMES) compare(stored(name, flags));
record.write();

/** @param {import('./sets/store.js').StoredSet} set */
function compare({ name, title, folder, bytes }) {
  makeHot(folder);
  const [ours, theirs] = [join(scratch, 'ours.sig'), join(scratch, 'theirs.sig')];
  const alternatives = [
    {
      name: 'ours, sign',
      command: command('sign', 'key', folder, '--private-key', privateKey, '--signature', ours),
    },
    { name: 'Python tool, sign', command: python.sign(folder, privateKey, theirs) },
    {
      name: 'ours, verify',
      command: command('verify', 'key', folder, '--public-key', publicKey, '--signature', ours),
    },
    { name: 'Python tool, verify', command: python.verify(folder, publicKey, theirs) },
  ];
  // Whichever comes first in a round, there is a signature to verify.
  for (const { name: step, command: once } of alternatives) if (step.endsWith('sign')) cost(once);
  const result = contest(alternatives, {
    rounds: flags.rounds,
    onCost: (alternative, round, found) => record.sample({ set: name, alternative, round, ...found }),
  });
  const group = `${name}: ${title}, ${(bytes / 1e9).toFixed(1)} GB`;
  for (const { name: label } of alternatives) {
    record.bar({ group, label, value: result.of(label, 'cpu').value, isOurs: label.startsWith('ours') });
    record.found({ what: `${name}, ${label}: CPU`, ...result.of(label, 'cpu'), unit: 's' });
    record.found({ what: `${name}, ${label}: wall`, ...result.of(label, 'wall'), unit: 's' });
    record.found({ what: `${name}, ${label}: peak memory`, value: result.of(label, 'peak').value / 1e6, unit: 'MB' });
  }
  for (const step of ['sign', 'verify']) {
    const pair = /** @type {const} */ ([`ours, ${step}`, `Python tool, ${step}`]);
    record.found({ what: `${name}, ${step}: CPU`, ...result.ratio(...pair, 'cpu'), unit: '×', bound: TARGETS[name] });
    if (name !== 'b') continue;
    const wall = result.ratio(...pair, 'wall');
    record.found({ what: `b, ${step}: wall`, ...wall, unit: '×', bound: TARGETS.bWall });
  }
}
