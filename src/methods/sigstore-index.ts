// SPDX-License-Identifier: Apache-2.0
// Logs of version 1: an index names the entries of an identity, and nobody has to believe it. Every entry it names is
// fetched and proven to be in the log, every head that the log signs on the way has to fit the others, and an entry that
// the user knows has to be among those it names.

import { InputError, VerificationError } from '../errors.js';
import type { LogEntry } from '../method.js';
import { escape } from '../native.js';
import { concurrently } from './concurrent.js';
import { isConsistent, isIncluded, leafHash } from './merkle-tree.js';
import { type ServiceCall, failedCall, isRecord, listIn, objectIn } from './service-call.js';
import { type Head, checkProof, isSignedByLog, openCheckpoint } from './sigstore-checkpoint.js';
import { checkHistory } from './sigstore-history.js';
import { askLog, bytes, logCall, logQuestion, text } from './sigstore-log.js';
import { type FoundEntry, type Reading, type ReadingTask, countLeftOut, lostEntry } from './sigstore-reading.js';
import { readEntry } from './sigstore-rekor1.js';
import type { Judgement } from './sigstore-sighting.js';
import { isWithin } from './sigstore-trust.js';

/** The names of two hundred thousand entries, or ten entries with much in them. */
const LARGEST_ANSWER = 16 * 1_048_576;
/** A log takes no more at once. */
const BATCH = 10;
const CALLS = 4;
/** Of a tree in eight bytes, and of an entry by its hash. */
const ENTRY_ID = /^(?<tree>[0-9a-f]{16})?(?<leaf>[0-9a-f]{64})$/;

/** An entry that is proven to be in the tree of a head. */
interface ProvenEntry {
  readonly leaf: string;
  readonly entry: LogEntry;
  readonly head: Head;
  readonly judgement: Judgement;
}

/** What the log answered when it was asked for entries. */
interface Fetched {
  readonly entries: readonly ProvenEntry[];
  /** The hashes of those that it does not have. */
  readonly missing: readonly string[];
}

/** Reads what the index of a log names. */
export async function readIndexedLog(task: ReadingTask): Promise<Reading> {
  const ids = await lookUp(task);
  const seen = new Set(task.memory?.seen);
  const fresh = [...ids].filter(([leaf]) => !seen.has(leaf));
  const taken = new Map(fresh.slice(0, task.limit));
  const { entries, missing } = await fetchEntries(task, taken);
  const heads = await provenHeads(task, entries);
  const problem = indexProblem(task, entries, missing) ?? (await hiddenProblem(task, ids));
  for (const leaf of missing) taken.delete(leaf);
  const rest = fresh.length - taken.size - missing.length;
  return {
    found: entries.flatMap((entry) => foundEntry(task, entry)),
    heads,
    memory: {
      log: task.logs[0].url,
      checkpoints: heads.map(({ note }) => note),
      seen: [...seen, ...taken.keys()],
    },
    range: undefined,
    rest: rest === 0 ? undefined : `${rest} of the ${ids.size} entries that its index names`,
    remarks: remarksOn(task, ids),
    leftOut: countLeftOut(entries.map(({ judgement }) => judgement)),
    problem,
  };
}

/** What the index names, by hash. */
async function lookUp(task: ReadingTask): Promise<ReadonlyMap<string, string>> {
  const call = question(task, 'api/v1/index/retrieve', queryFor(task));
  const ids = listIn(call, await askLog(call)).map((id) => text(call, id));
  return new Map(
    ids.map((id) => {
      const leaf = ENTRY_ID.exec(id)?.groups?.['leaf'];
      if (leaf === undefined) throw failedCall(call, 'answered with a name that no entry can have');
      return [leaf, id];
    }),
  );
}

/** Addresses have a search of their own, which is older than that for all other names. */
function queryFor({ identity, logs: [{ url }] }: ReadingTask): object {
  if (identity === undefined) {
    const message = `the index of the log '${escape(url)}' finds whole identities only`;
    throw new InputError('OPTION_INVALID', message, { hint: 'give the identity, or name only logs of version 2' });
  }
  return isAddress(identity) ? { email: identity } : { subject: identity };
}

