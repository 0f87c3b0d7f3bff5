// SPDX-License-Identifier: Apache-2.0
// From what a caller gives (a path, bytes, a JWK, a KeyObject) to a key that can be used, or to an error that says what
// was given instead. No error holds anything of a key or a password.

import { type JsonWebKey, KeyObject, createPrivateKey, createPublicKey } from 'node:crypto';
import { fileURLToPath } from 'node:url';

import { type ErrorCode, InputError } from '../errors.js';
import { escape } from '../native.js';
import { isFileName } from '../option-reader.js';
import { SUPPORTED_KEYS, type Scheme, schemeOf } from './algorithms.js';
import { LARGEST_KEY_FILE, readKeyFile } from './key-file.js';
import { type Piece, findPieces, pieceOfJwk } from './key-format.js';
import { type Password, withPassword } from './password.js';

/** A key: the path or `file:` URL of one, the bytes of such a file, a JSON Web Key, or Node's own key object. */
export type KeySource = string | URL | Uint8Array | JsonWebKey | KeyObject;

/** A key source that was checked; a URL has become a path. */
export type ResolvedKeySource = Exclude<KeySource, URL>;

/** A key that can be used, and how it signs. */
export interface LoadedKey {
  readonly key: KeyObject;
  readonly scheme: Scheme;
}

/** Reads a private key. The password is asked for only when the key is encrypted. */
export async function loadPrivateKey(source: ResolvedKeySource, password: Password | undefined): Promise<LoadedKey> {
  const about = complaintsAbout(source);
  if (source instanceof KeyObject) return checked(source, 'private', about);
  return withPieces(source, about, async (pieces) => {
    const piece = pieces.find(({ kind }) => kind === 'private' || kind === 'encrypted') ?? pieces[0];
    return checked(await openPrivate(piece, password, about), 'private', about);
  });
}

/** Reads a public key. */
export async function loadPublicKey(source: ResolvedKeySource): Promise<LoadedKey> {
  const about = complaintsAbout(source);
  if (source instanceof KeyObject) return checked(source, 'public', about);
  return withPieces(source, about, async (pieces) => {
    const piece = pieces.find(({ kind }) => kind === 'public') ?? pieces[0];
    return checked(openPublic(piece, about), 'public', about);
  });
}

/** Checks an option that is a key, early. The text of a key in the place of a path is refused, and not repeated. */
export function resolveKeySource(value: unknown, option: string): ResolvedKeySource {
  if (typeof value === 'string' && /-----BEGIN|"kty"/.test(value)) {
    const hint = 'give a path, or the text as bytes: Buffer.from(text)';
    throw new InputError('OPTION_INVALID', `option ${option} is the text of a key where a path is expected`, { hint });
  }
  const source = value instanceof URL ? pathOfUrl(value) : value;
  if (isResolved(source)) return source;
  const hint = 'give a path, a file: URL, bytes, a JWK or a KeyObject';
  throw new InputError('OPTION_INVALID', `option ${option} has a wrong value`, { hint });
}

function pathOfUrl(url: URL): string | undefined {
  try {
    return fileURLToPath(url);
  } catch {
    return undefined;
  }
}

function isResolved(source: unknown): source is ResolvedKeySource {
  if (typeof source === 'string') return isFileName(source) && source !== '';
  return typeof source === 'object' && source !== null;
}

/** Makes errors about one key. */
type Complaint = (code: ErrorCode, what: string, hint: string, cause?: unknown) => InputError;

function complaintsAbout(source: ResolvedKeySource): Complaint {
  const path = typeof source === 'string' ? source : undefined;
  const name = path === undefined ? 'the given key' : `the key file '${escape(path)}'`;
  return (code, what, hint, cause) => new InputError(code, `${name} ${what}`, { hint, path, cause: harmless(cause) });
}

/** Only OpenSSL's own errors are kept: they say where in OpenSSL. Node's quote what they did not like. */
function harmless(cause: unknown): unknown {
  return cause instanceof Error && 'code' in cause && String(cause.code).startsWith('ERR_OSSL') ? cause : undefined;
}

