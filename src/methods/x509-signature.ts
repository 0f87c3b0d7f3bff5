// SPDX-License-Identifier: Apache-2.0
// Signatures inside certificates, revocation lists and timestamps: a list of what is accepted, verified by OpenSSL
// through `node:crypto`. SHA-1, MD5, DSA and RSA below 2048 bits are not on it.

import { type KeyObject, type SignKeyObjectInput, constants, verify } from 'node:crypto';

import { schemeOf as schemeOfKey } from './algorithms.js';
import { TAG, childrenOf, expectTag, oidText, readDer } from './asn1.js';

/** An algorithm identifier: its number, and its parameters in DER. */
export interface AlgorithmId {
  readonly oid: string;
  readonly parameters: Uint8Array | undefined;
}

/** Hash algorithms by their number; nothing weaker is accepted anywhere. */
export const HASHES: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/** What a signature algorithm asks of the key and the hash. */
interface Scheme {
  readonly keys: readonly string[];
  readonly hash: string | null;
  readonly padding?: Pick<SignKeyObjectInput, 'padding' | 'saltLength'>;
}

const RSA = ['rsa'];
const EC = ['ec'];
const SCHEMES: Readonly<Record<string, Scheme>> = {
  '1.2.840.113549.1.1.11': { keys: RSA, hash: 'sha256' },
  '1.2.840.113549.1.1.12': { keys: RSA, hash: 'sha384' },
  '1.2.840.113549.1.1.13': { keys: RSA, hash: 'sha512' },
  '1.2.840.10045.4.3.2': { keys: EC, hash: 'sha256' },
  '1.2.840.10045.4.3.3': { keys: EC, hash: 'sha384' },
  '1.2.840.10045.4.3.4': { keys: EC, hash: 'sha512' },
  '1.3.101.112': { keys: ['ed25519'], hash: null },
};
const RSA_ENCRYPTION = '1.2.840.113549.1.1.1';
const RSA_PSS = '1.2.840.113549.1.1.10';
const MGF1 = '1.2.840.113549.1.1.8';

/** Whether a signature made with an algorithm can be accepted at all. */
export function isAccepted(algorithm: AlgorithmId): boolean {
  return schemeOf(algorithm) !== undefined;
}

/** What is wrong with a key, for people, or nothing. Reads bytes only: see `algorithms.ts` on details of keys. */
export function keyWeakness(key: KeyObject | undefined): string | undefined {
  const scheme = key && schemeOfKey(key);
  if (scheme === undefined) return 'a key of an unknown kind';
  return 'unsupported' in scheme ? scheme.unsupported : undefined;
}

/** Whether a signature is good. The hash of `rsaEncryption`, which names none, is given apart (RFC 5652). */
export function isSignedBy(
  key: KeyObject | undefined,
  algorithm: AlgorithmId,
  message: Uint8Array,
  signature: Uint8Array,
  digest?: string,
): boolean {
  const scheme = algorithm.oid === RSA_ENCRYPTION && digest !== undefined ? rsaWith(digest) : schemeOf(algorithm);
  if (key === undefined || scheme === undefined || keyWeakness(key) !== undefined) return false;
  if (!scheme.keys.includes(key.asymmetricKeyType ?? '')) return false;
  try {
    return verify(scheme.hash, message, { key, ...scheme.padding }, signature);
  } catch {
    return false;
  }
}

/** Whether a CMS signature's algorithm goes with its digest algorithm. */
export function goesWith(algorithm: AlgorithmId, digest: string): boolean {
  if (algorithm.oid === RSA_ENCRYPTION) return true;
  const scheme = schemeOf(algorithm);
  return scheme !== undefined && (scheme.hash === null || scheme.hash === digest);
}

function rsaWith(hash: string): Scheme {
  return { keys: RSA, hash };
}

function schemeOf({ oid, parameters }: AlgorithmId): Scheme | undefined {
  if (oid !== RSA_PSS) return Object.hasOwn(SCHEMES, oid) ? SCHEMES[oid] : undefined;
  try {
    return parameters && pssScheme(parameters);
  } catch {
    return undefined;
  }
}

/** RFC 4055 section 3.1. The defaults are SHA-1, so hash and mask must be named; both must be the same. */
function pssScheme(parameters: Uint8Array): Scheme | undefined {
  const members = new Map(childrenOf(readDer(parameters)).map((value) => [value.tag, childrenOf(value)[0]]));
  const hash = HASHES[firstOid(members.get(0xa0)?.bytes)];
  const [maskType, maskHash] = childrenOf(expectTag(members.get(0xa1), TAG.sequence));
  const salt = members.get(0xa2);
  const known = [0xa0, 0xa1, 0xa2].filter((tag) => members.has(tag)).length === members.size;
  if (hash === undefined || !known || oidText(expectTag(maskType, TAG.oid).content) !== MGF1) return undefined;
  if (HASHES[firstOid(maskHash?.bytes)] !== hash) return undefined;
  const saltLength = salt === undefined ? 20 : Number(`0x${Buffer.from(salt.content).toString('hex')}`);
  return { keys: ['rsa', 'rsa-pss'], hash, padding: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength } };
}

function firstOid(sequence: Uint8Array | undefined): string {
  if (sequence === undefined) return '';
  return oidText(expectTag(childrenOf(readDer(sequence))[0], TAG.oid).content);
}
