// SPDX-License-Identifier: Apache-2.0
// Looking for somebody in the logs of an instance: which logs, each read in the way of its version, and what comes of it.
// A log that fails does not keep the others from being read.

import { InputError, ModelSigningError, VerificationError } from '../errors.js';
import type { Logger } from '../log.js';
import { escape } from '../native.js';
import type { Patience } from './service-call.js';
import { type Head, openCheckpoint } from './sigstore-checkpoint.js';
import { readIndexedLog } from './sigstore-index.js';
import { type Instance, type InstanceOptions, openInstance } from './sigstore-instance.js';
import type { KnownEntry, LogMemory, Reading, ReadingTask } from './sigstore-reading.js';
import { type LeftOut, Lookout, type Wanted } from './sigstore-sighting.js';
import { checkpointOf, readTiledLog } from './sigstore-tiles.js';
import { type Log, type Trust, trustOf } from './sigstore-trust.js';

/** What is looked for, and where. */
export interface MonitorRequest {
  readonly instance: InstanceOptions;
  readonly wanted: Wanted;
  readonly known: readonly KnownEntry[];
  /** The addresses of the logs to read; nothing for all that are in service. */
  readonly logs: readonly string[] | undefined;
  readonly limit: number;
  readonly patience: Patience;
  /** What was remembered of the last run; nothing when nothing is to be. */
  readonly memories: readonly LogMemory[] | undefined;
  readonly logger: Logger;
}

/** What one log brought: a reading or the reason why there is none. */
export type LogOutcome =
  | { readonly log: string; readonly version: 1 | 2; readonly reading: Reading }
  | ModelSigningError;

/** A log, as often as the instance lists it: with several keys, or with one for several spans of time. */
type Listed = readonly [Log, ...Log[]];

/** The last entries of a log that has ended are still to be read some time afterwards. */
const GRACE_MS = 7 * 86_400_000;

/** Reads the logs one after the other. */
export async function* readLogs(request: MonitorRequest): AsyncGenerator<LogOutcome> {
  const instance = await openInstance(request.instance);
  const trust = trustOf(instance);
  for (const remark of trust.remarks) request.logger.warn(remark);
  const tasks = logsToRead(trust, request).map((logs) => taskFor(logs, trust, request));
  for (const task of tasks) yield await outcomeOf(task, instance, request);
}

async function outcomeOf(task: ReadingTask, instance: Instance, request: MonitorRequest): Promise<LogOutcome> {
  const [{ url }] = task.logs;
  try {
    const checkpoint = versionIn(instance, url) === 1 ? undefined : await checkpointOf(task);
    const reading = checkpoint === undefined ? await readIndexedLog(task) : await readTiledLog(task, checkpoint);
    if (request.memories !== undefined && task.memory === undefined) request.logger.info(beginning(url, reading));
    for (const remark of remarksOn(url, reading)) request.logger.warn(remark);
    return { log: url, version: checkpoint === undefined ? 1 : 2, reading };
  } catch (cause) {
    if (cause instanceof ModelSigningError) return cause;
    throw cause;
  }
}

/** The version that the instance names; of logs that only verify, their answer tells. */
function versionIn({ signingConfig }: Instance, url: string): number | undefined {
  return signingConfig?.rekorTlogUrls.find((service) => plain(service.url) === plain(url))?.majorApiVersion;
}

/** Those that are named, or else those in service. */
function logsToRead({ logs, source }: Trust, request: MonitorRequest): readonly Listed[] {
  const listed = byAddress(logs);
  const find = (url: string, error: (message: string) => InputError): Listed => {
    const found = listed.get(plain(url));
    if (found !== undefined) return found;
    throw error(`'${escape(url)}' is not a log of ${source}`);
  };
  for (const { log } of request.memories ?? []) find(log, foreignState);
  if (request.logs === undefined) return [...listed.values()].filter((log) => isInService(log, request.logger));
  return [...new Set(request.logs.map((url) => find(url, unlistedLog)))];
}

