// SPDX-License-Identifier: Apache-2.0
// A certificate as facts: what path rules ask about, read once, trusted in nothing. Two readers must agree that it is
// one: OpenSSL (for the key) and the schemas of the ASN.1 library, after the strict DER gate.

import { type KeyObject, X509Certificate, createHash } from 'node:crypto';

import {
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate as CertificateSchema,
  ExtendedKeyUsage,
  type Extension,
  SubjectKeyIdentifier,
  type TBSCertificate,
} from '@peculiar/asn1-x509';

import { TAG, bitsOf, childrenOf, decode, encode, expectTag, readDer } from './asn1.js';
import { type NameConstraints, readNameConstraints } from './name-constraints.js';
import { type DistinguishedName, type GeneralName, distinguishedName, generalName } from './x509-name.js';
import { type AlgorithmId, isSignedBy } from './x509-signature.js';

/** A certificate. */
export interface Certificate extends Extensions {
  readonly raw: Uint8Array;
  /** SHA-256 in lowercase hexadecimal. */
  readonly fingerprint: string;
  readonly version: number;
  readonly serialNumber: string;
  readonly subject: DistinguishedName;
  readonly issuer: DistinguishedName;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SHA-256 of the key; two certificates with the same name and key are one authority. */
  readonly keyId: string;
  /** `undefined` when OpenSSL does not know the kind of key. */
  readonly publicKey: KeyObject | undefined;
  readonly algorithm: AlgorithmId;
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
  /** Whether its own key made its signature. */
  readonly selfSigned: boolean;
}

/** What the extensions of a certificate say. */
interface Extensions {
  readonly isCa: boolean;
  readonly pathLength: number | undefined;
  /** `undefined` when the extension is absent. */
  readonly keyUsage: ReadonlySet<KeyUsage> | undefined;
  readonly extendedKeyUsage: { readonly critical: boolean; readonly purposes: readonly string[] } | undefined;
  readonly subjectAltNames: readonly GeneralName[];
  readonly nameConstraints: NameConstraints | undefined;
  readonly subjectKeyId: string | undefined;
  readonly authorityKeyId: string | undefined;
  /** The numbers of critical extensions that nothing here understands. */
  readonly unknownCritical: readonly string[];
  /** The values of all extensions by their numbers, for methods that know more of them. */
  readonly extensions: ReadonlyMap<string, { readonly critical: boolean; readonly value: Uint8Array }>;
}

/** The bits of key usage that matter here. */
export type KeyUsage = 'digitalSignature' | 'nonRepudiation' | 'keyCertSign' | 'cRLSign';

const KEY_USAGE_BITS: Readonly<Record<KeyUsage, number>> = {
  digitalSignature: 0,
  nonRepudiation: 1,
  keyCertSign: 5,
  cRLSign: 6,
};

const EXTENSION = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  certificatePolicies: '2.5.29.32',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
} as const;

/** Reading costs a hundred times the size, and a certificate of a signer has one or two thousand bytes. */
const LARGEST = 65_536;

/** Policies may be critical: every policy is accepted, so they decide nothing. Constraints on them are not understood. */
const KNOWN: ReadonlySet<string> = new Set(Object.values(EXTENSION));

/** Reads a certificate in DER; throws a plain error that says what is wrong with it. */
export function parseCertificate(der: Uint8Array): Certificate {
  if (der.length > LARGEST) throw new Error('it is too large');
  const raw = Uint8Array.from(der);
  const parsed = decode(raw, CertificateSchema);
  const body = parsed.tbsCertificate;
  const [signed, , signature] = childrenOf(readDer(raw));
  if (!Buffer.from(encode(body.signature)).equals(encode(parsed.signatureAlgorithm))) {
    throw new Error('it names two signature algorithms');
  }
  const openssl = opensslCertificate(raw);
  const publicKey = keyOf(openssl);
  return {
    raw,
    fingerprint: sha256(raw),
    version: body.version + 1,
    serialNumber: Buffer.from(body.serialNumber).toString('hex'),
    subject: distinguishedName(body.subject),
    issuer: distinguishedName(body.issuer),
    notBefore: body.validity.notBefore.getTime(),
    notAfter: body.validity.notAfter.getTime(),
    keyId: sha256(encode(body.subjectPublicKeyInfo)),
    publicKey,
    algorithm: algorithmId(parsed.signatureAlgorithm),
    signed: expectTag(signed, TAG.sequence).bytes,
    signature: bitsOf(signature),
    selfSigned: publicKey !== undefined && verifiesItself(openssl, publicKey),
    ...readExtensions(body),
  };
}

