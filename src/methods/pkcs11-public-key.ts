// SPDX-License-Identifier: Apache-2.0
// The public half of a key on a token: from its public object, from its certificate, or from what the private object
// shows of itself.

import { type KeyObject, createPublicKey } from 'node:crypto';

import { type ModelSigningError, errorOf } from '../errors.js';
import { escape } from '../native.js';
import { SUPPORTED_KEYS, schemeOf } from './algorithms.js';
import { TAG, readElements, writeElement, writeInteger } from './der.js';
import { ATTRIBUTE, CLASS, KEY_TYPE, MECHANISM } from './pkcs11-constants.js';
import { type TokenObject, attribute, findObjects, numberAttribute, ulongs, uriOfObject } from './pkcs11-object.js';

/** The public half of a private key. */
export async function publicHalfOf(key: TokenObject): Promise<KeyObject> {
  const isPss = signsOnlyPss(key);
  const own = keyOf(key);
  const sources: readonly (() => Promise<KeyObject[]>)[] = [
    async () => siblings(key, CLASS.publicKey).flatMap((object) => keyOf(object) ?? []),
    async () =>
      (await Promise.all(siblings(key, CLASS.certificate).map(keyOfCertificate))).flatMap((found) => found ?? []),
    async () => (own === undefined ? [] : [own]),
  ];
  for (const source of sources) {
    const found = distinct((await source()).map((half) => (isPss ? asPss(half) : half)));
    const [first, ...others] = found;
    if (first === undefined) continue;
    if (others.length === 0) return usable(first, key);
    throw several(key);
  }
  const message = `the public half of the key '${escape(uriOfObject(key))}' is not on the token`;
  const hint = 'put its public key or its certificate on the token, with the same id (CKA_ID)';
  throw errorOf('PKCS11_PUBLIC_KEY_MISSING', message, { hint });
}

/** The key of a public object; what cannot be used is said. */
export function publicKeyOf(object: TokenObject): KeyObject {
  const key = keyOf(object);
  if (key !== undefined) return usable(signsOnlyPss(object) ? asPss(key) : key, object);
  const message = `the key '${escape(uriOfObject(object))}' is of a kind that is not supported`;
  throw errorOf('KEY_UNSUPPORTED', message, { hint: `use ${SUPPORTED_KEYS}` });
}

/** The key in a certificate on the token; nothing where there is none that can be read. */
export async function keyOfCertificate(object: TokenObject): Promise<KeyObject | undefined> {
  const der = attribute(object, ATTRIBUTE.value);
  if (der === undefined) return undefined;
  const { parseCertificate } = await import('./x509.js');
  try {
    return parseCertificate(der).publicKey;
  } catch {
    return undefined;
  }
}

/** Objects of another class that belong to the same key: the same id, and where there is none, the same label. */
export function siblings({ session, label, id }: TokenObject, objectClass: number): TokenObject[] {
  if (id.length > 0) return findObjects(session, { class: objectClass, id });
  return label === '' ? [] : findObjects(session, { class: objectClass, label });
}

/** What a key is by its own attributes. */
function keyOf(object: TokenObject): KeyObject | undefined {
  const info = attribute(object, ATTRIBUTE.publicKeyInfo);
  if (info !== undefined && info.length > 0) return created(info);
  const spki = SHAPES.get(numberAttribute(object, ATTRIBUTE.keyType) ?? -1)?.(object);
  return spki === undefined ? undefined : created(spki);
}

/** SubjectPublicKeyInfo (RFC 5280, section 4.1) from the attributes of each type of key. */
const SHAPES: ReadonlyMap<number, (object: TokenObject) => Buffer | undefined> = new Map([
  [KEY_TYPE.rsa, rsaSpki],
  [KEY_TYPE.ec, ecSpki],
  [KEY_TYPE.edwards, edwardsSpki],
]);

const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');

const OID = {
  rsa: hex('06092a864886f70d010101'),
  rsaPss: hex('06092a864886f70d01010a'),
  ec: hex('06072a8648ce3d0201'),
  ed25519: hex('06032b6570'),
} as const;
const NULL = Buffer.of(5, 0);
const OCTET_STRING = 4;
const ED25519_LENGTH = 32;

function rsaSpki(object: TokenObject): Buffer | undefined {
  const [modulus, exponent] = [attribute(object, ATTRIBUTE.modulus), attribute(object, ATTRIBUTE.publicExponent)];
  if (!modulus?.length || !exponent?.length) return undefined;
  return spkiOf([OID.rsa, NULL], writeElement(TAG.sequence, writeInteger(modulus), writeInteger(exponent)));
}

function ecSpki(object: TokenObject): Buffer | undefined {
  const [curve, point] = [attribute(object, ATTRIBUTE.ecParams), attribute(object, ATTRIBUTE.ecPoint)];
  if (!curve?.length || !point?.length) return undefined;
  return spkiOf([OID.ec, curve], unwrapped(point));
}

function edwardsSpki(object: TokenObject): Buffer | undefined {
  const point = attribute(object, ATTRIBUTE.ecPoint);
  const key = point === undefined ? undefined : unwrapped(point);
  return key?.length === ED25519_LENGTH ? spkiOf([OID.ed25519], key) : undefined;
}

/** A point stands in an OCTET STRING (PKCS #11 2.40), in a BIT STRING (an erratum of 3.0), or as it is. */
function unwrapped(point: Buffer): Buffer {
  const [element, ...more] = readElements(point) ?? [];
  if (more.length > 0) return point;
  if (element?.tag === OCTET_STRING) return Buffer.from(element.content);
  return element?.tag === TAG.bitString && element.content[0] === 0 ? Buffer.from(element.content.subarray(1)) : point;
}

function spkiOf(algorithm: readonly Buffer[], key: Buffer): Buffer {
  return writeElement(
    TAG.sequence,
    writeElement(TAG.sequence, ...algorithm),
    writeElement(TAG.bitString, Buffer.of(0), key),
  );
}

function created(spki: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: spki, format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

/** Whether a key that could be used both ways is bound to RSASSA-PSS. */
function signsOnlyPss(object: TokenObject): boolean {
  const allowed = new Set(ulongs(attribute(object, ATTRIBUTE.allowedMechanisms) ?? Buffer.alloc(0)));
  const isPss = allowed.has(MECHANISM.rsaPss) || allowed.has(MECHANISM.sha256RsaPss);
  return isPss && !allowed.has(MECHANISM.rsaPkcs) && !allowed.has(MECHANISM.sha256RsaPkcs);
}

/** The same RSA key as one for RSASSA-PSS: verifiers read the scheme off the key. */
export function asPss(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType !== 'rsa') return key;
  return created(spkiOf([OID.rsaPss], key.export({ type: 'pkcs1', format: 'der' }))) ?? key;
}

function distinct(keys: readonly KeyObject[]): KeyObject[] {
  return keys.filter((key, index) => keys.findIndex((other) => other.equals(key)) === index);
}

function usable(key: KeyObject, object: TokenObject): KeyObject {
  const scheme = schemeOf(key);
  if (!('unsupported' in scheme)) return key;
  const message = `the key '${escape(uriOfObject(object))}' is ${scheme.unsupported}, which is not supported`;
  throw errorOf('KEY_UNSUPPORTED', message, { hint: `use ${SUPPORTED_KEYS}` });
}

function several(key: TokenObject): ModelSigningError {
  const message = `several public keys or certificates belong to the key '${escape(uriOfObject(key))}', and they differ`;
  return errorOf('PKCS11_OBJECT_AMBIGUOUS', message, { hint: 'give each pair of keys an id (CKA_ID) of its own' });
}
