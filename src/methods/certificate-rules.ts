// SPDX-License-Identifier: Apache-2.0
// The rules of RFC 5280 section 6.1 for a path that is known to hang together by signatures, and what a certificate has
// to be to sign models or timestamps. Each rule has its own code, and its message names the certificate.

import { type ErrorCode, VerificationError } from '../errors.js';
import { forbiddenName } from './name-constraints.js';
import type { Certificate } from './x509.js';
import { type DistinguishedName, sameName } from './x509-name.js';
import { keyWeakness } from './x509-signature.js';

/** What a leaf may be for. */
export const PURPOSE = { codeSigning: '1.3.6.1.5.5.7.3.3', timeStamping: '1.3.6.1.5.5.7.3.8' } as const;

/** One of them. */
export type Purpose = (typeof PURPOSE)[keyof typeof PURPOSE];

const ANY_PURPOSE = '2.5.29.37.0';
const LONGEST_NAME = 200;

/** Of names with constraints on names: a tenth of a second for one certificate, and many times what anybody needs. */
const MOST_COMPARISONS = 1 << 18;

/** Checks a path, leaf first and anchor last, at a moment. Signatures and the leaf's purpose are checked elsewhere. */
export function checkPath(path: readonly Certificate[], time: Date, purpose: Purpose): void {
  for (const certificate of path) {
    checkValidity(certificate, time);
    checkExtensions(certificate);
  }
  for (const [index, issuer] of path.entries()) {
    const below = path.slice(0, index);
    const isAnchor = index === path.length - 1;
    if (index > 0) checkIssuer(issuer, isAnchor);
    if (index > 0 && !isAnchor) checkPurpose(issuer, purpose);
    checkPathLength(issuer, below);
    checkNames(issuer, below);
  }
}

/** Checks that a certificate may sign models. */
export function checkModelSigner(leaf: Certificate): void {
  checkKey(leaf);
  checkExtensions(leaf);
  const { keyUsage, extendedKeyUsage } = leaf;
  if (keyUsage?.has('digitalSignature') !== true) {
    const what = keyUsage === undefined ? 'has no key usage' : 'has a key usage without digitalSignature';
    throw refusal('CERTIFICATE_USAGE', leaf, what, 'sign with a certificate whose key usage has digitalSignature');
  }
  // Certificates in the wild are marked as authorities by mistake; without keyCertSign they cannot act as one.
  if (leaf.isCa && keyUsage.has('keyCertSign')) {
    throw refusal('CERTIFICATE_IS_CA', leaf, 'is an authority', 'sign with an end-entity certificate');
  }
  if (!isFor(extendedKeyUsage, PURPOSE.codeSigning)) {
    const hint = 'sign with a certificate whose extended key usage has codeSigning';
    throw refusal('CERTIFICATE_EXTENDED_USAGE', leaf, 'is not for code signing', hint);
  }
}

/** Checks that a certificate may sign timestamps, and nothing else (RFC 3161 section 2.3). */
export function checkTimestampSigner(leaf: Certificate): void {
  checkKey(leaf);
  const { keyUsage, extendedKeyUsage } = leaf;
  const purposes = extendedKeyUsage?.purposes ?? [];
  const onlyPurpose = purposes.length === 1 && purposes[0] === PURPOSE.timeStamping;
  const mayVouch = keyUsage === undefined || keyUsage.has('digitalSignature') || keyUsage.has('nonRepudiation');
  if (onlyPurpose && extendedKeyUsage?.critical === true && mayVouch && !leaf.isCa) return;
  const hint = 'its extended key usage has to be critical and timeStamping only; do not trust this token';
  throw refusal('TIMESTAMP_USAGE', leaf, 'is not one of a timestamp authority', hint);
}

/** Checks that a moment lies in a certificate's validity; both ends belong to it. */
export function checkValidity(certificate: Certificate, time: Date): void {
  const { notBefore, notAfter } = certificate;
  const at = `at ${time.toISOString()}`;
  if (time < notBefore) {
    const what = `is not valid before ${notBefore.toISOString()}, and was checked ${at}`;
    throw refusal('CERTIFICATE_NOT_YET_VALID', certificate, what, 'check the clock of this machine');
  }
  if (time > notAfter) {
    const what = `expired ${notAfter.toISOString()}, and was checked ${at}`;
    const hint = 'sign again with a valid certificate, or sign with a timestamp and name its authority here';
    throw refusal('CERTIFICATE_EXPIRED', certificate, what, hint);
  }
}

