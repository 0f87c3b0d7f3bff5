// SPDX-License-Identifier: Apache-2.0
// What do more threads and smaller shards give, and what do they cost?
import os from 'node:os';
import { readFlags } from './flags.js';
import { makeHot } from './measure/pages.js';
import { contest } from './measure/pairs.js';
import { build, command } from './ours.js';
import { DatedRecord } from './record/record.js';
import { stored } from './sets/store.js';

const SHARDS = ['1GB', '256MB', '64MB', '16MB', '1MB'];

const flags = readFlags();
build();
const record = new DatedRecord('threads', { title: 'Threads and shards, hot', unit: 'seconds, less is better', flags });
record.note('CPU that grows with threads is what they cost; wall time that falls is what they give.');
const one = stored('a', flags).folder;
const eight = stored('b', flags).folder;
const most = os.availableParallelism();
const counts = [1, 2, 4, 8, 16, 32, 64].filter((count) => count <= 2 * most);
compare(
  'b, whole files',
  eight,
  counts.map((count) => [`threads: ${count}`, '--threads', `${count}`]),
);
compare(
  'a, shards',
  one,
  SHARDS.map((size) => [`shards of ${size}`, '--shard-size', size]),
);
record.write();

/**
 * @param {string} group
 * @param {string} folder
 * @param {string[][]} choices
 */
function compare(group, folder, choices) {
  makeHot(folder);
  const alternatives = choices.map(([name = '', ...args]) => ({ name, command: command('digest', folder, ...args) }));
  const result = contest(alternatives, {
    rounds: flags.rounds,
    onCost: (alternative, round, cost) => record.sample({ group, alternative, round, ...cost }),
  });
  for (const { name } of alternatives) {
    for (const part of /** @type {const} */ (['cpu', 'wall'])) {
      const found = result.of(name, part);
      const word = part === 'cpu' ? 'CPU' : 'wall';
      record.bar({ group: `${group}: ${word}`, label: name, value: found.value, isOurs: true });
      record.found({ what: `${group}, ${name}: ${word}`, ...found, unit: 's' });
    }
  }
}
