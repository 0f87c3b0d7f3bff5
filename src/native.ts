// SPDX-License-Identifier: Apache-2.0
// The only door to the native core: an abort becomes a cancel, polled counters become progress, failures errors.

import { resolve } from 'node:path';

import {
  type Addon,
  type ArtifactBundle as NativeArtifactBundle,
  type Bundle as NativeBundle,
  type Comparison,
  type Failure,
  type KernelRequest,
  type ListedModel,
  type Manifest as NativeManifest,
  type Message as NativeMessage,
  type PartsRequest,
  type Seal as NativeSeal,
  type Statement as NativeStatement,
  type Timing,
  type Watch,
  loadAddon,
} from '#native';

import { type Diff, errorOf } from './errors.js';
import type { Progress, ResolvedOptions, ResolvedRun, ResolvedVerify } from './options.js';
import { eachInTurn } from './pieces.js';

export type {
  Comparison,
  KernelRequest,
  ListedModel,
  NativeArtifactBundle,
  NativeBundle,
  NativeManifest,
  NativeMessage,
  NativeSeal,
  NativeStatement,
  PartsRequest,
  Timing,
};

/** Between two looks at the counters, in milliseconds. */
const PROGRESS_PERIOD = 100;

/** What is hashed and how, and where the signature of it goes. */
export type HashingOptions = ResolvedOptions & { readonly signature?: string | undefined };

/** Hashes a model. */
export async function hashModel(modelPath: string, options: HashingOptions): Promise<NativeManifest> {
  const { hashModel: start } = addon();
  return watched(options, (watch) => start(modelPath, hashRequest(options), watch));
}

/** Lists a model, so that parts of it can be measured. */
export async function listModel(modelPath: string, options: ResolvedOptions): Promise<ListedModel> {
  const { listModel: start } = addon();
  return watched(options, (watch) => start(modelPath, hashRequest(options), watch));
}

/** Hashes parts of a listed model: each is the file's place in the list, the first byte, the byte after the last. */
export async function hashParts(
  model: ListedModel,
  parts: Float64Array,
  request: PartsRequest,
  signal: AbortSignal | undefined,
): Promise<Timing> {
  return watched({ signal }, (watch) => model.hash(parts, request, watch));
}

/** Lets the page cache forget parts of a listed model; says how many bytes it holds on to all the same. */
export async function forgetParts(
  model: ListedModel,
  parts: Float64Array,
  signal: AbortSignal | undefined,
): Promise<number> {
  return (await watched({ signal }, (watch) => model.forget(parts, watch))).bytes;
}

/** Hashes memory and nothing else. */
export async function measureKernel(request: KernelRequest, signal: AbortSignal | undefined): Promise<Timing> {
  const { measureKernel: start } = addon();
  return watched({ signal }, (watch) => start(request, watch));
}

/** What the core knows of this machine: threads it starts, streams it gives to a core, what hashes SHA-256. */
export function coreFacts() {
  const { defaultThreads, sha256Kernel, streamsPerCore } = addon();
  const streams = (algorithm: string): number => streamsPerCore(algorithm) ?? 1;
  return {
    threads: defaultThreads(),
    sha256Kernel: sha256Kernel(),
    streams: { sha256: streams('sha256'), blake2b: streams('blake2b'), blake3: streams('blake3') },
  };
}

/** Reads a bundle, by its path or from its bytes, in pieces; nothing of it is authenticated. */
export async function readBundle(source: string | Iterable<Uint8Array>): Promise<NativeBundle> {
  const { BundleBytes, openBundle } = addon();
  if (typeof source === 'string') return valueOf(await openBundle(source));
  const bytes = new BundleBytes();
  await eachInTurn(source, (piece) => bytes.push(view(piece)));
  return valueOf(await bytes.read());
}

/** The same for a bundle that is about anything but a model. */
export async function readArtifactBundle(source: string | Uint8Array): Promise<NativeArtifactBundle> {
  const { openArtifactBundle, readArtifactBundle: read } = addon();
  return valueOf(await (typeof source === 'string' ? openArtifactBundle(source) : read(view(source))));
}

/** Reads the statement in a bundle, once its signature is known to be good. */
export async function readStatement(bundle: NativeBundle, allowLegacy: boolean): Promise<NativeStatement> {
  return valueOf(await bundle.statement(allowLegacy));
}

/** What is signed about a manifest. */
export async function writeMessage(manifest: NativeManifest, forPython: boolean): Promise<NativeMessage> {
  return valueOf(await manifest.message(forPython));
}

/** Compares a model with a statement. */
export async function checkModel(
  statement: NativeStatement,
  modelPath: string,
  bundlePath: string | undefined,
  options: ResolvedVerify,
): Promise<Comparison> {
  const request = {
    ignorePaths: [...options.ignorePaths],
    ignoreGitPaths: options.ignoreGitPaths,
    ignoreUnsignedFiles: options.ignoreUnsignedFiles,
    noHiddenFiles: !options.allowHiddenFiles,
    allowExternalSymlinks: options.allowExternalSymlinks,
    fullDiff: options.fullDiff,
    ...runRequest(options),
    ...(bundlePath !== undefined && { bundlePath }),
  };
  return watched(options, (watch) => statement.check(modelPath, request, watch));
}

