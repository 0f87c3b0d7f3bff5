// SPDX-License-Identifier: Apache-2.0
// What to expect of a model: what limits it, and each way to hash it with its time, done where that is quick, else
// estimated. Without a model, of some that are only imagined.

import type {
  BenchmarkForecast,
  BenchmarkLimit,
  BenchmarkMachine,
  BenchmarkOption,
  Median,
  ResolvedBenchmark,
} from './answer.js';
import { type Target, type Trial, measureTrials } from './actual.js';
import { type Source, type Speeds, type Subject, bytesIn, forecast, subjectOf } from './forecast.js';
import { limitOf } from './limits.js';
import { type Outcome, slowdown, timesOf } from './times.js';
import { type NamedWay, recommended, waysFor } from './ways.js';

/** What forecasts are made of. */
export interface Facts {
  readonly speeds: Speeds;
  readonly machine: BenchmarkMachine;
  readonly options: ResolvedBenchmark;
}

/** The least time for whole runs, whatever the rest took; in seconds. */
const LEAST_FOR_TRIALS = 0.02;

/** More of the memory than this is not counted on to hold a model. */
const CACHEABLE = 0.5;

/** Of a model that is there. */
export async function forecastOfModel(target: Target, facts: Facts, started: number): Promise<BenchmarkForecast> {
  const { options, speeds, machine } = facts;
  const subject = subjectOf(target.sizes, target.listing);
  const source = sourceOf(subject, facts);
  const ways = waysFor(subject, speeds, options.threads ?? machine.cores, source);
  const fits = bytesIn(subject) <= machine.availableMemory * CACHEABLE;
  const left = (options.duration - (performance.now() - started)) / 1000;
  const seconds = Math.max(LEAST_FOR_TRIALS, left + target.model.seconds);
  const trials = fits ? trialsOf(subject, ways, speeds) : [];
  const onStep = (share: number, step: string): void => options.onStep({ step, share: 0.8 + share * 0.2 });
  const done = await measureTrials(target, trials, seconds, onStep);
  return outlook(subject, ways, facts, source, done, {
    model: target.model.modelName,
    largest: largestOf(target),
  });
}

/** Models that people have, in bytes of their files. */
const IMAGINED: readonly { readonly model: string; readonly sizes: readonly number[] }[] = [
  { model: 'one file of 10 GB', sizes: [10e9] },
  { model: 'eight files of 1.25 GB', sizes: Array.from({ length: 8 }, () => 1.25e9) },
  { model: '100000 files of 16 KiB', sizes: Array.from({ length: 100_000 }, () => 16_384) },
];

/** Of models that are only imagined. */
export function forecastsOfImagined(listing: number, facts: Facts): BenchmarkForecast[] {
  return IMAGINED.map(({ model, sizes }) => {
    const subject = subjectOf(sizes, listing * sizes.length);
    const source = sourceOf(subject, facts);
    const ways = waysFor(subject, facts.speeds, facts.options.threads ?? facts.machine.cores, source);
    const largest = { name: null, bytes: sizes[0] ?? 0 };
    return outlook(subject, ways, facts, source, new Map(), { model, largest });
  });
}

/** Where a model mostly comes from: what does not fit into memory comes from the disk each time. */
function sourceOf(subject: Subject, { speeds, machine }: Facts): Source {
  const usual = { hashAlgorithm: 'sha256', threads: machine.cores, mmap: true, fillCache: false } as const;
  const fits = bytesIn(subject) <= machine.availableMemory;
  return !fits && forecast(subject, usual, speeds, 'disk') !== undefined ? 'disk' : 'cache';
}

/** The most telling first: all ways from the page cache, then all from the disk. */
function trialsOf(subject: Subject, ways: readonly NamedWay[], speeds: Speeds): Trial[] {
  return (['cache', 'disk'] as const).flatMap((source) =>
    ways.flatMap(({ way }) => {
      const estimate = forecast(subject, way, speeds, source);
      return estimate === undefined ? [] : [{ way, source, estimate }];
    }),
  );
}

function outlook(
  subject: Subject,
  ways: readonly NamedWay[],
  { speeds }: Facts,
  source: Source,
  done: ReadonlyMap<Trial, Median>,
  about: Pick<BenchmarkForecast, 'model' | 'largest'>,
): BenchmarkForecast {
  const [usual] = ways;
  const ofAll = (place: Source) => {
    const outcomes = ways.map(({ way }) => ({
      estimate: forecast(subject, way, speeds, place),
      measured: [...done].find(([trial]) => trial.way === way && trial.source === place)?.[1],
    }));
    const limit = usual && limitOf(subject, usual.way, speeds, place);
    return { times: timesOf(outcomes), limit: limit ? scaled(limit, outcomes[0]) : null };
  };
  const [cached, onDisk] = [ofAll('cache'), ofAll('disk')];
  const options = ways.map((named, index): BenchmarkOption & NamedWay => ({
    ...named,
    changesDigest: named.way.shardSize !== undefined || named.way.hashAlgorithm !== 'sha256',
    cache: cached.times[index] ?? null,
    disk: onDisk.times[index] ?? null,
  }));
  const best = recommended(options.map((option) => ({ ...option, seconds: option[source]?.seconds })));
  return {
    ...about,
    files: subject.large.length + subject.small.files,
    bytes: bytesIn(subject),
    smallFiles: subject.small.files,
    limits: { cache: cached.limit, disk: onDisk.limit },
    options: options.map(({ flags, changesDigest, cache, disk }) => ({ flags, changesDigest, cache, disk })),
    recommended: { source, flags: best?.flags ?? [] },
  };
}

/** On the scale of the times beside it. */
function scaled({ limit, seconds, secondsWithout }: BenchmarkLimit, usual: Outcome | undefined): BenchmarkLimit {
  const slower = usual === undefined ? 1 : slowdown(usual);
  return { limit, seconds: seconds * slower, secondsWithout: secondsWithout * slower };
}

function largestOf({ model, sizes }: Target): BenchmarkForecast['largest'] {
  let largest = 0;
  for (let file = 1; file < sizes.length; file += 1) if ((sizes[file] ?? 0) > (sizes[largest] ?? 0)) largest = file;
  return { name: model.fileName(largest), bytes: sizes[largest] ?? 0 };
}
