// SPDX-License-Identifier: Apache-2.0
// RFC 3161 timestamps, verified: only a token over this very signature, made by an authority the user names, has a time
// that can be trusted. CMS as in RFC 5652 section 5.4, the signer bound as in RFC 5035.

import { VerificationError } from '../errors.js';
import type { Certificate } from './x509.js';
import type { RevocationList } from './crl.js';
import { findPath } from './certificate-path.js';
import { PURPOSE, checkTimestampSigner, shortName } from './certificate-rules.js';
import { type Token, digestOf, isMadeBy, readToken, refuseToken } from './timestamp-token.js';

/** Whom to believe about time. */
export interface TimestampTrust {
  /** Certificates of authorities: roots, intermediates or leaves; each is an anchor. */
  readonly authorities: readonly Certificate[];
  readonly revocationLists: readonly RevocationList[];
}

/** Clocks differ; a token from further in the future than this was not made honestly. */
const CLOCK_SKEW_MS = 5 * 60_000;

/** Says when a signature was made, or throws: one flaw in a token makes it worthless. */
export function verifyTimestamp(der: Uint8Array, signature: Uint8Array, trust: TimestampTrust): Date {
  const token = readToken(der);
  checkImprint(token, signature);
  const signer = findSigner(token, trust.authorities);
  checkAuthority(signer, token, trust);
  return token.time;
}

/** Checks a token that was just made: it is whole, and over this signature. Whom to trust, verifiers decide. */
export function checkFreshTimestamp(der: Uint8Array, signature: Uint8Array): Token {
  const token = readToken(der);
  checkImprint(token, signature);
  checkTimestampSigner(findSigner(token, []));
  return token;
}

function checkImprint({ imprint }: Token, signature: Uint8Array): void {
  if (Buffer.from(imprint.digest).equals(digestOf(imprint.hash, signature))) return;
  throw refuseToken('TIMESTAMP_IMPRINT_MISMATCH', 'is over other data than this signature', 'do not trust its time');
}

/** The authority's certificate may be left out of a token (RFC 3161 section 2.4.1, certReq). */
function findSigner(token: Token, authorities: readonly Certificate[]): Certificate {
  const signer = [...token.certificates, ...authorities].find((certificate) => token.names(certificate));
  if (signer === undefined) {
    const what = 'does not hold the certificate that made it';
    throw refuseToken('TIMESTAMP_UNTRUSTED', what, 'give the certificate of the authority');
  }
  if (isMadeBy(token, signer)) return signer;
  throw refuseToken('TIMESTAMP_SIGNATURE_INVALID', 'has a signature that is not good', 'do not trust its time');
}

function checkAuthority(signer: Certificate, token: Token, { authorities, revocationLists }: TimestampTrust): void {
  checkTimestampSigner(signer);
  if (token.time.getTime() > Date.now() + CLOCK_SKEW_MS) {
    const what = `is from the future (${token.time.toISOString()})`;
    throw refuseToken('TIMESTAMP_FUTURE', what, 'check the clock of this machine');
  }
  const { certificates: intermediates, time } = token;
  const purpose = PURPOSE.timeStamping;
  try {
    findPath(signer, { anchors: authorities, intermediates, revocationLists, time, purpose });
  } catch (cause) {
    if (!(cause instanceof VerificationError)) throw cause;
    const what = `was made by '${shortName(signer.subject)}', which is not trusted: ${cause.message}`;
    throw refuseToken('TIMESTAMP_UNTRUSTED', what, 'name the authority that made it', cause);
  }
}
