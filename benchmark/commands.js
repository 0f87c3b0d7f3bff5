// SPDX-License-Identifier: Apache-2.0
// How fast are digest, sign and verify, whole and in the page cache, against programs that do the same with the same
// files?
import { readFlags } from './flags.js';
import { makeHot } from './measure/pages.js';
import { contest } from './measure/pairs.js';
import { guess, guessMaking, take } from './measure/plan.js';
import { build, command } from './ours.js';
import { signers } from './peers/signers.js';
import { tools } from './peers/tools.js';
import { DatedRecord } from './record/record.js';
import { SET_NAMES, dataSet } from './sets/sets.js';
import { stored } from './sets/store.js';
import { TARGETS } from './targets.js';

/** Programs that compute the same SHA-256 digests. */
const SAME_DIGESTS = ['sha256sum', 'openssl'];
/** Where sha256sum has no SHA instructions it takes minutes for these; `--full` measures it all the same. */
const ONLY_FULL = { sha256sum: ['b', 'e'] };

const flags = readFlags({ more: ['minutes'] });
build(flags);
const record = new DatedRecord('commands', {
  title: 'Whole commands, hot page cache',
  unit: 'CPU seconds, less is better',
  flags,
});
const [ours, ...others] = signers(flags, (what) => record.skipped(what));
const hashers = tools(flags.cache, { install: true });
for (const name of [...SAME_DIGESTS, 'b3sum'])
  if (!hashers.some((tool) => tool.name === name)) record.skipped(`${name}: it is not here`);
record.versions(Object.fromEntries([...others, ...hashers].map(({ name, version }) => [name, version])));
record.note('CPU is user and system time of the whole process tree; ratios are medians of pairs run in alternation.');
record.note('Signing and verifying: from the start of the command to the written signature or the verdict; P-256.');
record.note(
  'sha256sum, openssl and b3sum are handed the files by find and xargs, print a line per file, and use one core, b3sum all; none makes a manifest.',
);
record.note(
  'b3sum computes BLAKE3, another digest: it shows what reading costs when hashing is cheap, and has no target.',
);
if (!flags.full) record.note('sha256sum is not measured on b and e, where it does the same as on a: --full does.');
take(
  SET_NAMES.map((name) => ({
    what: `data set ${name}`,
    seconds: seconds(name),
    run: () => compare(stored(name, flags)),
  })),
  { minutes: Number(flags.more['minutes'] ?? 25), skipped: (what) => record.skipped(what) },
);
record.write();

/** @param {import('./sets/sets.js').SetName} name */
function seconds(name) {
  const { bytes, files } = dataSet(name, flags.scale);
  const model = { bytes, files: files.length };
  const signing = [ours, ...others].flatMap((tool) => [tool.name, tool.name]);
  const choices = name === 'a' ? guess('ours', { ...model, threads: 1 }) : 0;
  const once = [...signing, ...hashersFor(name).map((tool) => tool.name), 'ours'].map((tool) =>
    guess(/** @type {import('./measure/plan.js').Tool} */ (tool), model),
  );
  return (once.reduce((sum, part) => sum + part, 0) + choices) * flags.rounds + guessMaking(model);
}

/** @param {import('./sets/store.js').StoredSet} set */
function compare({ name, title, folder, bytes }) {
  makeHot(folder);
  const alternatives = [
    { name: 'ours, digest', command: command('digest', folder) },
    ...(name === 'a' ? ownChoices(folder) : []),
    ...hashersFor(name).map((tool) => ({ name: tool.name, command: tool.overFiles(folder) })),
    ...[ours, ...others].flatMap((tool) => [tool.sign(folder), tool.verify(folder)]),
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
  judgeDigest(name, result);
  for (const tool of others) judgeSignatures(name, tool.name, result);
}

/** @param {string} folder */
function ownChoices(folder) {
  return [
    { name: 'ours, shards', command: command('digest', folder, '--serialization', 'shards') },
    { name: 'ours, one thread', command: command('digest', folder, '--threads', '1') },
  ];
}

/** @param {import('./sets/sets.js').SetName} set */
function hashersFor(set) {
  const slow = flags.full ? [] : ONLY_FULL.sha256sum;
  return hashers.filter(({ name }) => name !== 'sha256sum' || !slow.includes(set));
}

/**
 * Holds the digest against programs that compute the same ones, and against our own other choices.
 * @param {import('./sets/sets.js').SetName} name
 * @param {import('./measure/pairs.js').Contest} result
 */
function judgeDigest(name, result) {
  const smallFiles = name === 'c' || name === 'd';
  for (const peer of SAME_DIGESTS.filter((each) => each in result.costs)) {
    const ratio = result.ratio('ours, digest', peer, 'cpu');
    record.found({
      what: `${name}: CPU against ${peer}`,
      ...ratio,
      unit: '×',
      ...(!smallFiles && { bound: TARGETS[name] }),
    });
  }
  if (name !== 'a') return;
  for (const [word, part, bound] of /** @type {const} */ ([
    ['CPU', 'cpu', TARGETS.shardsCpu],
    ['wall', 'wall', TARGETS.shardsWall],
  ])) {
    const ratio = result.ratio('ours, shards', 'ours, one thread', part);
    record.found({ what: `a, shards: ${word} against one thread`, ...ratio, unit: '×', bound });
  }
}

/**
 * Holds signing and verifying against a tool that does both.
 * @param {import('./sets/sets.js').SetName} name
 * @param {import('./peers/signers.js').Name} tool
 * @param {import('./measure/pairs.js').Contest} result
 */
function judgeSignatures(name, tool, result) {
  const smallFiles = name === 'c' || name === 'd';
  const go = tool === 'Go tool';
  const bound = smallFiles && go ? { c: TARGETS.cGo, d: TARGETS.dGo }[name] : TARGETS[name];
  for (const step of ['sign', 'verify']) {
    const pair = /** @type {const} */ ([`ours, ${step}`, `${tool}, ${step}`]);
    record.found({ what: `${name}, ${step}: CPU against ${tool}`, ...result.ratio(...pair, 'cpu'), unit: '×', bound });
    if (name !== 'b') continue;
    const wall = result.ratio(...pair, 'wall');
    const wallBound = go ? TARGETS.bWallGo : TARGETS.bWall;
    record.found({ what: `b, ${step}: wall against ${tool}`, ...wall, unit: '×', bound: wallBound });
  }
}
