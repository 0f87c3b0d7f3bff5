// SPDX-License-Identifier: Apache-2.0
// From a key to the one way it signs. The scheme is read off the public key's own bytes, and no other is ever tried.
// (Node ends the process when it is asked for details of some malformed EC keys; bytes are safe to look at.)

import { type KeyObject, constants, createPublicKey, createSign, createVerify, sign, verify } from 'node:crypto';
import { promisify } from 'node:util';

import { InputError, SigningError, VerificationError } from '../errors.js';
import { PIECE, eachInTurn, piecesOf } from '../pieces.js';
import { type Element, TAG, positiveInteger, readElements, readSequence } from './der.js';

type Hash = 'sha256' | 'sha384' | 'sha512';

/** How a key signs. */
export interface Scheme {
  /** Its name for people and JSON answers, such as `ecdsa-p256-sha256`. */
  readonly algorithm: string;
  /** The hash that is signed; none where the message itself is. */
  readonly hash: Hash | undefined;
  /** Octets of a coordinate, for keys on NIST's curves only. */
  readonly fieldSize?: number;
  /** What OpenSSL has to be told. */
  readonly options: {
    readonly dsaEncoding?: 'der';
    readonly padding?: number;
    readonly saltLength?: number;
  };
}

/** A key that no scheme takes, and what it is: words that go behind "the key is". */
export interface Unsupported {
  readonly unsupported: string;
}

/** What keys can be, for hints. */
export const SUPPORTED_KEYS = 'an EC key on P-256, P-384 or P-521, an Ed25519 key, or an RSA key of 2048 to 16384 bits';

/** What was found out about keys that are still in use: OpenSSL takes 0.2 ms to write one down. */
const known = new WeakMap<KeyObject, Scheme | Unsupported>();

/** Says how a key signs. */
export function schemeOf(key: KeyObject): Scheme | Unsupported {
  const scheme = known.get(key) ?? readScheme(key);
  known.set(key, scheme);
  return scheme;
}

function readScheme(key: KeyObject): Scheme | Unsupported {
  if (key.type === 'secret') return { unsupported: 'a symmetric key' };
  const spki = spkiOf(key);
  if (spki === undefined) return MALFORMED;
  const read = KEY_TYPES.get(spki.oid);
  return read?.(spki) ?? { unsupported: `a key of type ${key.asymmetricKeyType ?? 'unknown'}` };
}

/**
 * Signs a message, in another thread if that takes its time. Node copies what it hands to that thread, so a long message
 * is hashed here instead, unless it is signed as it is (Ed25519) or what follows takes long, too (RSA).
 */
export async function signMessage(privateKey: KeyObject, message: Uint8Array): Promise<Uint8Array> {
  const scheme = requireScheme(privateKey);
  const { hash, options, fieldSize } = scheme;
  const key = { key: privateKey, ...options };
  try {
    if (isQuick(scheme, message)) return sign(hash, message, key);
    if (hash === undefined || fieldSize === undefined) return await signInPool(hash, message, key);
    const hashing = createSign(hash);
    await eachInTurn(piecesOf(message), (piece) => hashing.update(piece));
    return hashing.sign(key);
  } catch (cause) {
    throw new SigningError('SIGNING_FAILED', 'the key cannot sign', { hint: 'check that the key is intact', cause });
  }
}

/**
 * Says whether a signature is good, where {@link signMessage} would make it.
 *
 * @param forcedHash - The hash of an old form of bundles, whatever the curve; EC keys only.
 */
export async function verifyMessage(
  publicKey: KeyObject,
  message: Uint8Array,
  signature: Uint8Array,
  forcedHash?: 'sha256',
): Promise<boolean> {
  const scheme = withHash(requireScheme(publicKey), forcedHash);
  const { hash, options, fieldSize } = scheme;
  if (fieldSize !== undefined && !isEcdsaSignature(signature, fieldSize)) return false;
  const key = { key: publicKey, ...options };
  try {
    if (isQuick(scheme, message)) return verify(hash, message, key, signature);
    if (hash === undefined || message.length <= PIECE) return await verifyInPool(hash, message, key, signature);
    const hashing = createVerify(hash);
    await eachInTurn(piecesOf(message), (piece) => hashing.update(piece));
    return hashing.verify(key, signature);
  } catch (cause) {
    const hint = 'do not trust what it is said to sign';
    throw new VerificationError('SIGNATURE_INVALID', 'the signature cannot be checked', { hint, cause });
  }
}

