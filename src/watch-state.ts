// SPDX-License-Identifier: Apache-2.0
// What a watch remembers from one run to the next, in one file: for whom it looks, what the logs signed, and where reading
// stopped. A file that is damaged, of another watch, or written by another run meanwhile is refused and not replaced.

import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

import { InputError, ModelSigningError } from './errors.js';
import type { LogMemory } from './methods/sigstore-reading.js';
import type { Wanted } from './methods/sigstore-sighting.js';
import { escape, parseJson } from './native.js';
import { isObject } from './option-reader.js';
import { checkPlainOutput, writeOutput } from './output.js';

/** What is remembered. */
export interface WatchState {
  readonly logs: readonly LogMemory[];
  /** The bytes that were read; nothing before the first run. */
  readonly bytes: Buffer | undefined;
}

const FORMAT = 'model-signing log watch 1';
const LARGEST = 64 * 1_048_576;
const FLAGS = constants.O_RDONLY | (process.platform === 'win32' ? 0 : constants.O_NONBLOCK);
const BEGIN_ANEW = 'restore it, or begin anew with another file: the first run says from where it starts';

/** Reads what the last run left, once it is known that this run could write. */
export async function openState(path: string, wanted: Wanted, inputs: readonly string[]): Promise<WatchState> {
  await checkPlainOutput(path, inputs);
  const bytes = await readState(path);
  return { logs: bytes === undefined ? [] : logsIn(path, bytes, wanted), bytes };
}

/** Writes what the next run needs; what another run wrote meanwhile is newer, and stays. */
export async function saveState(
  path: string,
  wanted: Wanted,
  { bytes }: WatchState,
  logs: readonly LogMemory[],
): Promise<void> {
  const now = await readState(path);
  const isSame = now === undefined || bytes === undefined ? now === bytes : now.equals(bytes);
  if (!isSame) throw unusable(path, 'another run has changed it meanwhile', 'let one run end before the next begins');
  const watch = JSON.stringify({ wanted: wantedAs(wanted), logs });
  await writeOutput(path, `{"format":${JSON.stringify(FORMAT)},"watch":${watch},"sha256":"${sha256(watch)}"}\n`);
}

function logsIn(path: string, bytes: Buffer, wanted: Wanted): readonly LogMemory[] {
  const { format, watch, sha256: sum } = documentIn(path, bytes);
  if (format !== FORMAT) throw unusable(path, 'it is no state of a watch', 'give the path of one, or of no file yet');
  if (sum !== sha256(JSON.stringify(watch ?? null))) throw unusable(path, 'it was damaged or changed', BEGIN_ANEW);
  const { wanted: whom, logs }: { wanted?: unknown; logs?: unknown } = isObject(watch) ? watch : {};
  if (JSON.stringify(whom) !== JSON.stringify(wantedAs(wanted))) throw foreign(path);
  if (Array.isArray(logs) && logs.every(isMemory)) return logs;
  throw unusable(path, 'it does not say what a state says', BEGIN_ANEW);
}

function documentIn(path: string, bytes: Buffer): Readonly<Record<string, unknown>> {
  try {
    const document = parseJson(bytes);
    return isObject(document) ? document : {};
  } catch (cause) {
    const why = cause instanceof ModelSigningError ? `: ${cause.message}` : '';
    throw unusable(path, `it is no state of a watch${why}`, BEGIN_ANEW, cause);
  }
}

/** In one order, with nothing for what was not given. */
function wantedAs({ identity, identityRegex, identityProvider }: Wanted): object {
  return {
    identity: identity ?? null,
    identityRegex: identityRegex ?? null,
    identityProvider: identityProvider ?? null,
  };
}

function isMemory(value: unknown): value is LogMemory {
  if (!isObject(value)) return false;
  const { log, checkpoints, next, seen } = value;
  return (
    typeof log === 'string' &&
    areTexts(checkpoints) &&
    checkpoints.length > 0 &&
    (next === undefined || (typeof next === 'string' && /^\d{1,19}$/.test(next))) &&
    (seen === undefined || (areTexts(seen) && seen.every((leaf) => /^[0-9a-f]{64}$/.test(leaf))))
  );
}

function areTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

async function readState(path: string): Promise<Buffer | undefined> {
  const file = await open(path, FLAGS).catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw unusable(path, 'it cannot be read', 'check its permissions, and those of its folder', cause);
  });
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    if (size > LARGEST) throw unusable(path, 'it is larger than 64 MiB', BEGIN_ANEW);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function foreign(path: string): InputError {
  const message = `the state file '${escape(path)}' is of a watch on somebody else`;
  return new InputError('LOG_STATE_FOREIGN', message, { hint: 'give each identity a state file of its own', path });
}

function unusable(path: string, why: string, hint: string, cause?: unknown): InputError {
  return new InputError('LOG_STATE_INVALID', `the state file '${escape(path)}' cannot be used: ${why}`, {
    hint,
    path,
    cause,
  });
}
