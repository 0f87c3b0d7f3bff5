// SPDX-License-Identifier: Apache-2.0
// What smaller shards give one large file, and what they cost: from the whole file to a hundred kilobytes.
import { makeHot } from '../measure/pages.js';
import { contest } from '../measure/pairs.js';
import { guess, guessMaking } from '../measure/plan.js';
import { command } from '../ours.js';
import { dataSet } from '../sets/sets.js';
import { stored } from '../sets/store.js';

const SIZES = [100e3, 1e6, 10e6, 100e6, 1e9];

/**
 * @param {Pick<import('./model.js').Context, 'flags' | 'record'>} context
 * @returns {import('../measure/plan.js').Step[]}
 */
export function shards({ flags, record }) {
  record.note('Shards: data set a, one file. The size of the file stands for no shards: one stream on one core.');
  const point = record.curves({
    file: 'shards',
    title: 'Digest of one file by size of shards',
    x: { name: 'bytes of a shard', unit: 'B' },
    y: { name: 'time of the whole command', unit: 's' },
  });
  const { bytes } = dataSet('a', flags.scale);
  const once = guess('ours', { bytes, files: 1 }) * SIZES.length + 2 * guess('ours', { bytes, files: 1, threads: 1 });
  return [{ what: 'shards: a', seconds: once * flags.rounds + guessMaking({ bytes, files: 1 }), run }];

  function run() {
    const { folder } = stored('a', flags);
    makeHot(folder);
    const alternatives = [
      ...SIZES.filter((size) => size < bytes).map((size) => ({ size, args: ['--shard-size', `${size}`] })),
      { size: bytes, args: [] },
    ].map(({ size, args }) => ({ size, name: `${size}`, command: command('digest', folder, ...args) }));
    const result = contest(alternatives, {
      rounds: flags.rounds,
      onCost: (alternative, round, cost) => record.sample({ part: 'shards', shard: alternative, round, ...cost }),
    });
    for (const { name, size } of alternatives) {
      const what = size === bytes ? 'a, whole file' : `a, shards of ${size / 1e6} MB`;
      for (const part of /** @type {const} */ (['CPU', 'wall'])) {
        const found = result.of(name, part === 'CPU' ? 'cpu' : 'wall');
        point({ series: part, x: size, y: found.value });
        record.found({ what: `${what}: ${part}`, ...found, unit: 's' });
      }
    }
  }
}