/** The scheme with the hash that an old form of bundles has; RSA has it anyway, Ed25519 hashes nothing. */
export function withHash(scheme: Scheme, forcedHash: 'sha256' | undefined): Scheme {
  if (forcedHash === undefined || scheme.fieldSize === undefined) return scheme;
  return { ...scheme, hash: forcedHash, algorithm: scheme.algorithm.replace(/[^-]+$/, forcedHash) };
}

/**
 * Whether these bytes are an ECDSA-Sig-Value in DER (RFC 3279, section 2.2.3) with numbers that fit the curve. OpenSSL
 * checks it again; this keeps what we accept from depending on its version.
 */
export function isEcdsaSignature(signature: Uint8Array, fieldSize: number): boolean {
  // Two numbers, with two bytes of frame and one of sign each, in a frame of at most three.
  if (signature.length > 2 * fieldSize + 9) return false;
  const numbers = readSequence(signature);
  return numbers?.length === 2 && numbers.every((number) => fits(positiveInteger(number), fieldSize));
}

function fits(number: Uint8Array | undefined, fieldSize: number): boolean {
  return number !== undefined && number.length <= fieldSize;
}

const signInPool = promisify(sign);
const verifyInPool = promisify(verify);

/** For elliptic curves the way to another thread and back takes longer than they do; RSA takes milliseconds. */
function isQuick({ options }: Scheme, message: Uint8Array): boolean {
  return options.padding === undefined && message.length <= PIECE;
}

function requireScheme(key: KeyObject): Scheme {
  const scheme = schemeOf(key);
  if (!('unsupported' in scheme)) return scheme;
  const hint = `use ${SUPPORTED_KEYS}`;
  throw new InputError('KEY_UNSUPPORTED', `the key is ${scheme.unsupported}, which is not supported`, { hint });
}

/** A SubjectPublicKeyInfo (RFC 5280, section 4.1), taken apart; object identifiers in hexadecimal. */
interface Spki {
  readonly oid: string;
  readonly parameters: Element | undefined;
  readonly publicKey: Uint8Array;
}

/** Whether the point of an EC key is written in its short form; the bytes begin with that form's number. */
export function isCompressed(key: KeyObject): boolean {
  return [2, 3].includes(spkiOf(key)?.publicKey[0] ?? 0);
}

function spkiOf(key: KeyObject): Spki | undefined {
  const [algorithm, bits] = readSequence(exportSpki(key)) ?? [];
  const [oid, parameters] = readElements(algorithm?.content ?? EMPTY) ?? [];
  if (oid?.tag !== TAG.oid || bits?.tag !== TAG.bitString) return undefined;
  return { oid: hexOf(oid.content), parameters, publicKey: bits.content.subarray(1) };
}

/** OpenSSL reads more than it can write: a point at infinity, for one. */
function exportSpki(key: KeyObject): Uint8Array {
  try {
    const publicKey = key.type === 'private' ? createPublicKey(key) : key;
    return publicKey.export({ type: 'spki', format: 'der' });
  } catch {
    return EMPTY;
  }
}

const EMPTY = new Uint8Array();
const MALFORMED: Unsupported = { unsupported: 'a malformed key' };

const KEY_TYPES: ReadonlyMap<string, (spki: Spki) => Scheme | Unsupported> = new Map([
  ['2a8648ce3d0201', ecScheme],
  ['2a864886f70d010101', rsaScheme],
  ['2a864886f70d01010a', rsaPssScheme],
  ['2b6570', ed25519Scheme],
]);

const CURVES: ReadonlyMap<string, { name: string; hash: Hash; fieldSize: number }> = new Map([
  ['2a8648ce3d030107', { name: 'p256', hash: 'sha256', fieldSize: 32 }],
  ['2b81040022', { name: 'p384', hash: 'sha384', fieldSize: 48 }],
  ['2b81040023', { name: 'p521', hash: 'sha512', fieldSize: 66 }],
]);

