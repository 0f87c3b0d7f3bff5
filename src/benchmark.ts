// SPDX-License-Identifier: Apache-2.0
// What limits hashing on this machine, or of one model, and what each option would give.

import { modelPath } from './digest.js';
import type { Logger } from './log.js';
import type { Benchmark, BenchmarkProgress, ResolvedBenchmark } from './measuring/answer.js';
import { OptionReader } from './option-reader.js';
import { type ManifestOptions, resolveOptions } from './options.js';

/** Everything `benchmark` can be told. */
export interface BenchmarkOptions extends Pick<
  ManifestOptions,
  'ignorePaths' | 'ignoreGitPaths' | 'allowSymlinks' | 'allowExternalSymlinks'
> {
  /**
   * Milliseconds it should take, about; listing the model and making sample data come on top.
   * @default 15000
   */
  readonly duration?: number;
  /**
   * Hashing threads that the options are compared with.
   * @default as many as this process may use, container limits included
   */
  readonly threads?: number;
  /** Stops it when it is aborted; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called when something else is measured. */
  readonly onProgress?: (progress: BenchmarkProgress) => void;
  /**
   * Takes remarks that are neither the answer nor an error.
   * @default a logger that says nothing
   */
  readonly logger?: Logger;
}

const DURATION = 15_000;
const LONGEST = 3_600_000;

/** What `digest` takes by the same names. */
const SHARED = [
  'ignorePaths',
  'ignoreGitPaths',
  'allowSymlinks',
  'allowExternalSymlinks',
  'threads',
  'signal',
  'logger',
];

/**
 * Measures this machine, and a model on it if one is given: what limits hashing, and what each option would give. Of a
 * large model only some parts are read. Nothing is ever written into a model; but what was measured from the disk is no
 * longer in the page cache afterwards. Without a model, sample data is made in a temporary folder, and removed.
 *
 * @param model - The model's folder, or its one file: a path or a `file:` URL.
 * @param options - How to go about it.
 * @throws As `digest` does.
 */
export async function benchmark(model?: string | URL, options: BenchmarkOptions = {}): Promise<Benchmark> {
  const path = model === undefined ? undefined : modelPath(model);
  const resolved = resolve(options);
  const { measure } = await import('./measuring/measure.js');
  return measure(path, resolved);
}

function resolve(options: BenchmarkOptions): ResolvedBenchmark {
  const given = new OptionReader(options);
  const duration = given.count('duration', LONGEST, 'a whole number of milliseconds, at most an hour') ?? DURATION;
  const onStep = given.take('onProgress', isListener, 'a function') ?? (() => {});
  const shared = SHARED.map((name) => [name, given.take(name, isAnything, 'anything')] as const);
  given.end();
  return { ...resolveOptions(Object.fromEntries(shared)), duration, onStep };
}

/** `resolveOptions` looks at the value. */
function isAnything(value: unknown): value is unknown {
  return value !== undefined;
}

function isListener(value: unknown): value is (progress: BenchmarkProgress) => void {
  return typeof value === 'function';
}