function isAddress(identity = ''): boolean {
  return /^[^\s@:/]+@[^\s@:/]+$/.test(identity);
}

/** A server that does not know a question answers it with nothing. */
function remarksOn({ identity, logs: [{ url }] }: ReadingTask, ids: ReadonlyMap<string, string>): string[] {
  if (ids.size > 0 || isAddress(identity)) return [];
  return [`the index of the log '${escape(url)}' names nothing; older logs know no names but e-mail addresses`];
}

/** Fetches entries by what the index calls them. */
async function fetchEntries(task: ReadingTask, ids: ReadonlyMap<string, string>): Promise<Fetched> {
  const all = [...ids];
  const batches = Array.from({ length: Math.ceil(all.length / BATCH) }, (_, at) =>
    all.slice(at * BATCH, (at + 1) * BATCH),
  );
  const answers = await concurrently(batches, CALLS, async (batch) => fetchBatch(task, new Map(batch)));
  return { entries: answers.flatMap(({ entries }) => entries), missing: answers.flatMap(({ missing }) => missing) };
}

async function fetchBatch(task: ReadingTask, ids: ReadonlyMap<string, string>): Promise<Fetched> {
  const call = question(task, 'api/v1/log/entries/retrieve', { entryUUIDs: [...ids.values()] });
  const told = listIn(call, await askLog(call)).flatMap((one) => Object.entries(isRecord(one) ? one : {}));
  const missing = new Set(ids.keys());
  const entries = told.map(([id, value]) => {
    const proven = prove(task, id, readEntry(call, value));
    if (missing.delete(proven.leaf)) return proven;
    throw failedCall(call, 'answered with an entry that was not asked for');
  });
  return { entries, missing: [...missing] };
}

/** Everything about an entry but who it is of: that it is what it is called, promised, in the tree, and in time. */
function prove({ logs, lookout }: ReadingTask, id: string, entry: LogEntry): ProvenEntry {
  const { canonicalizedBody: body, inclusionProof: proof, inclusionPromise: promise, integratedTime } = entry;
  const { tree, leaf } = ENTRY_ID.exec(id)?.groups ?? {};
  const hash = leafHash(body);
  if (leaf !== hash.toString('hex')) throw wrongEntry('LOG_ENTRY_INVALID', 'is not the one that it is called');
  const own = logs.filter(({ ids }) => ids.some((known) => known.equals(entry.logId)));
  const promised = Buffer.from(promiseText(entry));
  if (promise === undefined || !own.some((log) => isSignedByLog(log, promised, promise))) {
    throw wrongEntry('LOG_PROMISE_INVALID', 'has a promise that the log did not sign');
  }
  const time = timeOf(integratedTime);
  if (!own.some(({ span }) => isWithin(time, span))) {
    throw wrongEntry(
      'LOG_KEY_NOT_VALID',
      `was promised at ${time.toISOString()}, when the key of the log did not count`,
    );
  }
  checkProof(entry);
  const head = openCheckpoint(proof?.checkpoint ?? '', own);
  const isOfTree = tree === undefined || head.origin.endsWith(` - ${BigInt(`0x${tree}`)}`);
  if (!isOfTree || !isIncluded(hash, BigInt(proof?.logIndex ?? -1), proof?.hashes ?? [], head)) {
    throw wrongEntry('LOG_PROOF_INVALID', 'is not proven to be in it');
  }
  return { leaf, entry, head, judgement: lookout.judge(body) };
}

/** What a promise signs, in canonical JSON: members by name, without spaces. */
function promiseText({ canonicalizedBody, integratedTime, logId, logIndex }: LogEntry): string {
  const [body, id] = [Buffer.from(canonicalizedBody).toString('base64'), Buffer.from(logId).toString('hex')];
  return `{"body":"${body}","integratedTime":${integratedTime},"logID":"${id}","logIndex":${logIndex}}`;
}

/** Times beyond those of calendars are no times. */
function timeOf(seconds: string): Date {
  const time = new Date(Number(seconds) * 1000);
  if (!Number.isNaN(time.getTime())) return time;
  throw wrongEntry('LOG_ENTRY_INVALID', 'has a time that is none');
}

