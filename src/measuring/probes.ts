// SPDX-License-Identifier: Apache-2.0
// What is measured: kernels in memory; large files from the page cache and from the disk; small files.

import type { KernelSpeed, ReadingSpeed, SmallFileCost } from './answer.js';
import { type ListedModel, type PartsRequest, forgetParts, hashParts, measureKernel } from '../native.js';
import { HASH_ALGORITHMS, type HashAlgorithm } from '../options.js';
import type { Probe, Timing } from './rounds.js';
import { type Part, bytesOf, cut, fromRows, numbersOf } from './space.js';

/** What probes need to know of the machine. */
export interface Cores {
  readonly threads: number;
  readonly streams: Readonly<Record<HashAlgorithm, number>>;
}

/** A probe, and what its figures stand for. */
export interface Measurement<T> {
  readonly probe: Probe;
  readonly stands: T;
}

type Kernel = Pick<KernelSpeed, 'hashAlgorithm' | 'streams' | 'threads'>;
type Reading = Pick<ReadingSpeed, 'source' | 'manner' | 'hashAlgorithm' | 'streams' | 'threads'>;
type SmallFiles = Pick<SmallFileCost, 'source' | 'threads'>;

const MIB = 2 ** 20;

/** Fewer small files than this are hashed all at once, whatever the time allows. */
const LEAST_FILES = 50;

/** Each algorithm with one stream and with as many as a core gains from; then more and more cores. */
export function kernelMeasurements(cores: Cores, signal: AbortSignal | undefined): Measurement<Kernel>[] {
  const counts = [2, 4, 8, 16, 32, 64, 128, 256, 512].filter((count) => count < cores.threads);
  const onCores = [...counts, cores.threads].filter((count) => count > 1);
  const kernels: Kernel[] = HASH_ALGORITHMS.flatMap((hashAlgorithm) =>
    [...new Set([1, cores.streams[hashAlgorithm]])].map((streams) => ({ hashAlgorithm, streams, threads: 1 })),
  );
  kernels.push(
    ...onCores.map((threads) => ({ hashAlgorithm: 'sha256' as const, streams: cores.streams.sha256, threads })),
  );
  return kernels.map((stands) => ({
    stands,
    probe: {
      name: `${stands.hashAlgorithm} in memory`,
      least: 4 * MIB,
      most: 1024 * MIB,
      run: async (amount) => measureKernel({ ...stands, portions: Math.max(1, Math.round(amount / MIB)) }, signal),
    },
  }));
}

/** Files of a model, to be measured. */
export interface Space {
  readonly model: ListedModel;
  readonly parts: readonly Part[];
  readonly signal: AbortSignal | undefined;
}

/** Large files in the page cache: the whole space has to be there. */
export function cacheMeasurements(space: Space, cores: Cores): Measurement<Reading>[] {
  const onCores = (hashAlgorithm: HashAlgorithm, manner: 'map' | 'copy'): Reading[] => {
    const streams = cores.streams[hashAlgorithm];
    const all = [
      { streams: 1, threads: 1 },
      { streams, threads: 1 },
      { streams, threads: cores.threads },
    ];
    return unique(all).map(({ streams: own, threads }) => ({
      source: 'cache',
      manner,
      hashAlgorithm,
      streams: own,
      threads,
    }));
  };
  const readings = [...HASH_ALGORITHMS.flatMap((name) => onCores(name, 'map')), ...onCores('sha256', 'copy')];
  return readings.map((stands) => ({ stands, probe: readingProbe(space, stands) }));
}

/** Large files on the disk, where they can be brought there. */
export function diskMeasurements(space: Space, { threads, streams }: Cores): Measurement<Reading>[] {
  const one = { streams: 1, threads: 1, hashAlgorithm: 'sha256' as const };
  const all = { streams: streams.sha256, threads, hashAlgorithm: 'sha256' as const };
  const blake3 = { streams: streams.blake3, threads, hashAlgorithm: 'blake3' as const };
  const [direct, buffered] = [
    { source: 'disk', manner: 'direct' },
    { source: 'disk', manner: 'buffered' },
  ] as const;
  const readings: Reading[] = [
    { ...direct, ...one },
    { ...direct, ...all },
    { ...direct, ...blake3 },
    { ...buffered, ...one },
    { ...buffered, ...all },
  ];
  return readings.map((stands) => ({ stands, probe: readingProbe(space, stands) }));
}

function readingProbe(space: Space, stands: Reading): Probe {
  const { hashAlgorithm, manner, streams, threads, source } = stands;
  const request: PartsRequest = {
    hashAlgorithm,
    streams,
    threads,
    mmap: manner !== 'copy',
    fillCache: manner === 'buffered',
  };
  const place = source === 'cache' ? 'in the page cache' : 'on the disk';
  return {
    name: `${hashAlgorithm} of large files ${place}`,
    least: 16 * MIB,
    most: Math.min(bytesOf(space.parts), 4096 * MIB),
    // A different place in each round, so that no cache beneath the disk makes it look faster.
    run: async (amount, round) => {
      const parts = cut(space.parts, streams * threads, amount, source === 'disk' ? (round * 0.382) % 1 : 0);
      return run(space, parts, request, source);
    },
  };
}

/** Small files of a model, in rows of neighbours. */
export interface Rows extends Omit<Space, 'parts'> {
  readonly rows: readonly Part[][];
}

/** Some small files, whole: on one thread and on all. */
export function smallMeasurements(
  { rows, ...space }: Rows,
  source: 'cache' | 'disk',
  { threads }: Cores,
): Measurement<SmallFiles>[] {
  const files = rows.reduce((sum, row) => sum + row.length, 0);
  return unique([{ threads: 1 }, { threads }]).map((kind) => ({
    stands: { source, ...kind },
    probe: {
      name: `small files ${source === 'cache' ? 'in the page cache' : 'on the disk'}`,
      least: Math.min(files, LEAST_FILES),
      most: files,
      run: async (amount) => {
        const parts = fromRows(rows, amount);
        const request = { hashAlgorithm: 'sha256', mmap: true, fillCache: false, ...kind };
        const timing = await run(space, parts, request, source);
        return timing && { bytes: parts.length, seconds: timing.seconds };
      },
    },
  }));
}

/** Nothing when the page cache does not let go of what is to come from the disk. */
async function run(
  { model, signal }: Omit<Space, 'parts'>,
  parts: readonly Part[],
  request: PartsRequest,
  source: 'cache' | 'disk',
): Promise<Timing | undefined> {
  const numbers = numbersOf(parts);
  if (source === 'disk' && (await forgetParts(model, numbers, signal)) * 4 > bytesOf(parts)) return undefined;
  return hashParts(model, numbers, request, signal);
}

function unique<T extends object>(kinds: readonly T[]): T[] {
  return [...new Map(kinds.map((kind) => [JSON.stringify(kind), kind])).values()];
}
