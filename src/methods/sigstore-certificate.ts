// SPDX-License-Identifier: Apache-2.0
// Who a Sigstore certificate says it was issued to: the identity, the provider that vouched for it, and what else the
// provider said, by names for people. Fulcio's extensions are numbered 1.3.6.1.4.1.57264.1.N.

import { VerificationError } from '../errors.js';
import type { Seal } from '../method.js';
import { TAG, expectTag, readDer } from './asn1.js';
import { checkModelSigner, refusal } from './certificate-rules.js';
import { CLAIMS, type ClaimName, claimNames } from './sigstore-claims.js';
import { type Certificate, parseCertificate } from './x509.js';

/** Who a certificate was issued to. */
export interface SigstoreSubject {
  /** The whole of every subject alternative name; an authority writes one. */
  readonly identities: readonly string[];
  /** The identity provider. */
  readonly issuer: string;
  readonly claims: Readonly<Partial<Record<ClaimName, string>>>;
}

const ARC = '1.3.6.1.4.1.57264.1';
const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';
const OLD_ISSUER = 1;
const ISSUER = 8;

/** The first extensions hold bare text, all later ones a UTF8String. */
const LAST_BARE = 6;

/** The certificate that a bundle was signed with, which has to be fit for it. */
export function leafOf(seal: Seal): Certificate {
  const leaf = parseInBundle(leafBytes(seal));
  for (const other of seal.otherCertificates ?? []) refuseRoot(parseInBundle(other));
  checkModelSigner(leaf);
  if (leaf.extendedKeyUsage?.purposes.includes(CODE_SIGNING) !== true) {
    const hint = 'a Sigstore certificate has codeSigning in its extended key usage; do not trust this bundle';
    throw refusal('CERTIFICATE_EXTENDED_USAGE', leaf, 'is not for code signing', hint);
  }
  return leaf;
}

/** Nobody would believe it; who brings one along has not understood that, or hopes that others have not. */
function refuseRoot({ selfSigned }: Certificate): void {
  if (!selfSigned) return;
  const hint = 'whom to trust, the instance says: do not trust this bundle';
  throw new VerificationError('BUNDLE_MATERIAL_INVALID', 'the bundle brings a root of its own', { hint });
}

/** Who a certificate was issued to; whether that can be believed, its path to an authority tells. */
export function subjectOf(leaf: Certificate): SigstoreSubject {
  const identities = leaf.subjectAltNames.flatMap((name) => ('text' in name ? [name.text] : []));
  const issuers = [ISSUER, OLD_ISSUER].flatMap((number) => extensionText(leaf, number) ?? []);
  const [issuer, other = issuer] = issuers;
  if (issuer === undefined || identities.length === 0) {
    throw broken(leaf, issuer === undefined ? 'does not name an identity provider' : 'does not name an identity');
  }
  if (issuer !== other) throw broken(leaf, 'names two identity providers');
  const claims: Partial<Record<ClaimName, string>> = {};
  for (const name of claimNames()) {
    const text = extensionText(leaf, CLAIMS[name]);
    if (text !== undefined) claims[name] = text;
  }
  return { identities, issuer, claims };
}

/** A chain is one of this method, too, when a log says something about it. */
function leafBytes({ material, logEntries = [] }: Seal): Uint8Array {
  if (material.kind === 'sigstore') return material.certificate;
  const isChain = material.kind === 'certificateChain';
  const [first] = isChain && logEntries.length > 0 ? material.certificates : [];
  if (first !== undefined) return first;
  const [method, what] = isChain ? ['certificate', 'a certificate that is in no log'] : ['key', 'a key'];
  const message = `the bundle was signed with ${what}, not with Sigstore`;
  throw new VerificationError('MATERIAL_MISMATCH', message, { hint: `verify it with the ${method} method` });
}

function parseInBundle(der: Uint8Array): Certificate {
  try {
    return parseCertificate(der);
  } catch (cause) {
    const hint = 'do not trust this bundle';
    throw new VerificationError('CERTIFICATE_FORMAT', 'a certificate of the bundle is malformed', { hint, cause });
  }
}

function extensionText(leaf: Certificate, number: number): string | undefined {
  const value = leaf.extensions.get(`${ARC}.${number}`)?.value;
  if (value === undefined) return undefined;
  try {
    const content = number <= LAST_BARE ? value : expectTag(readDer(value), TAG.utf8).content;
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    throw broken(leaf, `has a malformed extension (${ARC}.${number})`);
  }
}

function broken(leaf: Certificate, what: string): VerificationError {
  return refusal(
    'CERTIFICATE_FORMAT',
    leaf,
    what,
    'Sigstore does not issue such certificates; do not trust this bundle',
  );
}
