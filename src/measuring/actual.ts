// SPDX-License-Identifier: Apache-2.0
// Ways to hash a model that are quick enough are not estimated but done: the whole of `digest`, as a user has it.

import type { Median } from './answer.js';
import { digestModel } from '../digest.js';
import { type ListedModel, forgetParts } from '../native.js';
import type { ResolvedOptions } from '../options.js';
import type { Source, Way } from './forecast.js';
import { type Probe, measureInTurn, medianOf } from './rounds.js';
import { bytesOf, numbersOf } from './space.js';

/** The model, and how it is listed. */
export interface Target {
  readonly path: string;
  readonly model: ListedModel;
  readonly sizes: ArrayLike<number>;
  /** Seconds to list it. */
  readonly listing: number;
  readonly options: ResolvedOptions;
}

/** One way from one place, and what it is expected to take. */
export interface Trial {
  readonly way: Way;
  readonly source: Source;
  readonly estimate: number;
}

/** How often each is run at least, the one that does not count included. */
const RUNS = 4;

/** As many of the first trials as there is time for, measured; the page cache has to hold the whole model. */
export async function measureTrials(
  target: Target,
  trials: readonly Trial[],
  seconds: number,
  onStep: (share: number, name: string) => void,
): Promise<ReadonlyMap<Trial, Median>> {
  const affordable = within(trials, seconds);
  const found = new Map<Trial, Median>();
  // What comes from the disk last: it takes the model out of the page cache.
  for (const source of ['cache', 'disk'] as const) {
    const own = affordable.filter((trial) => trial.source === source);
    if (own.length === 0) continue;
    if (source === 'cache') await digestModel(target.path, { ...target.options, fillCache: true });
    const share = sumOf(own) / sumOf(affordable);
    const timings = await measureInTurn(
      own.map((trial) => probeOf(target, trial)),
      seconds * share,
      onStep,
    );
    for (const [index, trial] of own.entries()) {
      const figures = (timings[index] ?? []).map((timing) => timing.seconds);
      if (figures.length > 0) found.set(trial, medianOf(figures));
    }
  }
  return found;
}

function within(trials: readonly Trial[], seconds: number): Trial[] {
  let left = seconds;
  return trials.filter(({ estimate }) => {
    const cost = estimate * RUNS;
    if (cost > left) return false;
    left -= cost;
    return true;
  });
}

function probeOf({ path, model, sizes, options }: Target, { way, source }: Trial): Probe {
  const all = Array.from(sizes, (size, file) => ({ file, start: 0, end: size }));
  const whole = numbersOf(all);
  const { shardSize, ...rest } = way;
  const own: ResolvedOptions = {
    ...options,
    ...rest,
    shardSize,
    serialization: shardSize === undefined ? 'files' : 'shards',
  };
  return {
    name: source === 'cache' ? 'the whole model, in the page cache' : 'the whole model, on the disk',
    least: 1,
    most: 1,
    run: async () => {
      const isCached = source === 'disk' && (await forgetParts(model, whole, options.signal)) * 4 > bytesOf(all);
      if (isCached) return undefined;
      const started = performance.now();
      await digestModel(path, own);
      return { bytes: 0, seconds: (performance.now() - started) / 1000 };
    },
  };
}

function sumOf(trials: readonly Trial[]): number {
  return trials.reduce((sum, { estimate }) => sum + estimate, 0);
}
