// SPDX-License-Identifier: Apache-2.0
// Asks a timestamp authority for a token (RFC 3161 section 3.4, over HTTP), and believes only what answers the question:
// same data, same nonce, a whole token.

import { randomBytes } from 'node:crypto';

import { OctetString } from '@peculiar/asn1-schema';
import { MessageImprint, TimeStampReq } from '@peculiar/asn1-tsp';
import { AlgorithmIdentifier } from '@peculiar/asn1-x509';

import { SigningError, VerificationError } from '../errors.js';
import { escape } from '../native.js';
import { type DerValue, TAG, childrenOf, encode, expectTag, readDer } from './asn1.js';
import { type Patience, type ServiceCall, callService, failedCall } from './service-call.js';
import { checkFreshTimestamp } from './timestamp.js';
import { digestOf } from './timestamp-token.js';

/** How to ask. */
export interface TimestampRequestOptions {
  /** Stops waiting when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Milliseconds to wait for the answer.
   * @default 30000
   */
  readonly timeout?: number | undefined;
}

const SHA256 = '2.16.840.1.101.3.4.2.1';
const LARGEST_ANSWER = 262_144;
const TIMEOUT_MS = 30_000;

/** Gets the authority's whole answer, in DER, as bundles hold it: that it was granted, and the token over a signature. */
export async function requestTimestamp(
  url: URL,
  signature: Uint8Array,
  { signal, timeout = TIMEOUT_MS }: TimestampRequestOptions = {},
): Promise<Uint8Array> {
  const nonce = newNonce();
  const answer = await post(url, newRequest(signature, nonce), { signal, timeout });
  checkToken(tokenIn(answer), signature, nonce);
  return answer;
}

/** 127 bits, and never a leading byte that DER would leave out. */
function newNonce(): Buffer {
  const nonce = randomBytes(16);
  nonce[0] = ((nonce[0] ?? 0) & 0x3f) | 0x40;
  return nonce;
}

function newRequest(signature: Uint8Array, nonce: Buffer): Uint8Array<ArrayBuffer> {
  const hashAlgorithm = new AlgorithmIdentifier({ algorithm: SHA256, parameters: null });
  const hashedMessage = new OctetString(Uint8Array.from(digestOf('sha256', signature)));
  const messageImprint = new MessageImprint({ hashAlgorithm, hashedMessage });
  return Uint8Array.from(
    encode(new TimeStampReq({ messageImprint, nonce: Uint8Array.from(nonce).buffer, certReq: true })),
  );
}

/** Redirects are refused: they would turn the question into another one. */
async function post(url: URL, body: Uint8Array<ArrayBuffer>, patience: Patience): Promise<Buffer> {
  const headers = { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' };
  const about = { who: 'the timestamp authority', code: 'TIMESTAMP_REQUEST_FAILED' } as const;
  const call: ServiceCall = { ...patience, ...about, url, headers, body, largest: LARGEST_ANSWER };
  const answer = await callService(call);
  if (answer.status === 200) return answer.body;
  throw failedCall(call, `answered with HTTP status ${answer.status}`);
}

/** Status 0 and 1 are granted (RFC 3161 section 2.4.2). */
function tokenIn(answer: Buffer): Uint8Array {
  let parts: readonly DerValue[];
  let status: readonly DerValue[];
  try {
    parts = childrenOf(expectTag(readDer(answer), TAG.sequence));
    status = childrenOf(expectTag(parts[0], TAG.sequence));
    expectTag(status[0], TAG.integer);
  } catch (cause) {
    throw rejected('gave an answer that is malformed', cause);
  }
  const code = status[0]?.content;
  const granted = code?.length === 1 && (code[0] ?? 2) <= 1;
  if (granted && parts[1] !== undefined) return Uint8Array.from(parts[1].bytes);
  throw rejected(`refused: status ${Buffer.from(code ?? []).toString('hex')}${statusText(status[1])}`);
}

function statusText(value: DerValue | undefined): string {
  if (value?.tag !== TAG.sequence) return '';
  const text = Buffer.concat(childrenOf(value).map(({ content }) => content)).toString();
  return `, ${escape(text.slice(0, 200))}`;
}

function checkToken(token: Uint8Array, signature: Uint8Array, nonce: Buffer): void {
  let answered: string | undefined;
  try {
    answered = checkFreshTimestamp(token, signature).nonce;
  } catch (cause) {
    if (cause instanceof VerificationError) throw rejected(`gave a token that is not good: ${cause.message}`, cause);
    throw cause;
  }
  if (answered === nonce.toString('hex')) return;
  const hint = 'somebody may have replayed an old answer; sign again';
  throw new SigningError('TIMESTAMP_NONCE_MISMATCH', 'the timestamp answers another request', { hint });
}

function rejected(what: string, cause?: unknown): SigningError {
  const hint = 'try again, or ask another authority';
  return new SigningError('TIMESTAMP_REJECTED', `the timestamp authority ${what}`, { hint, cause });
}