/** Whether one certificate was signed by another one's key, with an algorithm that is accepted. */
export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  return isSignedBy(issuer.publicKey, certificate.algorithm, certificate.signed, certificate.signature);
}

/** An algorithm identifier of the library as one of ours. */
export function algorithmId(from: { algorithm: string; parameters?: ArrayBuffer | null }): AlgorithmId {
  return { oid: from.algorithm, parameters: from.parameters ? new Uint8Array(from.parameters) : undefined };
}

/** Finds an extension's value; an extension given twice is an error (RFC 5280 section 4.2). */
export function extensionMap(extensions: readonly Extension[]): Map<string, { critical: boolean; value: Uint8Array }> {
  const map = new Map(
    extensions.map(({ extnID, critical, extnValue }) => [
      extnID,
      { critical, value: new Uint8Array(extnValue.buffer) },
    ]),
  );
  if (map.size !== extensions.length) throw new Error('it has an extension twice');
  return map;
}

function opensslCertificate(raw: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(raw);
  } catch {
    throw new Error('it is not a certificate');
  }
}

function keyOf(openssl: X509Certificate): KeyObject | undefined {
  try {
    return openssl.publicKey;
  } catch {
    return undefined;
  }
}

/** OpenSSL's own check, SHA-1 included: a root's signature on itself proves nothing and only tells what it is. */
function verifiesItself(openssl: X509Certificate, key: KeyObject): boolean {
  try {
    return openssl.verify(key);
  } catch {
    return false;
  }
}

function readExtensions(body: TBSCertificate): Extensions {
  const extensions = extensionMap(body.extensions ?? []);
  const read = <T>(oid: string, reader: (value: Uint8Array) => T): T | undefined => {
    const extension = extensions.get(oid);
    return extension && reader(extension.value);
  };
  const constraints = read(EXTENSION.basicConstraints, (value) => decode(value, BasicConstraints));
  const purposes = read(EXTENSION.extendedKeyUsage, (value) => [...decode(value, ExtendedKeyUsage)]);
  return {
    isCa: constraints?.cA ?? false,
    pathLength: pathLengthOf(constraints),
    keyUsage: read(EXTENSION.keyUsage, readKeyUsage),
    extendedKeyUsage: purposes && { critical: extensions.get(EXTENSION.extendedKeyUsage)?.critical ?? false, purposes },
    subjectAltNames: read(EXTENSION.subjectAltName, (value) => childrenOf(readDer(value)).map(generalName)) ?? [],
    nameConstraints: read(EXTENSION.nameConstraints, readNameConstraints),
    subjectKeyId: read(EXTENSION.subjectKeyId, (value) => hex(decode(value, SubjectKeyIdentifier).buffer)),
    authorityKeyId: read(EXTENSION.authorityKeyId, readAuthorityKeyId),
    unknownCritical: [...extensions].filter(([oid, { critical }]) => critical && !KNOWN.has(oid)).map(([oid]) => oid),
    extensions,
  };
}

function pathLengthOf(constraints: BasicConstraints | undefined): number | undefined {
  if (constraints?.pathLenConstraint === undefined) return undefined;
  const { pathLenConstraint: length } = constraints;
  if (!Number.isSafeInteger(length) || length < 0) throw new Error('it has a path length that is not a count');
  return length;
}

function readKeyUsage(value: Uint8Array): ReadonlySet<KeyUsage> {
  const bits = expectTag(readDer(value), TAG.bitString).content;
  const isSet = (bit: number): boolean => ((bits[1 + (bit >> 3)] ?? 0) & (0x80 >> (bit & 7))) !== 0;
  const names: readonly KeyUsage[] = ['digitalSignature', 'nonRepudiation', 'keyCertSign', 'cRLSign'];
  return new Set(names.filter((name) => isSet(KEY_USAGE_BITS[name])));
}

/** The key identifier of an issuer, for certificates and revocation lists. */
export function readAuthorityKeyId(value: Uint8Array): string | undefined {
  const { keyIdentifier } = decode(value, AuthorityKeyIdentifier);
  return keyIdentifier && hex(keyIdentifier.buffer);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function hex(bytes: ArrayBuffer): string {
  return Buffer.from(bytes).toString('hex');
}
