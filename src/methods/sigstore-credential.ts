// SPDX-License-Identifier: Apache-2.0
// What signs: a key that lives in this process only, and the certificate that says whose it is. It is got before a model
// is hashed, so that whatever can be refused is refused then; a token may die meanwhile, the certificate lives longer.
// What hashing outlived is got again.

import { type KeyObject, type X509Certificate, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';

import type { Patience } from './service-call.js';
import { requestCertificate } from './sigstore-fulcio.js';
import type { TokenSource } from './sigstore-identity.js';

/** A key, its certificate, and since when we have it. */
export interface Credential {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly certificate: X509Certificate;
  /** By this machine's clock, whose difference from the authority's plays no part. */
  readonly since: number;
}

/** What a certificate must still live when it signs, in milliseconds: time for the logs to answer. */
const RESERVE_MS = 60_000;

const newKeyPair = promisify(generateKeyPair);

/** Gets a credential from an authority. */
export async function newCredential(authority: URL, source: TokenSource, patience: Patience): Promise<Credential> {
  const pair = await newKeyPair('ec', { namedCurve: 'P-256' });
  const token = await source.token(patience);
  try {
    const certificate = await requestCertificate(authority, pair, token, patience);
    return { ...pair, certificate, since: Date.now() };
  } finally {
    token.wipe();
  }
}

/** Whether a credential lives long enough to sign now. A clock that went back says nothing. */
export function isFresh({ certificate, since }: Credential, now: number = Date.now()): boolean {
  const lifetime = Date.parse(certificate.validTo) - Date.parse(certificate.validFrom);
  return now >= since && now - since < lifetime - RESERVE_MS;
}
