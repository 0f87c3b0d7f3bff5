// SPDX-License-Identifier: Apache-2.0
// How much CPU does the finished command take for each data set, against programs that read and hash the same files?
import { readFlags } from './flags.js';
import { makeHot } from './measure/pages.js';
import { contest } from './measure/pairs.js';
import { build, command } from './ours.js';
import { pythonTool } from './peers/python.js';
import { tools } from './peers/tools.js';
import { DatedRecord } from './record/record.js';
import { SET_NAMES } from './sets/sets.js';
import { stored } from './sets/store.js';
import { TARGETS } from './targets.js';

/** Programs that compute the same SHA-256 digests. */
const SAME_DIGESTS = ['sha256sum', 'openssl', 'Python tool'];

const flags = readFlags();
build();
const python = pythonTool(flags.cache);
const others = tools(flags.cache, { install: true });
const record = new DatedRecord('commands', {
  title: 'Whole commands, hot page cache',
  unit: 'CPU seconds, less is better',
  flags,
  peers: Object.fromEntries(
    [...others, ...(python ? [{ ...python, name: 'Python tool' }] : [])].map((peer) => [peer.name, peer.version]),
  ),
});
record.note('CPU is user and system time of the whole process tree; ratios are medians of pairs run in alternation.');
record.note(
  'Python tool: its hash step through its public interface, for it has no command that only hashes; its imports count.',
);
record.note(
  'sha256sum, openssl and b3sum are handed the files by find and xargs, print a line per file, and use one core, b3sum all; none makes a manifest.',
);
record.note(
  'b3sum computes BLAKE3, another digest: it shows what reading costs when hashing is cheap, and has no target.',
);
for (const name of SET_NAMES) compare(stored(name, flags));
record.write();

/** @param {import('./sets/store.js').StoredSet} set */
function compare({ name, title, folder, bytes }) {
  makeHot(folder);
  const alternatives = [
    { name: 'ours', command: command('digest', folder) },
    ...(name === 'a' ? ownChoices(folder) : []),
    ...(python ? [{ name: 'Python tool', command: python.hashStep(folder) }] : []),
    ...others.map((tool) => ({ name: tool.name, command: tool.overFiles(folder) })),
  ];
  const result = contest(alternatives, {
    rounds: flags.rounds,
    onCost: (alternative, round, cost) => record.sample({ set: name, alternative, round, ...cost }),
  });
  const group = `${name}: ${title}, ${(bytes / 1e9).toFixed(1)} GB`;
  for (const { name: label } of alternatives) {
    const { value } = result.of(label, 'cpu');
    record.bar({ group, label, value, isOurs: label.startsWith('ours') });
    record.found({ what: `${name}, ${label}: CPU`, ...result.of(label, 'cpu'), unit: 's' });
    record.found({ what: `${name}, ${label}: wall`, ...result.of(label, 'wall'), unit: 's' });
    record.found({ what: `${name}, ${label}: peak memory`, value: result.of(label, 'peak').value / 1e6, unit: 'MB' });
  }
  judge(name, result);
}

/** @param {string} folder */
function ownChoices(folder) {
  return [
    { name: 'ours, shards', command: command('digest', folder, '--serialization', 'shards') },
    { name: 'ours, one thread', command: command('digest', folder, '--threads', '1') },
  ];
}

/**
 * Holds our run against the best of those that compute the same digests, and against the Python tool.
 * @param {import('./sets/sets.js').SetName} name
 * @param {import('./measure/pairs.js').Contest} result
 */
function judge(name, result) {
  const peers = SAME_DIGESTS.filter((peer) => peer in result.costs);
  const smallFiles = name === 'c' || name === 'd';
  for (const peer of peers) {
    const bound = smallFiles && peer !== 'Python tool' ? {} : { bound: TARGETS[name] };
    record.found({ what: `${name}: CPU against ${peer}`, ...result.ratio('ours', peer, 'cpu'), unit: '×', ...bound });
  }
  if (name === 'b' && python) {
    const wall = result.ratio('ours', 'Python tool', 'wall');
    record.found({ what: 'b: wall against Python tool', ...wall, unit: '×', bound: TARGETS.bWall });
  }
  if (name === 'a') {
    const [cpu, wall] = [TARGETS.shardsCpu, TARGETS.shardsWall];
    const pair = /** @type {const} */ (['ours, shards', 'ours, one thread']);
    record.found({ what: 'a, shards: CPU against one thread', ...result.ratio(...pair, 'cpu'), unit: '×', bound: cpu });
    record.found({
      what: 'a, shards: wall against one thread',
      ...result.ratio(...pair, 'wall'),
      unit: '×',
      bound: wall,
    });
  }
}