/** Bytes that were read here are wiped here. */
async function withPieces<T>(
  source: Exclude<ResolvedKeySource, KeyObject>,
  about: Complaint,
  use: (pieces: readonly Piece[]) => Promise<T>,
): Promise<T> {
  if (source instanceof Uint8Array) return use(findPieces(bounded(source, about)));
  if (typeof source !== 'string') return use([pieceOfJwk(source)].filter((piece) => piece !== undefined));
  const bytes = readKeyFile(source);
  try {
    return await use(findPieces(bytes));
  } finally {
    bytes.fill(0);
  }
}

function bounded(source: Uint8Array, about: Complaint): Buffer {
  if (source.length === 0) throw about('KEY_EMPTY', 'is empty', 'give the bytes of a key');
  if (source.length > LARGEST_KEY_FILE) {
    throw about('KEY_TOO_LARGE', 'is larger than 1 MiB, so it is no key', 'give the bytes of a key');
  }
  return Buffer.from(source.buffer, source.byteOffset, source.byteLength);
}

async function openPrivate(
  piece: Piece | undefined,
  password: Password | undefined,
  about: Complaint,
): Promise<KeyObject> {
  if (piece?.kind === 'private') return parsed(about, () => createPrivateKey(piece.encoding));
  if (piece?.kind === 'public') throw isPublic(about);
  if (piece?.kind !== 'encrypted') throw noKey(piece, about);
  if (password === undefined) throw about('KEY_ENCRYPTED', 'is encrypted', 'give its password');
  return withPassword(password, (passphrase) => decrypted(about, { ...piece.encoding, passphrase }));
}

function openPublic(piece: Piece | undefined, about: Complaint): KeyObject {
  if (piece?.kind === 'public') return parsed(about, () => createPublicKey(piece.encoding));
  if (piece?.kind === 'private' || piece?.kind === 'encrypted') throw isPrivate(about);
  throw noKey(piece, about);
}

function parsed(about: Complaint, create: () => KeyObject): KeyObject {
  try {
    return create();
  } catch (cause) {
    throw about('KEY_INVALID', 'is damaged, or of an unknown kind', `give ${SUPPORTED_KEYS}`, cause);
  }
}

/** One wrong password in two hundred decrypts to something; that it is no key shows only later. */
function decrypted(about: Complaint, input: Parameters<typeof createPrivateKey>[0]): KeyObject {
  try {
    return createPrivateKey(input);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_OSSL_EVP_UNSUPPORTED') {
      const hint = 'encrypt it again, with AES: openssl pkcs8 -topk8 -v2 aes-256-cbc';
      throw about('KEY_UNSUPPORTED', 'is encrypted with a cipher that is not supported', hint, cause);
    }
    const hint = 'give the password that the key was encrypted with';
    throw about('KEY_PASSWORD_WRONG', 'cannot be decrypted: the password is wrong, or the key damaged', hint, cause);
  }
}

/** The last look at every key, wherever it came from. */
function checked(key: KeyObject, wanted: 'private' | 'public', about: Complaint): LoadedKey {
  if (key.type === 'private' && wanted === 'public') throw isPrivate(about);
  if (key.type === 'public' && wanted === 'private') throw isPublic(about);
  const scheme = schemeOf(key);
  if (!('unsupported' in scheme)) return { key, scheme };
  throw about('KEY_UNSUPPORTED', `is ${scheme.unsupported}, which is not supported`, `give ${SUPPORTED_KEYS}`);
}

function isPublic(about: Complaint): InputError {
  return about('KEY_IS_PUBLIC', 'is a public key, and a private one is needed', 'sign with the private key');
}

function isPrivate(about: Complaint): InputError {
  const hint = 'verify with the public key; make one with: openssl pkey -in <key> -pubout';
  return about('KEY_IS_PRIVATE', 'is a private key, and a public one is needed', hint);
}

function noKey(piece: Piece | undefined, about: Complaint): InputError {
  if (piece?.kind === 'certificate') {
    const hint = 'use the certificate method, or give the key alone';
    return about('KEY_IS_CERTIFICATE', 'is a certificate, not a key', hint);
  }
  if (piece?.kind === 'foreign')
    return about('KEY_UNSUPPORTED', `is ${piece.what}, which is not supported`, piece.hint);
  return about('KEY_FORMAT_UNKNOWN', 'holds no key', 'give a key in PEM, DER or JWK form');
}
