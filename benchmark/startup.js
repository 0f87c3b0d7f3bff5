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
const contestants = [
  { name: 'node -e 0', command: bareNode() },
  { name: 'an empty ES module', command: /** @type {const} */ ([process.execPath, empty]) },
  { name: 'ours, --version', command: command('--version') },
  { name: 'ours, digest of 4 bytes', command: command('digest', model) },
  { name: 'ours, sign 4 bytes', command: command('sign', 'key', model, '--private-key', privateKey, ...signature) },
  { name: 'ours, verify 4 bytes', command: command('verify', 'key', model, '--public-key', publicKey, ...signature) },
];
cost(command('sign', 'key', model, '--private-key', privateKey, ...signature));
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
for (const step of ['digest of', 'sign', 'verify']) {
  const ratio = result.ratio(`ours, ${step} 4 bytes`, 'node -e 0', 'cpu');
  record.found({ what: `${step} 4 bytes against node -e 0`, ...ratio, unit: '×', bound: tiny });
}
record.write();
