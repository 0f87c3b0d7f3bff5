// SPDX-License-Identifier: Apache-2.0
// Rekor, version 1: the log takes the whole envelope, and promises at once to include it. An entry that it has already
// is taken over: an answer that was lost on its way makes one.

import { createHash } from 'node:crypto';

import type { LogEntry } from '../method.js';
import {
  type Patience,
  type ServiceAnswer,
  type ServiceCall,
  callService,
  isRecord,
  objectIn,
} from './service-call.js';
import {
  type LogCall,
  type Testimony,
  brokenEntry,
  bytes,
  logCall,
  postEntry,
  readProof,
  text,
  whole,
} from './sigstore-log.js';

const PATH = 'api/v1/log/entries';
const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** Has a signature entered into a log. */
export async function enterRekor1(base: URL, testimony: Testimony, patience: Patience): Promise<LogEntry> {
  const body = Buffer.from(JSON.stringify(entryRequest(testimony)));
  const call = logCall(base, PATH, body, patience);
  const answer = await postEntry(call);
  return answer.status === 409 ? takeOver(call, answer) : onlyEntry(call, answer);
}

function entryRequest({ payload, message, signature, certificate }: Testimony) {
  const pem = base64(Buffer.from(certificate.toString()));
  return payload === undefined ? ofBytes(message, signature, pem) : ofEnvelope(payload, signature, pem);
}

/** `dsse` 0.0.1; the log takes the envelope as text. */
function ofEnvelope(payload: Uint8Array, signature: Uint8Array, verifier: string) {
  const envelope = JSON.stringify({
    payload: base64(payload),
    payloadType: PAYLOAD_TYPE,
    signatures: [{ sig: base64(signature), keyid: '' }],
  });
  return { apiVersion: '0.0.1', kind: 'dsse', spec: { proposedContent: { envelope, verifiers: [verifier] } } };
}

/** `hashedrekord` 0.0.1; the log takes a digest. */
function ofBytes(message: Uint8Array, signature: Uint8Array, verifier: string) {
  const hash = { algorithm: 'sha256', value: createHash('sha256').update(message).digest('hex') };
  const written = { content: base64(signature), publicKey: { content: verifier } };
  return { apiVersion: '0.0.1', kind: 'hashedrekord', spec: { data: { hash }, signature: written } };
}

/** Of the place that the log names only the entry's own name counts: a log may not know its address from outside. */
async function takeOver(call: LogCall, { headers }: ServiceAnswer): Promise<LogEntry> {
  const [, name] = /\/([0-9a-f]{64,80})$/.exec(headers.get('location') ?? '') ?? [];
  if (name === undefined) throw brokenEntry(call);
  const { body: _, ...rest } = call;
  const question: ServiceCall = { ...rest, url: new URL(`${call.url.href}/${name}`), method: 'GET' };
  const answer = await callService(question);
  if (answer.status !== 200) throw brokenEntry(question);
  return onlyEntry(question, answer);
}

/** One member, named by the entry's own name. Whether the entry is the right one, the finished bundle will tell. */
function onlyEntry(call: ServiceCall, answer: ServiceAnswer): LogEntry {
  const [found, ...more] = Object.values(objectIn(call, answer));
  if (more.length > 0) throw brokenEntry(call);
  return readEntry(call, found);
}

/** An entry as logs of version 1 tell it. */
export function readEntry(call: ServiceCall, found: unknown): LogEntry {
  if (!isRecord(found)) throw brokenEntry(call);
  const { verification } = found;
  if (!isRecord(verification) || !isRecord(verification['inclusionProof'])) throw brokenEntry(call);
  const body = bytes(call, found['body'], 'base64');
  return {
    logIndex: whole(call, found['logIndex']),
    logId: bytes(call, found['logID'], 'hex'),
    ...kindOf(call, body),
    integratedTime: whole(call, found['integratedTime']),
    inclusionPromise: bytes(call, verification['signedEntryTimestamp'], 'base64'),
    inclusionProof: readProof(call, verification['inclusionProof'], 'hex'),
    canonicalizedBody: body,
  };
}

function kindOf(call: ServiceCall, body: Buffer): { kind: string; version: string } {
  const { kind, apiVersion } = objectIn(call, { status: 200, headers: new Headers(), body });
  return { kind: text(call, kind), version: text(call, apiVersion) };
}

function base64(content: Uint8Array): string {
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('base64');
}