/** Compares what two manifests say. */
export function compareNative(
  manifest: NativeManifest | NativeStatement,
  other: NativeManifest | NativeStatement,
): Diff {
  return valueOf(addon().compareManifests(manifest, other));
}

/** The bytes that a signature over a statement covers: its DSSE pre-authentication encoding. */
export function pae(payload: Uint8Array): Uint8Array {
  return addon().dssePae(view(payload));
}

/** What one JSON document says, by the one strict reader: no name twice, bounded depth, nothing that follows. */
export function parseJson(bytes: Uint8Array): unknown {
  const text = view(bytes);
  const failure = addon().checkJson(text);
  if (failure) throw errorOf(failure.code, failure.message, { hint: failure.hint });
  return JSON.parse(text.toString('utf8'));
}

/** Makes untrusted text safe to print on one line. */
export function escape(text: string): string {
  return addon().escape(text);
}

/** The error codes of the core. */
export function coreErrorCodes(): string[] {
  return addon().errorCodes();
}

/** The same bytes, not a copy. */
function view({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function addon(): Addon {
  try {
    return loadAddon();
  } catch (cause) {
    if (!(cause instanceof Error) || !('code' in cause) || !('hint' in cause)) throw cause;
    throw errorOf(String(cause.code), cause.message, { hint: String(cause.hint), cause });
  }
}

function hashRequest(options: HashingOptions) {
  return {
    hashAlgorithm: options.hashAlgorithm,
    serialization: options.serialization,
    ignorePaths: [...options.ignorePaths],
    ignoreGitPaths: options.ignoreGitPaths,
    allowSymlinks: options.allowSymlinks,
    allowExternalSymlinks: options.allowExternalSymlinks,
    ...runRequest(options),
    ...(options.shardSize !== undefined && { shardSize: options.shardSize }),
    ...(options.signature !== undefined && { outputPath: resolve(options.signature) }),
  };
}

function runRequest({ mmap, fillCache, threads }: ResolvedRun) {
  return { mmap, fillCache, ...(threads !== undefined && { threads }) };
}

/** Runs native work under the caller's signal and progress listener. */
async function watched<T extends object>(
  options: { readonly signal: AbortSignal | undefined } & Partial<Pick<ResolvedOptions, 'onProgress'>>,
  start: (watch: Watch) => Promise<T | Failure>,
): Promise<T> {
  const { signal, onProgress } = options;
  signal?.throwIfAborted();
  const watch = new (addon().Watch)();
  const abortion = whenAborted(signal, watch);
  const reporter = onProgress && startReporting(watch, onProgress);
  try {
    const outcome = await Promise.race([start(watch), abortion.promise, ...(reporter ? [reporter.broken] : [])]);
    const value = valueOf(outcome);
    reporter?.last();
    return value;
  } finally {
    reporter?.stop();
    abortion.forget();
    // A watch that is garbage stops its run; this also keeps it from being garbage before the end.
    watch.cancel();
  }
}

/** Does not wait for the native threads: they stop within a MiB, but a dead network file system may hold one. */
function whenAborted(signal: AbortSignal | undefined, watch: Watch) {
  if (signal === undefined) return { promise: withReject().promise, forget: () => {} };
  const listening = new AbortController();
  const { promise, reject } = withReject();
  const onAbort = (): void => {
    watch.cancel();
    reject(signal.reason);
  };
  signal.addEventListener('abort', onAbort, { once: true, signal: listening.signal });
  return { promise, forget: () => listening.abort() };
}

/**
 * Polls instead of being called: nothing can arrive late, and a fast run costs nothing. A listener that throws ends the
 * run with what it threw, where a timer alone would end the process.
 */
function startReporting(watch: Watch, onProgress: (progress: Progress) => void) {
  const { promise: broken, reject } = withReject();
  const report = (): void => {
    try {
      onProgress(watch.progress());
    } catch (error) {
      watch.cancel();
      clearInterval(timer);
      reject(error);
    }
  };
  const timer = setInterval(report, PROGRESS_PERIOD).unref();
  return { broken, last: () => onProgress(watch.progress()), stop: () => clearInterval(timer) };
}

/** A promise that can only be rejected. */
function withReject() {
  let end: ((reason: unknown) => void) | undefined;
  const promise = new Promise<never>((_, reject) => {
    end = reject;
  });
  return { promise, reject: (reason: unknown) => end?.(reason) };
}

function valueOf<T extends object>(outcome: T | Failure): T {
  if (isFailure(outcome)) throw errorOf(outcome.code, outcome.message, { hint: outcome.hint, path: outcome.path });
  return outcome;
}

function isFailure(outcome: object): outcome is Failure {
  return 'code' in outcome && 'message' in outcome;
}
