// SPDX-License-Identifier: Apache-2.0
// Verifying with Sigstore: everything about the signature, and only then whether it is a signer whom the user accepts.

import { VerificationError } from '../errors.js';
import type { Authentication, Seal, SignedBundle } from '../method.js';
import { type SigstoreSubject, leafOf, subjectOf } from './sigstore-certificate.js';
import { type Content, contentOf } from './sigstore-content.js';
import { type Instance, openInstance } from './sigstore-instance.js';
import type { Thresholds } from './sigstore-library.js';
import { checkSigner, nobodyAllowed } from './sigstore-policy.js';
import { verifySeal } from './sigstore-seal.js';
import { type Trust, trustOf } from './sigstore-trust.js';
import type { ResolvedSigstoreVerifier } from './sigstore.js';

/** The least that a signature needs of each. */
export const ONE_OF_EACH: Thresholds = { logEntries: 1, timestamps: 1, certificateLogs: 1 };

/** Opens the instance, and returns what verifies bundles about models with it. */
export async function loadVerifier(
  options: ResolvedSigstoreVerifier,
): Promise<(bundle: SignedBundle) => Promise<Authentication>> {
  const verify = await loadSealVerifier(options);
  return async (bundle) => {
    if (bundle.forcedHash === undefined) return verify(bundle, contentOf(bundle));
    const message = 'statements of this old form were never signed with Sigstore';
    const hint = 'verify it with the method it was signed with';
    throw new VerificationError('LEGACY_FORBIDDEN', message, { hint });
  };
}

/** The same, whatever was signed. */
export async function loadSealVerifier({
  instance,
  allowed,
  thresholds,
}: ResolvedSigstoreVerifier): Promise<(seal: Seal, content: Content) => Promise<Authentication>> {
  const trust = trustOf(await openInstance(instance));
  return async (seal, content) => {
    if (allowed.length === 0) throw nobodyAllowed(subjectOf(leafOf(seal)));
    const { subject, authentication } = await verifyWith(seal, content, trust, thresholds);
    checkSigner(subject, allowed);
    return authentication;
  };
}

/** Verifies everything about a bundle but whether its signer is one whom somebody accepts: whoever has just signed is. */
export async function verifyOwn(seal: Seal, content: Content, instance: Instance): Promise<Authentication> {
  const { authentication } = await verifyWith(seal, content, trustOf(instance), ONE_OF_EACH);
  return authentication;
}

async function verifyWith(
  seal: Seal,
  content: Content,
  trust: Trust,
  thresholds: Thresholds,
): Promise<{ subject: SigstoreSubject; authentication: Authentication }> {
  const certificate = leafOf(seal);
  const { time, entries, remarks } = await verifySeal(seal, content, { certificate }, trust, thresholds);
  const subject = subjectOf(certificate);
  const { identities, issuer, claims } = subject;
  const identity = identities.join(', ');
  const signer = { method: 'sigstore', identity, issuer, claims, entries, instance: trust.source };
  return { subject, authentication: { signer, time, remarks } };
}
