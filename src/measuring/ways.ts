// SPDX-License-Identifier: Apache-2.0
// Which ways to hash a model are worth looking at, and which one to recommend. Every one of them is as safe as the
// others: whole files and shards, and all algorithms of the registry, bind every byte.

import { type Source, type Speeds, type Subject, type Way, forecast } from './forecast.js';

/** One way, and how it is asked for. */
export interface NamedWay {
  /** The flags of the command; none for what it does by itself. */
  readonly flags: readonly string[];
  readonly way: Way;
}

/** Sizes that people write down, largest first. */
const SHARD_SIZES = [1e9, 512e6, 256e6, 128e6, 64e6];

/** A smaller shard has to be this much better than a larger one: more shards are more to record. */
const WORTH_SMALLER = 0.9;

/** A way that records something else than the usual has to be this much faster to be recommended. */
const WORTH_SHARDS = 0.8;
const WORTH_ALGORITHM = 0.7;

/** What is done when nothing is asked for, then each thing that could be. */
export function waysFor(subject: Subject, speeds: Speeds, threads: number, source: Source): NamedWay[] {
  const usual: Way = { hashAlgorithm: 'sha256', threads, mmap: true, fillCache: false };
  const shardSize = bestShardSize(subject, speeds, usual, source);
  const fewer = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512].filter((count) => count < threads);
  return [
    { flags: [], way: usual },
    ...(shardSize === undefined
      ? []
      : [{ flags: ['--shard-size', sizeText(shardSize)], way: { ...usual, shardSize } }]),
    { flags: ['--hash-algorithm', 'blake3'], way: { ...usual, hashAlgorithm: 'blake3' } },
    { flags: ['--hash-algorithm', 'blake2b'], way: { ...usual, hashAlgorithm: 'blake2b' } },
    ...fewer.map((count) => ({ flags: ['--threads', `${count}`], way: { ...usual, threads: count } })),
    { flags: ['--no-mmap'], way: { ...usual, mmap: false } },
    { flags: ['--fill-cache'], way: { ...usual, fillCache: true } },
  ];
}

/** The largest that is as good as any; nothing where no file is large enough to be split. */
export function bestShardSize(subject: Subject, speeds: Speeds, usual: Way, source: Source): number | undefined {
  const largest = subject.large[0] ?? 0;
  const sizes = SHARD_SIZES.filter((size) => size < largest);
  const times = sizes.map((shardSize) => forecast(subject, { ...usual, shardSize }, speeds, source) ?? Infinity);
  const best = Math.min(...times);
  return sizes.find((_, index) => (times[index] ?? Infinity) * WORTH_SMALLER <= best);
}

/** How much a way takes, as far as it is known. */
export interface Timed extends NamedWay {
  readonly seconds: number | undefined;
}

/** The way to recommend: the usual one, unless another is so much faster that it is worth asking the verifiers. */
export function recommended(timed: readonly Timed[]): Timed | undefined {
  const [usual] = timed;
  const time = (found: Timed | undefined): number => found?.seconds ?? Infinity;
  const shards = timed.find(({ way }) => way.shardSize !== undefined);
  const blake3 = timed.find(({ way }) => way.hashAlgorithm === 'blake3');
  const sha256 = time(shards) < time(usual) * WORTH_SHARDS ? shards : usual;
  return time(blake3) < time(sha256) * WORTH_ALGORITHM ? blake3 : sha256;
}

/** As the command takes it. */
export function sizeText(bytes: number): string {
  return bytes % 1e9 === 0 ? `${bytes / 1e9}GB` : `${bytes / 1e6}MB`;
}
