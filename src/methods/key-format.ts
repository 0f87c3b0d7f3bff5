// SPDX-License-Identifier: Apache-2.0
// What key material is, found out before OpenSSL sees it: PEM, DER or JWK; private, public, or no key at all. OpenSSL
// guesses, takes a private key for a public one, and its errors differ from version to version.

import type { JsonWebKey } from 'node:crypto';

import { parseJson } from '../native.js';
import { readSequence } from './der.js';
import { isTraditionallyEncrypted, pemBlocks } from './pem.js';

/** How OpenSSL is to read a key; `Type` is what the DER of such a key can be. */
export type Encoding<Type> =
  | { readonly format: 'pem'; readonly key: Buffer }
  | { readonly format: 'der'; readonly key: Buffer; readonly type: Type }
  | { readonly format: 'jwk'; readonly key: JsonWebKey };

/** A key, or something that people take for one. */
export type Piece =
  | { readonly kind: 'private' | 'encrypted'; readonly encoding: Encoding<'pkcs1' | 'pkcs8' | 'sec1'> }
  | { readonly kind: 'public'; readonly encoding: Encoding<'pkcs1' | 'spki'> }
  | { readonly kind: 'certificate' }
  | { readonly kind: 'foreign'; readonly what: string; readonly hint: string };

/** Everything in there that is a key or is often taken for one. */
export function findPieces(bytes: Buffer): readonly Piece[] {
  const blocks = pemBlocks(bytes);
  if (blocks.length > 0) return blocks.map(pieceOfPem).filter((piece) => piece !== undefined);
  const piece = pieceOfDer(bytes) ?? pieceOfJson(bytes);
  return piece === undefined ? [] : [piece];
}

const CERTIFICATE: Piece = { kind: 'certificate' };

const PEM_KINDS: ReadonlyMap<string, 'private' | 'encrypted' | 'public'> = new Map([
  ['PRIVATE KEY', 'private'],
  ['EC PRIVATE KEY', 'private'],
  ['RSA PRIVATE KEY', 'private'],
  ['DSA PRIVATE KEY', 'private'],
  ['ENCRYPTED PRIVATE KEY', 'encrypted'],
  ['PUBLIC KEY', 'public'],
  ['RSA PUBLIC KEY', 'public'],
]);

/** Blocks that are neither keys, certificates nor foreign keys say nothing: EC PARAMETERS, for one. */
function pieceOfPem(block: { label: string; bytes: Buffer }): Piece | undefined {
  const { label, bytes } = block;
  const kind = PEM_KINDS.get(label);
  if (kind !== undefined) {
    const isEncrypted = kind === 'private' && isTraditionallyEncrypted(block);
    return { kind: isEncrypted ? 'encrypted' : kind, encoding: { format: 'pem', key: bytes } };
  }
  if (/^(?:X509 |TRUSTED )?CERTIFICATE$/.test(label)) return CERTIFICATE;
  if (label === 'OPENSSH PRIVATE KEY') {
    return foreign('a key of OpenSSH', 'convert a copy of it with: ssh-keygen -p -m PKCS8 -f <copy>');
  }
  if (/^ENCRYPTED (?:COSIGN|SIGSTORE) PRIVATE KEY$/.test(label)) return foreign('a key of cosign', CONVERT);
  if (/^PGP .* KEY BLOCK$/.test(label)) return foreign('a key of PGP', CONVERT);
  return undefined;
}

const CONVERT = 'convert it to PEM (PKCS #8), or make another key';

function foreign(what: string, hint: string): Piece {
  return { kind: 'foreign', what, hint };
}

/**
 * The tags of the outer SEQUENCE's members say what it is: PKCS #8 (RFC 5958), EC and RSA private keys (RFC 5915,
 * RFC 8017), public ones, certificates, and PKCS #12 stores.
 */
function pieceOfDer(bytes: Buffer): Piece | undefined {
  const members = readSequence(bytes);
  const shape = members?.map(({ tag }) => tag.toString(16)).join(' ') ?? '';
  const der = <Type>(type: Type): Encoding<Type> => ({ format: 'der', key: bytes, type });
  if (/^2 30 4\b/.test(shape)) return { kind: 'private', encoding: der('pkcs8') };
  if (/^2 4\b/.test(shape)) return { kind: 'private', encoding: der('sec1') };
  if (/^2( 2){8}$/.test(shape)) return { kind: 'private', encoding: der('pkcs1') };
  if (shape === '30 4') return { kind: 'encrypted', encoding: der('pkcs8') };
  if (shape === '30 3') return { kind: 'public', encoding: der('spki') };
  if (shape === '2 2') return { kind: 'public', encoding: der('pkcs1') };
  if (shape === '30 30 3') return CERTIFICATE;
  if (/^2 30( 30)?$/.test(shape)) {
    return foreign('a PKCS #12 store', 'take the key out with: openssl pkcs12 -nocerts -in <store>');
  }
  return undefined;
}

/** Errors of the JSON parser quote what they could not read, so none is kept. */
function pieceOfJson(bytes: Buffer): Piece | undefined {
  if (!bytes.includes('"kty"')) return undefined;
  try {
    return pieceOfJwk(parseJson(bytes));
  } catch {
    return undefined;
  }
}

/** The algorithms (RFC 7518, section 3.1; RFC 8037; RFC 9864) that fit the one scheme of a key. */
const JWK_ALGORITHMS: ReadonlyMap<string, readonly string[]> = new Map([
  ['EC P-256', ['ES256']],
  ['EC P-384', ['ES384']],
  ['EC P-521', ['ES512']],
  ['OKP Ed25519', ['EdDSA', 'Ed25519']],
  ['RSA', ['RS256']],
]);

const OTHER_JWK_CURVES: ReadonlySet<unknown> = new Set(['secp256k1', 'Ed448', 'X25519', 'X448']);

const JWK_MEMBERS: ReadonlySet<string> = new Set('kty crv x y d n e p q dp dq qi'.split(' '));

/** A JWK (RFC 7517); what it says of its own use is believed. */
export function pieceOfJwk(value: unknown): Piece | undefined {
  if (typeof value !== 'object' || value === null || !('kty' in value)) return undefined;
  const jwk: Readonly<Record<string, unknown>> = { ...value };
  const algorithms = JWK_ALGORITHMS.get(jwk['kty'] === 'RSA' ? 'RSA' : `${String(jwk['kty'])} ${String(jwk['crv'])}`);
  if (algorithms === undefined) {
    const curve = OTHER_JWK_CURVES.has(jwk['crv']) ? `on the curve ${String(jwk['crv'])}` : 'of an unknown kind';
    return foreign(`a JWK ${curve}`, 'use a JWK of kty EC, OKP (Ed25519) or RSA');
  }
  if (typeof jwk['alg'] === 'string' && !algorithms.includes(jwk['alg'])) {
    return foreign(
      `a JWK for another algorithm than ${algorithms.join(' or ')}`,
      'correct its member alg, or use another',
    );
  }
  if (jwk['use'] !== undefined && jwk['use'] !== 'sig') {
    return foreign('a JWK that is not for signatures', 'use a key whose member use is sig, or absent');
  }
  const members = Object.entries(jwk).filter(([name, member]) => JWK_MEMBERS.has(name) && typeof member === 'string');
  const key: JsonWebKey = Object.fromEntries(members);
  return { kind: 'd' in jwk ? 'private' : 'public', encoding: { format: 'jwk', key } };
}
