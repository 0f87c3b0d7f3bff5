// SPDX-License-Identifier: Apache-2.0
// Looking for an identity in transparency logs: once, or again and again with a memory. Whoever signs with an identity can
// see there whether somebody else does.

import { LogForkError, ModelSigningError } from './errors.js';
import { type Logger, SILENT } from './log.js';
import type { InstanceOptions } from './methods/sigstore.js';
import type { MonitorRequest } from './methods/sigstore-monitor.js';
import { instanceOptions, wantedSigner } from './methods/sigstore-options.js';
import type { FoundEntry, LogMemory } from './methods/sigstore-reading.js';
import { OptionReader, invalidOption, isFileName, isObject } from './option-reader.js';

/** Whom to look for, and where. */
export interface LogSearchOptions extends InstanceOptions {
  /** The whole of the identity: an e-mail address, a URI, a user name. */
  readonly identity?: string | undefined;
  /**
   * A regular expression that the whole of the identity has to match, instead of the identity. Only logs of version 2 can
   * be searched with it.
   */
  readonly identityRegex?: string | undefined;
  /**
   * The whole name of the identity provider that vouched for it.
   * @default any
   */
  readonly identityProvider?: string | undefined;
  /**
   * Leave out what was signed before this moment.
   * @default nothing is left out
   */
  readonly since?: Date | undefined;
  /**
   * The paths of bundles that are known, or of folders of them: their entries are not told.
   * @default none
   */
  readonly known?: readonly string[] | undefined;
  /**
   * The addresses of the logs to read.
   * @default those of the instance that are in service, or were a week ago
   */
  readonly logs?: readonly string[] | undefined;
  /**
   * How many entries of a log are read in one run. A log of version 2 has to be read entry by entry, and the newest are.
   * @default 50000
   */
  readonly limit?: number | undefined;
  /** Is told every unknown entry, once its log has been read; waited for. */
  readonly onEntry?: ((entry: LogSighting) => void | Promise<void>) | undefined;
  /** Stops waiting when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Takes remarks. */
  readonly logger?: Logger | undefined;
}

/** The same with a memory; what was signed long ago is not left out, for a log may take it today. */
export interface LogWatchOptions extends Omit<LogSearchOptions, 'since'> {
  /** The path of the file that remembers; the first run makes it. */
  readonly state: string;
}

/** An entry that is proven to be in a log, and names the identity in a certificate that the instance issued. */
export interface LogSighting {
  readonly log: string;
  /** The place in the log. */
  readonly index: string;
  /** When the log took it; or, where logs do not say that, from when on the certificate could be used. */
  readonly time: Date;
  /** Which of the two. */
  readonly timeSource: 'log' | 'certificate';
  readonly identity: string;
  readonly issuer: string;
  /** What was signed, such as `sha256:…`: of the statement, or of the bytes that its signature covers. */
  readonly digest: string | undefined;
}

/** A log that was read. */
export interface SearchedLog {
  readonly log: string;
  readonly version: 1 | 2;
  /** What the log signed about each of its trees. */
  readonly checkpoints: readonly string[];
  /** The first entry that was read, and the first that was not; of logs without an index. */
  readonly range: { readonly from: string; readonly to: string } | undefined;
  /** What was not read, in words. */
  readonly rest: string | undefined;
}

/** What was found in logs all of which were read. */
export interface LogFindings {
  /** The entries that no known bundle accounts for. */
  readonly unknown: readonly LogSighting[];
  /** How many are accounted for. */
  readonly known: number;
  readonly logs: readonly SearchedLog[];
}

const LIMIT = 50_000;
const MOST = 10_000_000;
const TIMEOUT_MS = 30_000;

/**
 * Looks for the entries of an identity. Nothing that a log says is believed without proof.
 *
 * @throws when any log cannot be read, forks or lies; what the others hold has been told to `onEntry` by then.
 */
export async function searchLog(options: LogSearchOptions): Promise<LogFindings> {
  const given = new OptionReader(options);
  const search = searchOptions(given);
  const since = given.take('since', isDate, 'a valid Date');
  given.end();
  return observe(search, since, undefined, async () => {});
}

/**
 * Looks for the entries of an identity that are new since the last run, and makes sure that every log still tells the same
 * history. One run at a time.
 *
 * @throws like `searchLog`; a log that could not be read, forks or shrank is remembered as it was.
 */
export async function watchLog(options: LogWatchOptions): Promise<LogFindings> {
  const given = new OptionReader(options);
  const search = searchOptions(given);
  const path = given.path('state');
  given.end();
  if (path === undefined) throw invalidOption('option state is missing', 'name the file that remembers');
  const { openState, saveState } = await import('./watch-state.js');
  const state = await openState(path, search.wanted, search.inputs);
  return observe(search, undefined, state.logs, async (memories) => {
    const untouched = state.logs.filter(({ log }) => !memories.some((memory) => memory.log === log));
    await saveState(path, search.wanted, state, [...untouched, ...memories]);
  });
}

