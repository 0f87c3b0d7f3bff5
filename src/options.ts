// SPDX-License-Identifier: Apache-2.0
// Every shared option, documented once, checked and resolved once. A default stands here and nowhere else.

import { type Logger, SILENT } from './log.js';
import { OptionReader, invalidOption } from './option-reader.js';

/** The hash algorithms of the OMS algorithm registry. */
export const HASH_ALGORITHMS = ['sha256', 'blake2b', 'blake3'] as const;

/** A hash algorithm. SHA-256 and BLAKE2b hash one file on one core, BLAKE3 on all of them. */
export type HashAlgorithm = (typeof HASH_ALGORITHMS)[number];

/** How far a run is. */
export interface Progress {
  /** Files or shards hashed. */
  readonly filesDone: number;
  /** Files or shards to hash; 0 while the model is still being listed. */
  readonly filesTotal: number;
  /** Bytes hashed. */
  readonly bytesDone: number;
  /** Bytes to hash; 0 while the model is still being listed. */
  readonly bytesTotal: number;
}

/** What a manifest records: options that a verifier repeats. */
export interface ManifestOptions {
  /**
   * The hash algorithm of every resource.
   * @default 'sha256'
   */
  readonly hashAlgorithm?: HashAlgorithm;
  /**
   * Whole files, or shards: ranges of files that many cores hash at once.
   * @default 'shards' when `shardSize` is given, else 'files'
   */
  readonly serialization?: 'files' | 'shards';
  /**
   * Bytes in a shard.
   * @default 1000000000
   */
  readonly shardSize?: number;
  /**
   * Files and folders to leave out: relative to the model, or absolute. Taken literally, never as patterns.
   * @default []
   */
  readonly ignorePaths?: readonly string[];
  /**
   * Leave out `.git`, `.gitattributes`, `.github` and `.gitignore` at the model's root.
   * @default true
   */
  readonly ignoreGitPaths?: boolean;
  /**
   * Follow symbolic links that stay inside the model; without this a link is an error.
   * @default false
   */
  readonly allowSymlinks?: boolean;
  /**
   * Follow symbolic links that leave the model, too. Needs `allowSymlinks`.
   * @default false
   */
  readonly allowExternalSymlinks?: boolean;
}

/** How a run goes about its work. None of it changes a digest. */
export interface RunOptions {
  /**
   * Hashing threads.
   * @default as many as this process may use, container limits included
   */
  readonly threads?: number;
  /**
   * Look at cached files through memory maps instead of copying them.
   * @default true
   */
  readonly mmap?: boolean;
  /**
   * Leave what was read from the disk in the page cache, for a loader that follows. Reading is slower then.
   * @default false
   */
  readonly fillCache?: boolean;
  /** Stops the run when it is aborted; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called about ten times a second while the run goes on. */
  readonly onProgress?: (progress: Progress) => void;
  /**
   * Takes remarks that are neither the answer nor an error.
   * @default a logger that says nothing
   */
  readonly logger?: Logger;
}

/** Everything `digest` can be told. */
export interface DigestOptions extends ManifestOptions, RunOptions {}

/** Everything `sign` can be told besides who signs. */
export interface SignOptions extends DigestOptions {
  /** Where to write the bundle; without it the bundle is only returned. */
  readonly signature?: string;
  /**
   * Replace a file at that place that is not a signature.
   * @default false
   */
  readonly force?: boolean;
  /**
   * Whose reading of the specification to follow: `python` writes shards and models of one file as `model-signing`
   * 1.1.1 for Python can verify them.
   * @default 'specification'
   */
  readonly compat?: 'specification' | 'python';
}

/** What a verifier tolerates, and what it refuses although it was signed. Everything else the signature decides. */
export interface CheckOptions {
  /**
   * Files and folders whose unsigned files are excused: relative to the model, or absolute.
   * @default []
   */
  readonly ignorePaths?: readonly string[];
  /**
   * Excuse unsigned files of `.git`, `.gitattributes`, `.github` and `.gitignore` at the model's root.
   * @default true
   */
  readonly ignoreGitPaths?: boolean;
  /**
   * Excuse every unsigned file.
   * @default false
   */
  readonly ignoreUnsignedFiles?: boolean;
  /**
   * With `false`, refuse a model that was signed with symbolic links followed.
   * @default true
   */
  readonly allowSymlinks?: boolean;
  /**
   * Follow symbolic links that leave the model, when links were followed at signing.
   * @default false
   */
  readonly allowExternalSymlinks?: boolean;
  /**
   * Accept statements of the form from before the specification.
   * @default false
   */
  readonly allowLegacy?: boolean;
  /**
   * With `false`, refuse a model in which anything was excused.
   * @default true
   */
  readonly allowHiddenFiles?: boolean;
  /**
   * Hash everything even when names differ already, to tell what changed and what was only renamed.
   * @default false
   */
  readonly fullDiff?: boolean;
}

/** Everything `verify` can be told besides whom to trust. */
export interface VerifyOptions extends CheckOptions, RunOptions {}