/** The error of a rule that a certificate breaks. */
export function refusal(code: ErrorCode, certificate: Certificate, what: string, hint: string): VerificationError {
  return new VerificationError(code, `the certificate '${shortName(certificate.subject)}' ${what}`, { hint });
}

/** A name short enough for a message. */
export function shortName({ text }: DistinguishedName): string {
  return text.length <= LONGEST_NAME ? text : `${text.slice(0, LONGEST_NAME).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** What is told of a certificate when fingerprints are asked for. */
export function fingerprintRemark({ subject, fingerprint }: Certificate): string {
  return `'${shortName(subject)}' has fingerprint ${fingerprint}`;
}

function checkKey(certificate: Certificate): void {
  const weakness = keyWeakness(certificate.publicKey);
  if (weakness === undefined) return;
  const hint = 'RSA from 2048 bits, P-256, P-384, P-521 and Ed25519 are accepted';
  throw refusal('CERTIFICATE_ALGORITHM', certificate, `holds ${weakness}`, hint);
}

function checkExtensions(certificate: Certificate): void {
  const [unknown] = certificate.unknownCritical;
  if (unknown === undefined) return;
  const what = `has a critical extension that is not understood (${unknown})`;
  throw refusal('CERTIFICATE_CRITICAL_EXTENSION', certificate, what, 'use a certificate without it');
}

/** An anchor of version 1 knows no extensions; that it is one, the user says. */
function checkIssuer(issuer: Certificate, isAnchor: boolean): void {
  checkKey(issuer);
  const isOldRoot = isAnchor && issuer.version === 1 && issuer.selfSigned;
  if (!issuer.isCa && !isOldRoot) {
    throw refusal('CERTIFICATE_NOT_CA', issuer, 'issued another one and is no authority', 'do not trust this chain');
  }
  if (issuer.keyUsage !== undefined && !issuer.keyUsage.has('keyCertSign')) {
    const what = 'issued another one and has a key usage without keyCertSign';
    throw refusal('CERTIFICATE_USAGE', issuer, what, 'do not trust this chain');
  }
}

/** The purposes of an authority limit those of what it issues; of an anchor the user has said what it is for. */
function checkPurpose(issuer: Certificate, purpose: Purpose): void {
  if (isFor(issuer.extendedKeyUsage, purpose)) return;
  const what = 'issued another one for a purpose that its own extended key usage does not have';
  throw refusal('CERTIFICATE_EXTENDED_USAGE', issuer, what, 'do not trust this chain');
}

/** Without the extension a certificate is for anything. */
function isFor(usage: Certificate['extendedKeyUsage'], purpose: Purpose): boolean {
  return usage === undefined || usage.purposes.includes(purpose) || usage.purposes.includes(ANY_PURPOSE);
}

/** Counts authorities below, self-issued ones left out; a leaf that is marked as one counts always. */
function checkPathLength(issuer: Certificate, below: readonly Certificate[]): void {
  const counted = below.filter((certificate, index) => (index === 0 ? certificate.isCa : !isSelfIssued(certificate)));
  if (issuer.pathLength === undefined || counted.length <= issuer.pathLength) return;
  const what = `allows ${issuer.pathLength} authorities below it, and there are ${counted.length}`;
  throw refusal('CERTIFICATE_PATH_LENGTH', issuer, what, 'do not trust this chain');
}

function checkNames(issuer: Certificate, below: readonly Certificate[]): void {
  const { nameConstraints } = issuer;
  if (nameConstraints === undefined) return;
  const bound = below.filter((certificate, index) => index === 0 || !isSelfIssued(certificate));
  const constraints = nameConstraints.permitted.length + nameConstraints.excluded.length;
  for (const certificate of bound) {
    if (certificate.subjectAltNames.length * constraints > MOST_COMPARISONS) {
      const what = `has too many names to hold each against what its issuer '${shortName(issuer.subject)}' may give`;
      throw refusal('CERTIFICATE_PATH_TOO_COMPLEX', certificate, what, 'do not trust this chain');
    }
    const name = forbiddenName(certificate, nameConstraints);
    if (name === undefined) continue;
    const what = `has a name that its issuer '${shortName(issuer.subject)}' may not give`;
    throw refusal('CERTIFICATE_NAME_FORBIDDEN', certificate, what, 'do not trust this chain');
  }
}

function isSelfIssued({ subject, issuer }: Certificate): boolean {
  return sameName(subject, issuer);
}
