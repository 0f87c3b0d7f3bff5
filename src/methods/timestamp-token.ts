// SPDX-License-Identifier: Apache-2.0
// A timestamp token as facts: CMS SignedData (RFC 5652) with exactly one signer around a TSTInfo (RFC 3161 section
// 2.4.2). Whatever a verifier could overlook (no signed attributes, weak hashes, unknown extensions) is refused here.

import { createHash } from 'node:crypto';

import { CMSVersion, SignerInfo } from '@peculiar/asn1-cms';
import { TSTInfo, TSTInfoVersion } from '@peculiar/asn1-tsp';

import { type ErrorCode, VerificationError } from '../errors.js';
import { type DerValue, TAG, childrenOf, decode, expectTag, oidText, readDer } from './asn1.js';
import { type Certificate, algorithmId, parseCertificate } from './x509.js';
import { distinguishedName, sameName } from './x509-name.js';
import { type AlgorithmId, HASHES, goesWith, isSignedBy } from './x509-signature.js';

/** A timestamp token. */
export interface Token {
  readonly time: Date;
  readonly imprint: { readonly hash: string; readonly digest: Uint8Array };
  /** In hexadecimal, as it stands in the token. */
  readonly nonce: string | undefined;
  readonly certificates: readonly Certificate[];
  /** Whether the token says that this certificate made it. */
  readonly names: (certificate: Certificate) => boolean;
  readonly hash: string;
  readonly algorithm: AlgorithmId;
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

const OID = {
  signedData: '1.2.840.113549.1.7.2',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
} as const;
const LARGEST_TOKEN = 262_144;
const MOST_CERTIFICATES = 16;
const GRANTED_WITH_CHANGES = 1;
const SET = 0x31;
const CONTEXT_0 = 0xa0;

/** Reads a token in DER. */
export function readToken(der: Uint8Array): Token {
  if (der.length > LARGEST_TOKEN) throw malformed(new Error('it is too large'));
  try {
    return tokenOf(signedDataOf(unwrapped(Uint8Array.from(der))));
  } catch (cause) {
    throw cause instanceof VerificationError ? cause : malformed(cause);
  }
}

/** Whether a certificate's key made the token's signature. */
export function isMadeBy({ algorithm, signed, signature, hash }: Token, { publicKey }: Certificate): boolean {
  return isSignedBy(publicKey, algorithm, signed, signature, hash);
}

/** Hashes data. */
export function digestOf(hash: string, data: Uint8Array): Buffer {
  return createHash(hash).update(data).digest();
}

/** The error of a token that cannot be trusted. */
export function refuseToken(code: ErrorCode, what: string, hint: string, cause?: unknown): VerificationError {
  return new VerificationError(code, `the timestamp ${what}`, { hint, cause });
}

/** The parts of SignedData that matter, in their own bytes. */
interface SignedData {
  readonly hashes: readonly string[];
  readonly content: Uint8Array;
  readonly certificates: readonly DerValue[];
  readonly signer: DerValue;
}

/** A token may stand in the answer that the authority gave (RFC 3161 section 2.4.2), which has to be a yes. */
function unwrapped(der: Uint8Array): Uint8Array {
  const [status, token, ...more] = childrenOf(expectTag(readDer(der), TAG.sequence));
  if (status?.tag !== TAG.sequence) return der;
  const code = expectTag(childrenOf(status)[0], TAG.integer).content;
  if (code.length === 1 && (code[0] ?? 2) <= GRANTED_WITH_CHANGES && more.length === 0) {
    return expectTag(token, TAG.sequence).bytes;
  }
  throw new Error('it is an answer that refuses');
}

function signedDataOf(der: Uint8Array): SignedData {
  const [type, wrapped] = childrenOf(expectTag(readDer(der), TAG.sequence));
  expectOid(type, OID.signedData);
  const parts = childrenOf(expectTag(childrenOf(expectTag(wrapped, CONTEXT_0))[0], TAG.sequence));
  if (!isNumber(parts[0], 3)) throw new Error('it has an unknown version');
  const [contentType, content] = childrenOf(expectTag(parts[2], TAG.sequence));
  expectOid(contentType, OID.tstInfo);
  const signers = childrenOf(expectTag(parts.at(-1), SET));
  if (signers.length !== 1 || signers[0] === undefined) throw new Error('it does not have exactly one signer');
  const set = parts.slice(3).find(({ tag }) => tag === CONTEXT_0);
  return {
    hashes: childrenOf(expectTag(parts[1], SET)).map((hash) => firstOid(hash)),
    content: expectTag(childrenOf(expectTag(content, CONTEXT_0))[0], TAG.octetString).content,
    certificates: set === undefined ? [] : childrenOf(set).filter(({ tag }) => tag === TAG.sequence),
    signer: signers[0],
  };
}

function tokenOf({ hashes, content, certificates, signer }: SignedData): Token {
  if (certificates.length > MOST_CERTIFICATES) throw new Error('it holds too many certificates');
  const info = readInfo(content);
  const { version, sid, digestAlgorithm, signatureAlgorithm, signature } = decode(signer.bytes, SignerInfo);
  if (version !== (sid.subjectKeyIdentifier === undefined ? CMSVersion.v1 : CMSVersion.v3)) {
    throw new Error('it has an unknown version');
  }
  if (!hashes.includes(digestAlgorithm.algorithm)) throw new Error('it does not announce its hash algorithm');
  const hash = hashOf(digestAlgorithm.algorithm);
  const algorithm = algorithmId(signatureAlgorithm);
  if (!goesWith(algorithm, hash)) throw weak(algorithm.oid);
  const attributes = signedAttributes(signer);
  checkContent(attributes.values, hash, content);
  const bound = bindingOf(attributes.values);
  return {
    ...info,
    certificates: certificates.map(({ bytes }) => parseCertificate(bytes)),
    names: (certificate) => isSid(certificate, sid) && isBound(certificate, bound),
    hash,
    algorithm,
    signed: attributes.signed,
    signature: new Uint8Array(signature.buffer),
  };
}

function readInfo(content: Uint8Array): Pick<Token, 'time' | 'imprint' | 'nonce'> {
  const info = decode(content, TSTInfo);
  if (info.version !== TSTInfoVersion.v1) throw new Error('it has an unknown version');
  if (info.extensions?.some(({ critical }) => critical) === true) throw new Error('it has a critical extension');
  const hash = hashOf(info.messageImprint.hashAlgorithm.algorithm);
  return {
    time: info.genTime,
    imprint: { hash, digest: new Uint8Array(info.messageImprint.hashedMessage.buffer) },
    nonce: info.nonce && Buffer.from(info.nonce).toString('hex'),
  };
}

/** What is signed is the set as DER has it, not the tag that it has inside the structure (RFC 5652 section 5.4). */
function signedAttributes(signer: DerValue): { signed: Uint8Array; values: ReadonlyMap<string, DerValue> } {
  const set = childrenOf(signer)
    .slice(3)
    .find(({ tag }) => tag === CONTEXT_0);
  if (set === undefined) throw new Error('it has no signed attributes');
  const attributes = childrenOf(set).map((attribute): [string, DerValue] => {
    const [type, values] = childrenOf(expectTag(attribute, TAG.sequence));
    const [value, ...more] = childrenOf(expectTag(values, SET));
    if (value === undefined || more.length > 0) throw new Error('it has a signed attribute without a single value');
    return [oidText(expectTag(type, TAG.oid).content), value];
  });
  const values = new Map(attributes);
  if (values.size !== attributes.length) throw new Error('it has a signed attribute twice');
  const signed = Uint8Array.from(set.bytes);
  signed[0] = SET;
  return { signed, values };
}

function checkContent(values: ReadonlyMap<string, DerValue>, hash: string, content: Uint8Array): void {
  expectOid(values.get(OID.contentType), OID.tstInfo);
  const digest = expectTag(values.get(OID.messageDigest), TAG.octetString).content;
  if (digestOf(hash, content).equals(digest)) return;
  throw refuseToken('TIMESTAMP_SIGNATURE_INVALID', 'was changed after it was signed', 'do not trust its time');
}

/** The hash of the certificate that signed, so that no other with the same key or name can take its place. */
interface Binding {
  readonly hash: string;
  readonly digest: Uint8Array;
}

/** The older attribute knows SHA-1 only. It is a name inside what SHA-256 protects, and accepted as such (RFC 5816). */
function bindingOf(values: ReadonlyMap<string, DerValue>): Binding {
  const value = values.get(OID.signingCertificateV2) ?? values.get(OID.signingCertificate);
  if (value === undefined) throw new Error('it does not say which certificate made it');
  const first = expectTag(childrenOf(expectTag(childrenOf(value)[0], TAG.sequence))[0], TAG.sequence);
  const [head, next] = childrenOf(first);
  if (!values.has(OID.signingCertificateV2)) {
    return { hash: 'sha1', digest: expectTag(head, TAG.octetString).content };
  }
  if (head?.tag !== TAG.sequence) return { hash: 'sha256', digest: expectTag(head, TAG.octetString).content };
  const oid = oidText(expectTag(childrenOf(head)[0], TAG.oid).content);
  return { hash: hashOf(oid), digest: expectTag(next, TAG.octetString).content };
}

function isBound({ raw }: Certificate, { hash, digest }: Binding): boolean {
  return digestOf(hash, raw).equals(digest);
}

function isSid(certificate: Certificate, sid: SignerInfo['sid']): boolean {
  const { issuerAndSerialNumber: pair, subjectKeyIdentifier: keyId } = sid;
  if (keyId !== undefined) return Buffer.from(keyId.buffer).toString('hex') === certificate.subjectKeyId;
  if (pair === undefined) return false;
  const serial = Buffer.from(pair.serialNumber).toString('hex');
  return serial === certificate.serialNumber && sameName(distinguishedName(pair.issuer), certificate.issuer);
}

function hashOf(oid: string): string {
  const hash = Object.hasOwn(HASHES, oid) ? HASHES[oid] : undefined;
  if (hash === undefined) throw weak(oid);
  return hash;
}

function weak(oid: string): VerificationError {
  const hint = 'SHA-256, SHA-384 and SHA-512 are accepted';
  return refuseToken('TIMESTAMP_ALGORITHM', `uses an algorithm that is not accepted (${oid})`, hint);
}

function isNumber(value: DerValue | undefined, number: number): boolean {
  const { content } = expectTag(value, TAG.integer);
  return content.length === 1 && content[0] === number;
}

/** The number of an algorithm identifier. */
function firstOid(value: DerValue): string {
  return oidText(expectTag(childrenOf(expectTag(value, TAG.sequence))[0], TAG.oid).content);
}

function expectOid(value: DerValue | undefined, oid: string): void {
  if (oidText(expectTag(value, TAG.oid).content) !== oid) throw new Error('it is of another type');
}

function malformed(cause: unknown): VerificationError {
  return refuseToken('TIMESTAMP_FORMAT', 'is malformed', 'do not trust its time', cause);
}