/** Run options with every default filled in; `undefined` leaves the choice to the core. */
export interface ResolvedRun {
  readonly threads: number | undefined;
  readonly mmap: boolean;
  readonly fillCache: boolean;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: Progress) => void) | undefined;
  readonly logger: Logger;
}

/** Manifest and run options with every default filled in. */
export interface ResolvedOptions extends ResolvedRun {
  readonly hashAlgorithm: HashAlgorithm;
  readonly serialization: 'files' | 'shards';
  readonly shardSize: number | undefined;
  readonly ignorePaths: readonly string[];
  readonly ignoreGitPaths: boolean;
  readonly allowSymlinks: boolean;
  readonly allowExternalSymlinks: boolean;
}

/** Sign options with every default filled in. */
export interface ResolvedSign extends ResolvedOptions {
  readonly signature: string | undefined;
  readonly force: boolean;
  readonly compat: 'specification' | 'python';
}

/** Verify options with every default filled in. */
export interface ResolvedVerify extends ResolvedRun {
  readonly ignorePaths: readonly string[];
  readonly ignoreGitPaths: boolean;
  readonly ignoreUnsignedFiles: boolean;
  readonly allowSymlinks: boolean;
  readonly allowExternalSymlinks: boolean;
  readonly allowLegacy: boolean;
  readonly allowHiddenFiles: boolean;
  readonly fullDiff: boolean;
}

const MOST_THREADS = 1024;

/** Checks the options of `digest` and fills in the defaults. */
export function resolveOptions(options: DigestOptions): ResolvedOptions {
  const given = new OptionReader(options);
  const resolved = { ...manifestOptions(given), ...runOptions(given) };
  given.end();
  return resolved;
}

/** Checks the options of `sign` and fills in the defaults. */
export function resolveSignOptions(options: SignOptions): ResolvedSign {
  const given = new OptionReader(options);
  const resolved = {
    ...manifestOptions(given),
    ...runOptions(given),
    signature: given.path('signature'),
    force: given.boolean('force') ?? false,
    compat: given.oneOf('compat', ['specification', 'python']) ?? 'specification',
  };
  given.end();
  return resolved;
}

/** Checks the options of `verify` and fills in the defaults. */
export function resolveVerifyOptions(options: VerifyOptions): ResolvedVerify {
  const given = new OptionReader(options);
  const resolved = {
    ...runOptions(given),
    ignorePaths: given.paths('ignorePaths') ?? [],
    ignoreGitPaths: given.boolean('ignoreGitPaths') ?? true,
    ignoreUnsignedFiles: given.boolean('ignoreUnsignedFiles') ?? false,
    allowSymlinks: given.boolean('allowSymlinks') ?? true,
    allowExternalSymlinks: given.boolean('allowExternalSymlinks') ?? false,
    allowLegacy: given.boolean('allowLegacy') ?? false,
    allowHiddenFiles: given.boolean('allowHiddenFiles') ?? true,
    fullDiff: given.boolean('fullDiff') ?? false,
  };
  given.end();
  return resolved;
}

function manifestOptions(given: OptionReader): Omit<ResolvedOptions, keyof ResolvedRun> {
  const hashAlgorithm = given.oneOf('hashAlgorithm', HASH_ALGORITHMS) ?? 'sha256';
  const shardSize = given.count('shardSize', Number.MAX_SAFE_INTEGER, 'a whole number of bytes above 0');
  const method = given.oneOf('serialization', ['files', 'shards']);
  if (method === 'files' && shardSize !== undefined) {
    throw invalidOption("option shardSize needs serialization 'shards'", 'leave one of the two out');
  }
  const allowSymlinks = given.boolean('allowSymlinks') ?? false;
  const allowExternalSymlinks = given.boolean('allowExternalSymlinks') ?? false;
  if (allowExternalSymlinks && !allowSymlinks) {
    throw invalidOption('option allowExternalSymlinks needs allowSymlinks', 'set both, or neither');
  }
  return {
    hashAlgorithm,
    serialization: method ?? (shardSize === undefined ? 'files' : 'shards'),
    shardSize,
    ignorePaths: given.paths('ignorePaths') ?? [],
    ignoreGitPaths: given.boolean('ignoreGitPaths') ?? true,
    allowSymlinks,
    allowExternalSymlinks,
  };
}

function runOptions(given: OptionReader): ResolvedRun {
  return {
    threads: given.count('threads', MOST_THREADS, `a whole number from 1 to ${MOST_THREADS}`),
    mmap: given.boolean('mmap') ?? true,
    fillCache: given.boolean('fillCache') ?? false,
    signal: given.take('signal', isSignal, 'an AbortSignal'),
    onProgress: given.take('onProgress', isListener, 'a function'),
    logger: given.take('logger', isLogger, 'an object with the functions debug, info and warn') ?? SILENT,
  };
}

function isSignal(value: unknown): value is AbortSignal {
  return value instanceof AbortSignal;
}

function isListener(value: unknown): value is (progress: Progress) => void {
  return typeof value === 'function';
}

function isLogger(value: unknown): value is Logger {
  if (typeof value !== 'object' || value === null) return false;
  const logger: Partial<Record<keyof Logger, unknown>> = value;
  return [logger.debug, logger.info, logger.warn].every((member) => typeof member === 'function');
}
