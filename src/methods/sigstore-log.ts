// SPDX-License-Identifier: Apache-2.0
// Transparency logs, what both versions share: what is told to one, how it refuses, and the entry it answers with.

import type { X509Certificate } from 'node:crypto';

import { SigningError } from '../errors.js';
import type { InclusionProof, LogEntry } from '../method.js';
import {
  type Patience,
  type ServiceAnswer,
  type ServiceCall,
  addressOf,
  callService,
  failedCall,
  isRecord,
  objectIn,
  refusalText,
} from './service-call.js';

/** What is told to a log. */
export interface Testimony {
  /** The statement; nothing where bare bytes were signed. */
  readonly payload: Uint8Array | undefined;
  /** The bytes that the signature covers. */
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  readonly certificate: X509Certificate;
}

/** A call that carries a body. */
export type LogCall = ServiceCall & { readonly body: Uint8Array<ArrayBuffer> };

const WHO = 'the transparency log';
/** Below this nobody would speak of size. */
const LARGE_BODY = 1_048_576;

/** A call of a log. */
export function logCall(base: URL, path: string, body: Uint8Array<ArrayBuffer>, patience: Patience): LogCall {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  return { ...patience, who: WHO, code: 'LOG_REQUEST_FAILED', url: placeIn(base, path), headers, body };
}

/** A question to a log, which is answered with no more than so many bytes. */
export function logQuestion(base: URL, path: string, patience: Patience, largest: number): ServiceCall {
  return { ...patience, who: WHO, code: 'LOG_REQUEST_FAILED', url: placeIn(base, path), method: 'GET', largest };
}

function placeIn(base: URL, path: string): URL {
  return new URL(path, `${base.href.replace(/\/$/, '')}/`);
}

/** Asks a log; any answer but what was asked for is a refusal, and so is a redirect. */
export async function askLog(call: ServiceCall): Promise<ServiceAnswer> {
  return answered(call, await callService(call));
}

/** Asks a log for what it may not have. */
export async function seekInLog(call: ServiceCall): Promise<ServiceAnswer | undefined> {
  const answer = await callService(call);
  return answer.status === 404 ? undefined : answered(call, answer);
}

function answered(call: ServiceCall, answer: ServiceAnswer): ServiceAnswer {
  if (answer.status === 200) return answer;
  const message = `${WHO} ${addressOf(call.url)} refused to answer: ${refusalText(answer)}`;
  throw new SigningError('LOG_REQUEST_REFUSED', message, { hint: 'try again; if it stays so, ask who runs the log' });
}

/** Posts an entry. An answer that is no refusal is the caller's to read; so is the entry that is there already. */
export async function postEntry(call: LogCall): Promise<ServiceAnswer> {
  const answer = await callService(call).catch((cause: unknown) => {
    throw cause instanceof SigningError && call.body.length > LARGE_BODY ? sizeMayMatter(call, cause) : cause;
  });
  if ([200, 201, 409].includes(answer.status)) return answer;
  if (answer.status === 413) throw tooLarge(call);
  const message = `${WHO} ${addressOf(call.url)} refused the entry: ${refusalText(answer)}`;
  throw new SigningError('LOG_REQUEST_REFUSED', message, { hint: 'sign again; if it stays so, ask who runs the log' });
}

/** An entry in the form of bundles (protocol buffers in JSON, where a zero may be left out). */
export function readEntry(call: ServiceCall, answer: ServiceAnswer): LogEntry {
  const found = objectIn(call, answer);
  const { kindVersion, logId, inclusionPromise: promise, inclusionProof: proof } = found;
  if (!isRecord(kindVersion) || !isRecord(logId) || !isRecord(proof)) throw brokenEntry(call);
  return {
    logIndex: whole(call, found['logIndex']),
    logId: bytes(call, logId['keyId'], 'base64'),
    kind: text(call, kindVersion['kind']),
    version: text(call, kindVersion['version']),
    integratedTime: whole(call, found['integratedTime']),
    inclusionPromise: isRecord(promise) ? bytes(call, promise['signedEntryTimestamp'], 'base64') : undefined,
    inclusionProof: readProof(call, { ...proof, checkpoint: checkpointIn(proof['checkpoint']) }, 'base64'),
    canonicalizedBody: bytes(call, found['canonicalizedBody'], 'base64'),
  };
}

/** The way to the root of a log's tree; hashes in the one or the other encoding. */
export function readProof(
  call: ServiceCall,
  proof: Readonly<Record<string, unknown>>,
  encoding: 'base64' | 'hex',
): InclusionProof {
  const hashes: unknown = proof['hashes'] ?? [];
  if (!Array.isArray(hashes)) throw brokenEntry(call);
  return {
    logIndex: whole(call, proof['logIndex']),
    treeSize: whole(call, proof['treeSize']),
    rootHash: bytes(call, proof['rootHash'], encoding),
    hashes: hashes.map((hash) => bytes(call, hash, encoding)),
    checkpoint: text(call, proof['checkpoint']),
  };
}

/** A whole number, as a number or as decimal text; one that is left out is 0. */
export function whole(call: ServiceCall, value: unknown = 0): string {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return String(value);
  if (typeof value === 'string' && /^\d{1,19}$/.test(value)) return value;
  throw brokenEntry(call);
}

/** Bytes that are written as text. */
export function bytes(call: ServiceCall, value: unknown, encoding: 'base64' | 'hex'): Buffer {
  const decoded = typeof value === 'string' ? Buffer.from(value, encoding) : Buffer.alloc(0);
  if (decoded.length > 0) return decoded;
  throw brokenEntry(call);
}

/** Text that is there. */
export function text(call: ServiceCall, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw brokenEntry(call);
}

/** The error for an entry that lacks what a verifier needs. */
export function brokenEntry(call: ServiceCall): SigningError {
  return failedCall(call, 'answered with an entry that is not complete');
}

function checkpointIn(value: unknown): unknown {
  return isRecord(value) ? value['envelope'] : undefined;
}

const SMALLER = 'sign with a log of version 2, which takes digests only; or with larger shards; or fewer files';

function tooLarge({ url, body }: LogCall): SigningError {
  const message = `${WHO} ${addressOf(url)} does not take an entry of ${megabytes(body)} MB`;
  return new SigningError('LOG_TOO_LARGE', message, { hint: SMALLER });
}

/** A server that does not want to read so much may just hang up. */
function sizeMayMatter({ body }: LogCall, cause: SigningError): SigningError {
  const hint = `the entry has ${megabytes(body)} MB, which may be more than the log takes: ${SMALLER}`;
  return new SigningError(cause.code, cause.message, { hint, cause });
}

function megabytes({ length }: Uint8Array): string {
  return (length / 1e6).toFixed(length < 1e7 ? 1 : 0);
}