/** Curves that people have keys on, for messages. */
const OTHER_CURVES: ReadonlyMap<string, string> = new Map([
  ['2a8648ce3d030101', 'the curve P-192'],
  ['2b81040021', 'the curve P-224'],
  ['2b8104000a', 'the curve secp256k1'],
  ['2b2403030208010107', 'the curve brainpoolP256r1'],
  ['2b2403030208010109', 'the curve brainpoolP320r1'],
  ['2b240303020801010b', 'the curve brainpoolP384r1'],
  ['2b240303020801010d', 'the curve brainpoolP512r1'],
  ['2a811ccf5501822d', 'the curve SM2'],
]);

function ecScheme({ parameters, publicKey }: Spki): Scheme | Unsupported {
  // Whoever spells a curve out can choose a generator for which he knows the private key of any public one.
  if (parameters?.tag !== TAG.oid) return { unsupported: 'an EC key on a curve that is spelt out, not named' };
  const oid = hexOf(parameters.content);
  const curve = CURVES.get(oid);
  if (curve === undefined) return { unsupported: `an EC key on ${OTHER_CURVES.get(oid) ?? 'an unknown curve'}` };
  const { name, hash, fieldSize } = curve;
  if (!isPoint(publicKey, fieldSize)) return MALFORMED;
  return { algorithm: `ecdsa-${name}-${hash}`, hash, fieldSize, options: { dsaEncoding: 'der' } };
}

/** The two forms of RFC 5480, section 2.2; never infinity, never the hybrid form. */
function isPoint([form, ...coordinates]: Uint8Array, fieldSize: number): boolean {
  if (form === 4) return coordinates.length === 2 * fieldSize;
  return (form === 2 || form === 3) && coordinates.length === fieldSize;
}

/** The points of small order, without the bit of the sign and in each of their spellings: anything signs for these. */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
]);

function ed25519Scheme({ publicKey }: Spki): Scheme | Unsupported {
  const point = publicKey.map((byte, index) => (index === 31 ? byte & 0x7f : byte));
  if (SMALL_ORDER.has(hexOf(point))) return { unsupported: 'an Ed25519 key that protects nothing' };
  return { algorithm: 'ed25519', hash: undefined, options: {} };
}

function rsaScheme({ publicKey }: Spki): Scheme | Unsupported {
  const refusal = refusalOfRsa(publicKey);
  if (refusal !== undefined) return refusal;
  return { algorithm: 'rsa-pkcs1-sha256', hash: 'sha256', options: { padding: constants.RSA_PKCS1_PADDING } };
}

const PSS_SALT = 32;

/** SHA-256 and MGF1 with SHA-256 as RSASSA-PSS-params (RFC 4055, section 3.1) spell them, up to the length of the salt. */
const PSS_SHA256 = 'a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500';

function rsaPssScheme({ publicKey, parameters }: Spki): Scheme | Unsupported {
  const refusal = refusalOfRsa(publicKey);
  if (refusal !== undefined) return refusal;
  if (parameters !== undefined && !allowsPss(parameters.content)) {
    return { unsupported: 'an RSA-PSS key that asks for something other than SHA-256 with a salt of 32 bytes' };
  }
  const options = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: PSS_SALT };
  return { algorithm: 'rsa-pss-sha256', hash: 'sha256', options };
}

/** The salt length in a key is a lower limit (RFC 4055, section 3.3); where it is left out it is 20. */
function allowsPss(parameters: Uint8Array): boolean {
  const hex = hexOf(parameters);
  if (!hex.startsWith(PSS_SHA256)) return false;
  const salt = /^a2030201([0-9a-f]{2})$/.exec(hex.slice(PSS_SHA256.length))?.[1];
  return hex === PSS_SHA256 || (salt !== undefined && Number.parseInt(salt, 16) <= PSS_SALT);
}

function refusalOfRsa(publicKey: Uint8Array): Unsupported | undefined {
  const [modulus, exponent] = (readSequence(publicKey) ?? []).map(positiveInteger);
  if (modulus === undefined || exponent === undefined) return MALFORMED;
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  if (bits < 2048 || bits > 16384) return { unsupported: `an RSA key of ${bits} bits` };
  const isOne = exponent.length === 1 && exponent[0] === 1;
  const isEven = ((exponent.at(-1) ?? 0) & 1) === 0;
  return isOne || isEven ? { unsupported: 'an RSA key with an exponent that protects nothing' } : undefined;
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
