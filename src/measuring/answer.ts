// SPDX-License-Identifier: Apache-2.0
// What a benchmark says, member by member: the library's answer, and that of the command as JSON. A contract.

import type { HashAlgorithm, ResolvedOptions } from '../options.js';

/** How far a benchmark is. */
export interface BenchmarkProgress {
  /** What is being measured. */
  readonly step: string;
  /** About how much is done, from 0 to 1. */
  readonly share: number;
}

/** The median of some runs, and how far they are from it: half of the span that the middle half of them takes. */
export interface Median {
  readonly value: number;
  readonly spread: number;
  /** How many runs. */
  readonly runs: number;
}

/** What hashes here. */
export interface BenchmarkMachine {
  /** The CPU's name, as the system has it. */
  readonly cpu: string;
  /** Threads this process may use at once, container limits included. */
  readonly cores: number;
  /** Those of the whole machine. */
  readonly coresPresent: number;
  /** How many cores others kept busy when it began: the system's load average; 0 where it has none. */
  readonly load: number;
  /** Bytes of memory that are left for this process. */
  readonly availableMemory: number;
  /** What hashes SHA-256: `sha-ni x2`, `sha2 x2` on Arm, or `portable`. */
  readonly sha256Kernel: string;
  readonly platform: string;
  readonly architecture: string;
}

/** How fast memory is hashed, without any file. In bytes a second. */
export interface KernelSpeed extends Median {
  readonly hashAlgorithm: HashAlgorithm;
  /** Messages hashed side by side on each core. */
  readonly streams: number;
  readonly threads: number;
}

/** How fast large files are read and hashed. In bytes a second. */
export interface ReadingSpeed extends Median {
  readonly source: 'cache' | 'disk';
  /** `map`: looked at in the page cache; `copy`: copied from there; `direct`: past it; `buffered`: through it. */
  readonly manner: 'map' | 'copy' | 'direct' | 'buffered';
  readonly hashAlgorithm: HashAlgorithm;
  readonly streams: number;
  readonly threads: number;
}

/** What a small file costs, its hashing by SHA-256 included. In seconds a file. */
export interface SmallFileCost extends Median {
  readonly source: 'cache' | 'disk';
  readonly threads: number;
}

/** What was measured, of what there is. */
export interface BenchmarkSample {
  /** `model`, or data made for the purpose. */
  readonly of: 'model' | 'sample data';
  readonly files: number;
  readonly bytes: number;
  /** Bytes of large files that were measured in the page cache, at different places of the model. */
  readonly measuredBytes: number;
  /** Small files that were measured; small is up to 1 MiB. */
  readonly measuredSmallFiles: number;
  /** Why nothing was measured from the disk, if that is so. */
  readonly noDisk: string | null;
}

/** How long something takes. */
export interface BenchmarkTime {
  /** Of an estimate: corrected by what the usual way took, where that was measured from the same place. */
  readonly seconds: number;
  /** `measured`: it was done, as a whole; `estimated`: from what was measured of parts. */
  readonly kind: 'measured' | 'estimated';
  /** What had been estimated. */
  readonly estimate: number;
  /** Of what was measured: half of the span that the middle half of the runs takes. */
  readonly spread: number | null;
}

/** One way to hash a model. */
export interface BenchmarkOption {
  /** The flags that ask for it; none for what happens by itself. */
  readonly flags: readonly string[];
  /** Whether it changes what is signed, so that it has to be chosen before signing. */
  readonly changesDigest: boolean;
  /** With the files in the page cache; `null` where that is not known. */
  readonly cache: BenchmarkTime | null;
  /** With the files on the disk. */
  readonly disk: BenchmarkTime | null;
}

/** What keeps it from being faster. */
export interface BenchmarkLimit {
  /**
   * `stream`: one large file, whose bytes are hashed one after the other; `cores`; `disk`; or `files`, their number.
   * It is what would shorten the time most if there were no end of it.
   */
  readonly limit: 'stream' | 'cores' | 'disk' | 'files';
  readonly seconds: number;
  /** How long it would take without. */
  readonly secondsWithout: number;
}

/** What to expect of one model. */
export interface BenchmarkForecast {
  /** The model's name, or a model that is only imagined, in words. */
  readonly model: string;
  readonly files: number;
  readonly bytes: number;
  /** Files up to 1 MiB. */
  readonly smallFiles: number;
  /** The largest file; its name is `null` where the model is imagined. */
  readonly largest: { readonly name: string | null; readonly bytes: number };
  readonly limits: { readonly cache: BenchmarkLimit | null; readonly disk: BenchmarkLimit | null };
  /** The first is what happens by itself. */
  readonly options: readonly BenchmarkOption[];
  /** The flags to use, for files that come from `source`; none when nothing is better enough. */
  readonly recommended: { readonly source: 'cache' | 'disk'; readonly flags: readonly string[] };
}

/** What a benchmark found out. */
export interface Benchmark {
  readonly machine: BenchmarkMachine;
  readonly kernels: readonly KernelSpeed[];
  readonly reading: readonly ReadingSpeed[];
  readonly smallFiles: readonly SmallFileCost[];
  readonly sample: BenchmarkSample;
  /** Of the model; or of some imagined ones when none was given. */
  readonly forecasts: readonly BenchmarkForecast[];
  /** How long it all took. */
  readonly seconds: number;
}

/** Benchmark options with every default filled in. */
export interface ResolvedBenchmark extends ResolvedOptions {
  readonly duration: number;
  readonly onStep: (progress: BenchmarkProgress) => void;
}