/** What both take, checked. */
interface ResolvedSearch extends Omit<MonitorRequest, 'known' | 'memories'> {
  readonly known: readonly string[];
  /** Files that are read, and never written over. */
  readonly inputs: readonly string[];
  readonly onEntry: NonNullable<LogSearchOptions['onEntry']>;
}

function searchOptions(given: OptionReader): ResolvedSearch {
  const instance = instanceOptions(given);
  const wanted = wantedSigner(given);
  const known = given.take('known', arePaths, 'a list of paths, none of them empty') ?? [];
  const logs = given.take('logs', areAddresses, 'a list of http: or https: addresses, not empty');
  const limit = given.count('limit', MOST, `a whole number from 1 to ${MOST}`) ?? LIMIT;
  const onEntry = given.take('onEntry', isFunction, 'a function') ?? ((): void => {});
  const signal = given.take('signal', isSignal, 'an AbortSignal');
  const logger = given.take('logger', isLogger, 'an object with debug, info and warn') ?? SILENT;
  const patience = { timeout: instance.timeout ?? TIMEOUT_MS, signal };
  const inputs = [...known, instance.trustConfig, instance.tufRoot].filter((path) => path !== undefined);
  return { instance, wanted, known, logs, limit, onEntry, logger, patience, inputs };
}

/** Reads the logs, tells what is unknown, keeps what the next run needs; and only then says what went wrong. */
async function observe(
  { known: paths, onEntry, ...search }: ResolvedSearch,
  since: Date | undefined,
  memories: readonly LogMemory[] | undefined,
  remember: (memories: readonly LogMemory[]) => Promise<void>,
): Promise<LogFindings> {
  const [{ readLogs }, { readKnownBundles }] = await Promise.all([
    import('./methods/sigstore-monitor.js'),
    import('./known-bundles.js'),
  ]);
  const known = await readKnownBundles(paths, search.logger);
  const unknown: LogSighting[] = [];
  const logs: SearchedLog[] = [];
  const kept: LogMemory[] = [];
  const failures: ModelSigningError[] = [];
  let accounted = 0;
  for await (const outcome of readLogs({ ...search, known, memories })) {
    if (outcome instanceof ModelSigningError) {
      failures.push(outcome);
      continue;
    }
    const { log, version, reading } = outcome;
    const found = reading.found.filter(({ until, promised = until }) => since === undefined || promised >= since);
    const news = found.filter(({ isKnown }) => !isKnown).map((entry) => sightingOf(log, entry));
    for (const sighting of news) await onEntry(sighting);
    unknown.push(...news);
    accounted += found.length - news.length;
    logs.push({
      log,
      version,
      checkpoints: reading.heads.map(({ note }) => note),
      range: reading.range,
      rest: reading.rest,
    });
    kept.push(reading.memory);
    if (reading.problem !== undefined) failures.push(reading.problem);
  }
  await remember(kept);
  throwWorst(failures, search.logger);
  return { unknown, known: accounted, logs };
}

function sightingOf(log: string, { index, promised, from, identity, issuer, digest }: FoundEntry): LogSighting {
  const time = promised ?? from;
  return { log, index, time, timeSource: promised === undefined ? 'certificate' : 'log', identity, issuer, digest };
}

/** That a log forks says more than that one lies, and that more than that another one cannot be reached. */
function throwWorst(failures: readonly ModelSigningError[], logger: Logger): void {
  const worst =
    failures.find((failure) => failure instanceof LogForkError) ??
    failures.find(({ kind }) => kind === 'untrusted') ??
    failures[0];
  for (const { code, message } of failures.filter((failure) => failure !== worst)) logger.warn(`${message} [${code}]`);
  if (worst !== undefined) throw worst;
}

function isDate(value: unknown): value is Date {
  return value instanceof Date && !Number.isNaN(value.getTime());
}

function arePaths(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((path) => isFileName(path) && path !== '');
}

function areAddresses(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every(isAddress);
}

function isAddress(value: unknown): boolean {
  return typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

function isFunction(value: unknown): value is NonNullable<LogSearchOptions['onEntry']> {
  return typeof value === 'function';
}

function isSignal(value: unknown): value is AbortSignal {
  return value instanceof AbortSignal;
}

function isLogger(value: unknown): value is Logger {
  return isObject(value) && ['debug', 'info', 'warn'].every((name) => typeof value[name] === 'function');
}
