// SPDX-License-Identifier: Apache-2.0
// Verifying with certificates: signature, then the moment, then a path to an anchor at that moment, then the pins.

import { InputError, VerificationError } from '../errors.js';
import type { Authentication, SignedBundle } from '../method.js';
import { verifyMessage } from './algorithms.js';
import { type ResolvedVerifierOptions, noAnchor } from './certificate.js';
import { MOST_CERTIFICATES, readCertificates, readRevocationLists } from './certificate-file.js';
import { findPath } from './certificate-path.js';
import { PURPOSE, checkModelSigner, fingerprintRemark, shortName } from './certificate-rules.js';
import { type RevocationList, withoutList } from './crl.js';
import { remarksOnWitnesses, trustedMoments } from './trusted-time.js';
import { type Certificate, parseCertificate } from './x509.js';
import { type GeneralName, generalNameText } from './x509-name.js';

/** Whom a verifier trusts, and whom it wants. */
interface Policy extends Pick<ResolvedVerifierOptions, 'identity' | 'fingerprint' | 'logFingerprints'> {
  readonly anchors: readonly Certificate[];
  readonly intermediates: readonly Certificate[];
  readonly revocationLists: readonly RevocationList[];
  readonly authorities: readonly Certificate[];
}

/** Reads what the options name, and returns what verifies with it. */
export async function loadVerifier(
  options: ResolvedVerifierOptions,
): Promise<(bundle: SignedBundle) => Promise<Authentication>> {
  const [chain, named, revocationLists, authorities] = await Promise.all([
    readCertificates(options.certificateChain),
    readCertificates(options.trustAnchors),
    readRevocationLists(options.crls),
    readCertificates(options.timestampAuthorities),
  ]);
  const anchors = [...named, ...chain.filter(({ selfSigned }) => selfSigned)];
  if (anchors.length === 0) throw anchorless(chain);
  const intermediates = chain.filter(({ selfSigned }) => !selfSigned);
  const { identity, fingerprint, logFingerprints } = options;
  const policy = { anchors, intermediates, revocationLists, authorities, identity, fingerprint, logFingerprints };
  return async (bundle) => verifyWith(policy, bundle);
}

async function verifyWith(policy: Policy, bundle: SignedBundle): Promise<Authentication> {
  const [leaf, others] = certificatesOf(bundle);
  checkModelSigner(leaf);
  await checkSignature(leaf, bundle);
  const moments = await trustedMoments(bundle, policy);
  const [path = [leaf]] = moments.map(({ time }) => findPath(leaf, pathRequest(policy, others, time)));
  checkPins(leaf, policy);
  const [time] = moments;
  return { signer: evidenceOf(path, leaf), time, remarks: remarksOn(path, policy, bundle) };
}

/** The leaf, and what else the bundle holds: nothing but candidates for intermediates. */
function certificatesOf({ material }: SignedBundle): [leaf: Certificate, others: readonly Certificate[]] {
  if (material.kind !== 'certificateChain') {
    const [method, what] = material.kind === 'sigstore' ? ['sigstore', 'Sigstore'] : ['key', 'a key'];
    const hint = `verify it with the ${method} method`;
    const message = `the bundle was signed with ${what}, not with a certificate, and the method is certificate`;
    throw new VerificationError('MATERIAL_MISMATCH', message, { hint });
  }
  const { certificates } = material;
  if (certificates.length > MOST_CERTIFICATES) {
    const message = `the bundle holds ${certificates.length} certificates, and the limit is ${MOST_CERTIFICATES}`;
    throw new VerificationError('CERTIFICATE_TOO_MANY', message, { hint: 'sign again with fewer' });
  }
  const [leaf, ...others] = certificates.map(parseOne);
  if (leaf !== undefined) return [leaf, others];
  const hint = 'sign again';
  throw new VerificationError('CERTIFICATE_MISSING', 'the bundle holds no certificate', { hint });
}

function parseOne(der: Uint8Array, index: number): Certificate {
  try {
    return parseCertificate(der);
  } catch (cause) {
    const message = `certificate number ${index + 1} of the bundle is malformed`;
    throw new VerificationError('CERTIFICATE_FORMAT', message, { hint: 'do not trust this bundle', cause });
  }
}

async function checkSignature(leaf: Certificate, bundle: SignedBundle): Promise<void> {
  const { message, signature, forcedHash } = bundle;
  const key = leaf.publicKey;
  if (key !== undefined && (await verifyMessage(key, message, signature, forcedHash))) return;
  const what = `the signature is not one of the certificate '${shortName(leaf.subject)}'`;
  const hint = 'the bundle was changed after it was signed, or signed otherwise: do not trust it';
  throw new VerificationError('SIGNATURE_INVALID', what, { hint });
}

function pathRequest(policy: Policy, others: readonly Certificate[], time: Date): Parameters<typeof findPath>[1] {
  const { anchors, intermediates, revocationLists } = policy;
  const purpose = PURPOSE.codeSigning;
  return { anchors, intermediates: [...intermediates, ...others], revocationLists, time, purpose };
}

/** Whole names only; the signature is good by now, and only the signer is another one. */
function checkPins(leaf: Certificate, { identity, fingerprint }: Policy): void {
  const name = shortName(leaf.subject);
  if (fingerprint !== undefined && fingerprint !== leaf.fingerprint) {
    const message = `the certificate '${name}' is not the one with the fingerprint asked for`;
    const hint = `its fingerprint is ${leaf.fingerprint}`;
    throw new VerificationError('FINGERPRINT_MISMATCH', message, { hint });
  }
  if (identity === undefined || leaf.subjectAltNames.some((alternative) => isCalled(alternative, identity))) return;
  const message = `the certificate '${name}' does not have the identity asked for`;
  throw new VerificationError('IDENTITY_MISMATCH', message, { hint: 'the identity is compared as a whole' });
}

/** Of its own kind, too: an authority that may name only hosts could write an address into the name of a host. */
function isCalled(alternative: GeneralName, identity: string): boolean {
  if (!('text' in alternative) || alternative.text !== identity) return false;
  if (/^[a-z][a-z0-9+.-]*:/i.test(identity)) return alternative.kind === 'uri';
  if (identity.includes('@')) return alternative.kind === 'email';
  return alternative.kind === 'dns' || alternative.kind === 'other';
}

function evidenceOf(path: readonly Certificate[], leaf: Certificate): Authentication['signer'] {
  return {
    method: 'certificate',
    subject: leaf.subject.text,
    subjectAltNames: leaf.subjectAltNames.map(generalNameText),
    fingerprint: leaf.fingerprint,
    chain: path.map(({ subject }) => subject.text),
  };
}

function remarksOn(path: readonly Certificate[], policy: Policy, bundle: SignedBundle): string[] {
  const { revocationLists, logFingerprints } = policy;
  const uncovered = revocationLists.length === 0 ? [] : withoutList(path, revocationLists);
  return [
    ...remarksOnWitnesses(bundle, policy),
    ...uncovered.map(({ subject }) => `no revocation list covers '${shortName(subject)}'`),
    ...(logFingerprints ? path.map(fingerprintRemark) : []),
  ];
}

function anchorless(chain: readonly Certificate[]): InputError {
  const [first] = chain;
  if (first === undefined) return noAnchor();
  const message = `no certificate given is a root: '${shortName(first.subject)}' is an intermediate`;
  const hint = 'add the root to the chain, or name a certificate as trust anchor';
  return new InputError('TRUST_ANCHOR_MISSING', message, { hint });
}