function byAddress(logs: readonly Log[]): ReadonlyMap<string, Listed> {
  const listed = new Map<string, Listed>();
  for (const log of logs) {
    const [first, ...others] = listed.get(plain(log.url)) ?? [];
    listed.set(plain(log.url), first === undefined ? [log] : [first, ...others, log]);
  }
  return listed;
}

function isInService(listed: Listed, logger: Logger): boolean {
  const now = Date.now();
  const started = listed.filter(({ span }) => span.start.getTime() <= now);
  const isOpen = started.some(({ span: { end } }) => end === undefined || now <= end.getTime() + GRACE_MS);
  if (!isOpen && started.length > 0) logger.info(`the log '${escape(listed[0].url)}' has ended, and is not read`);
  return isOpen;
}

function taskFor(logs: Listed, trust: Trust, request: MonitorRequest): ReadingTask {
  const { wanted, known, limit, patience, memories = [] } = request;
  const memory = memories.find(({ log }) => plain(log) === plain(logs[0].url));
  const own = known.filter(({ logId }) => logs.some(({ ids }) => ids.some((id) => id.equals(logId))));
  return {
    base: addressIn(logs),
    logs,
    identity: wanted.identity,
    lookout: new Lookout(wanted, trust),
    known: own,
    knownLeaves: new Set(own.map(({ leaf }) => leaf)),
    knownPlaces: new Set(own.map(({ index }) => index)),
    memory,
    seen: memory === undefined ? [] : headsIn(memory, logs),
    limit,
    patience,
  };
}

/** What is remembered was signed by the log, or it is not what was remembered. */
function headsIn({ checkpoints, next = '0' }: LogMemory, logs: Listed): readonly Head[] {
  try {
    const heads = checkpoints.map((note) => openCheckpoint(note, logs));
    if (heads.some(({ size }) => size >= BigInt(next))) return heads;
    throw invalidState('it says that more was read than there was');
  } catch (cause) {
    if (!(cause instanceof VerificationError)) throw cause;
    throw invalidState('it holds a checkpoint that the log did not sign', cause);
  }
}

function addressIn([{ url }]: Listed): URL {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return new URL(url);
  const message = `the log '${escape(url)}' has an address that is none`;
  throw new InputError('TRUST_CONFIG_INVALID', message, { hint: 'get the current trusted root of the instance' });
}

function beginning(url: string, { range }: Reading): string {
  const where = range === undefined ? 'with all entries that its index names' : `at entry ${range.from}`;
  return `the watch on the log '${escape(url)}' begins ${where}`;
}

const REASONS: Readonly<Record<LeftOut, string>> = {
  'other provider': 'name the identity as one of another provider',
  'not issued': 'name the identity in certificates that no authority of the instance issued: no verifier accepts them',
  unreadable: 'hold the identity in a form that cannot be read here',
};

function remarksOn(url: string, { leftOut, rest, remarks }: Reading): string[] {
  const log = `the log '${escape(url)}'`;
  const counts = Object.entries(REASONS).flatMap(([reason, words]) => {
    const count = new Map(Object.entries(leftOut)).get(reason);
    return count === undefined ? [] : [`${count} entries of ${log} are left out: they ${words}`];
  });
  const unread = rest === undefined ? [] : [`of ${log} ${rest} were not read`];
  return [...remarks, ...counts, ...unread];
}

/** Addresses are compared without the slash that some end with. */
function plain(url: string): string {
  return url.replace(/\/$/, '');
}

function unlistedLog(message: string): InputError {
  return new InputError('OPTION_INVALID', message, { hint: 'model-signing trust show names its logs' });
}

function foreignState(message: string): InputError {
  const hint = 'give the instance that the state file was made with, or another state file';
  return new InputError('LOG_STATE_FOREIGN', `the state file is of another instance: ${message}`, { hint });
}

function invalidState(what: string, cause?: unknown): InputError {
  const hint = 'restore the state file, or begin anew with another one: the first run says from where it starts';
  return new InputError('LOG_STATE_INVALID', `the state file cannot be used: ${what}`, { hint, cause });
}
