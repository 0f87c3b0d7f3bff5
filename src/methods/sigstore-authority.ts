// SPDX-License-Identifier: Apache-2.0
// Whether an authority that an instance vouches for issued a certificate.

import { VerificationError } from '../errors.js';
import { findPath } from './certificate-path.js';
import { PURPOSE, refusal } from './certificate-rules.js';
import { type Trust, isWithin } from './sigstore-trust.js';
import type { Certificate } from './x509.js';

/** Refuses a certificate that none issued; any authority that the instance vouched for at that time will do. */
export function checkIssued(leaf: Certificate, { certificateAuthorities, source }: Trust, time: Date): void {
  const purpose = PURPOSE.codeSigning;
  let first: VerificationError | undefined;
  for (const { chain } of certificateAuthorities.filter(({ span }) => isWithin(time, span))) {
    const anchors = chain.slice(-1);
    try {
      findPath(leaf, { anchors, intermediates: chain.slice(0, -1), revocationLists: [], time, purpose });
      return;
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error;
      first = mostTelling(first, error);
    }
  }
  if (first !== undefined) throw first;
  const what = `was used at ${time.toISOString()}, when ${source} had no authority`;
  throw refusal('CERTIFICATE_UNTRUSTED', leaf, what, 'fetch what it trusts now: model-signing trust update');
}

/** That one authority did not issue the certificate says less than why the one that did is not accepted. */
function mostTelling(first: VerificationError | undefined, error: VerificationError): VerificationError {
  return first === undefined || error.code !== 'CERTIFICATE_UNTRUSTED' ? error : first;
}
