// SPDX-License-Identifier: Apache-2.0
// What does it cost to start the command, against a Node that does nothing?
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFlags } from './flags.js';
import { keyPair } from './keypair.js';
import { cost } from './measure/command.js';
import { contest } from './measure/pairs.js';
import { bareNode, build, command } from './ours.js';
import { DatedRecord } from './record/record.js';
import { TARGETS } from './targets.js';

const flags = readFlags({ rounds: 21 });
build(flags);
const { folder, privateKey, publicKey } = keyPair();
const model = join(folder, 'weights.bin');
writeFileSync(model, 'tiny');
const signature = ['--signature', join(folder, 'model.sig')];
const empty = join(folder, 'empty.mjs');
writeFileSync(empty, '');
const record = new DatedRecord('startup', { title: 'Start-up', unit: 'CPU milliseconds, less is better', flags });
record.note('An empty ES module is the least that a command which is one can cost.');
const sign = command('sign', 'key', model, '--private-key', privateKey, ...signature);
const verify = command('verify', 'key', model, '--public-key', publicKey, ...signature);
/** @type {import('./measure/pairs.js').Alternative[]} */
const contestants = [
  { name: 'node -e 0', command: bareNode() },
  { name: 'an empty ES module', command: [process.execPath, empty] },
  { name: 'ours, --version', command: command('--version') },
  { name: 'ours, digest of 4 bytes', command: command('digest', model) },
  { name: 'ours, sign 4 bytes', command: sign },
  { name: 'ours, verify 4 bytes', command: verify },
];
// Where the machine has authorities of its own, every Node reads them before it does anything: a longer way to nothing.
const { NODE_EXTRA_CA_CERTS: authorities } = process.env;
if (authorities !== undefined) {
  /** @type {(run: import('./measure/command.js').Command) => import('./measure/command.js').Command} */
  const asSetUp = (run) => ['env', `NODE_EXTRA_CA_CERTS=${authorities}`, ...run];
  contestants.push(
    { name: 'node -e 0, with NODE_EXTRA_CA_CERTS', command: asSetUp(bareNode()) },
    { name: 'ours, sign 4 bytes, with NODE_EXTRA_CA_CERTS', command: asSetUp(sign) },
    { name: 'ours, verify 4 bytes, with NODE_EXTRA_CA_CERTS', command: asSetUp(verify) },
  );
}
cost(sign);
const result = contest(contestants, {
  rounds: flags.rounds,
  onCost: (alternative, round, found) => record.sample({ alternative, round, ...found }),
});
for (const { name } of contestants) {
  const { value, noise } = result.of(name, 'cpu');
  record.bar({ group: 'start-up', label: name, value: value * 1000, isOurs: name.startsWith('ours') });
  record.found({ what: `${name}: CPU`, value: value * 1000, noise: noise * 1000, unit: 'ms' });
}
const [version, tiny] = [TARGETS.version, TARGETS.tiny];
record.found({
  what: '--version against node -e 0',
  ...result.ratio('ours, --version', 'node -e 0', 'cpu'),
  unit: '×',
  bound: version,
});
for (const { name } of contestants.filter((contestant) => contestant.name.includes(' 4 bytes'))) {
  const [, step, ...setUp] = name.split(', ');
  const bare = ['node -e 0', ...setUp].join(', ');
  record.found({ what: `${step} against ${bare}`, ...result.ratio(name, bare, 'cpu'), unit: '×', bound: tiny });
}
record.write();