/** An index that names what is of somebody else, or what is not there. */
function indexProblem(
  task: ReadingTask,
  entries: readonly ProvenEntry[],
  missing: readonly string[],
): VerificationError | undefined {
  const foreign = entries.find(({ judgement }) => !judgement.isNamed);
  if (foreign !== undefined)
    return wrongIndex(task, `names entry ${foreign.entry.logIndex}, which is of somebody else`);
  return missing.length > 0 ? wrongIndex(task, 'names an entry that the log does not have') : undefined;
}

/** Entries that the user knows have to be in the index, too; if one is not, the log itself says whether it has it. */
async function hiddenProblem(
  task: ReadingTask,
  ids: ReadonlyMap<string, string>,
): Promise<VerificationError | undefined> {
  const hidden = task.known.find(({ leaf, body }) => !ids.has(leaf) && task.lookout.judge(body).sighting !== undefined);
  if (hidden === undefined) return undefined;
  const call = question(task, 'api/v1/log/entries/retrieve', { entryUUIDs: [hidden.leaf] });
  const isThere = listIn(call, await askLog(call)).length > 0;
  return isThere ? wrongIndex(task, `does not name the entry of '${escape(hidden.path)}'`) : lostEntry(task, hidden);
}

/** The newest head of every tree, all of one history: with what was remembered, and with what came along with entries. */
async function provenHeads(task: ReadingTask, entries: readonly ProvenEntry[]): Promise<readonly Head[]> {
  const call = logQuestion(task.base, 'api/v1/log', task.patience, LARGEST_ANSWER);
  const { inactiveShards = [], ...active } = objectIn(call, await askLog(call));
  const trees = [active, ...(Array.isArray(inactiveShards) ? inactiveShards : [])];
  const shown = trees.map((tree) => openCheckpoint(text(call, isRecord(tree) && tree['signedTreeHead']), task.logs));
  const alongside = entries.map(({ head }) => head);
  return checkHistory(task.logs[0].url, task.seen, [...shown, ...alongside], async (earlier, later) =>
    isConsistent(earlier, later, earlier.size === 0n ? [] : await consistencyProof(task, earlier, later)),
  );
}

async function consistencyProof(task: ReadingTask, { size }: Head, later: Head): Promise<readonly Buffer[]> {
  const [, tree] = / - (\d+)$/.exec(later.origin) ?? [];
  const sizes = `firstSize=${size}&lastSize=${later.size}${tree === undefined ? '' : `&treeID=${tree}`}`;
  const call = logQuestion(task.base, `api/v1/log/proof?${sizes}`, task.patience, LARGEST_ANSWER);
  const { hashes } = objectIn(call, await askLog(call));
  if (!Array.isArray(hashes)) throw failedCall(call, 'answered with a proof that is not complete');
  return hashes.map((hash) => bytes(call, hash, 'hex'));
}

function question({ base, patience }: ReadingTask, path: string, body: object): ServiceCall {
  return { ...logCall(base, path, Buffer.from(JSON.stringify(body)), patience), largest: LARGEST_ANSWER };
}

function foundEntry({ knownLeaves }: ReadingTask, { leaf, entry, judgement: { sighting } }: ProvenEntry): FoundEntry[] {
  if (sighting === undefined) return [];
  return [
    { ...sighting, isKnown: knownLeaves.has(leaf), index: entry.logIndex, promised: timeOf(entry.integratedTime) },
  ];
}

function wrongIndex({ logs: [{ url }] }: ReadingTask, what: string): VerificationError {
  const hint =
    'an entry is in the index some seconds after it is in the log: run again; if it stays so, the index lies';
  return new VerificationError('LOG_INDEX_WRONG', `the index of the log '${escape(url)}' ${what}`, { hint });
}

function wrongEntry(
  code: 'LOG_ENTRY_INVALID' | 'LOG_KEY_NOT_VALID' | 'LOG_PROMISE_INVALID' | 'LOG_PROOF_INVALID',
  what: string,
): VerificationError {
  const hint = 'do not believe what this log says; ask whoever runs it';
  return new VerificationError(code, `an entry of the log ${what}`, { hint });
}
