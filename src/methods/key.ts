// SPDX-License-Identifier: Apache-2.0
// The key method: a key pair, and a verifier who has the public key beforehand.

import { type KeyObject, createHash, createPublicKey } from 'node:crypto';

import { InputError, VerificationError } from '../errors.js';
import type { Authentication, Signature, SignedBundle, Signer, SigningInput, Verifier } from '../method.js';
import { isCompressed, signMessage, verifyMessage, withHash } from './algorithms.js';
import type { CertificateSource } from './certificate-file.js';
import { type KeySource, type LoadedKey, loadPrivateKey, loadPublicKey } from './key-material.js';
import { MethodOptions } from './method-options.js';
import { once } from './once.js';
import type { Password } from './password.js';
import type { TimestampTrust } from './timestamp.js';
import { type TimestampSource, remarksOnWitnesses, requestTimestamps, trustedMoments } from './trusted-time.js';

export type { KeySource, Password };

/** What a key signer needs. */
export interface KeySignerOptions {
  /** The private key: PEM, DER or JWK; bytes must stay as they are until `prepare` is done. */
  readonly privateKey: KeySource;
  /**
   * The password of the key. It is not used, and not asked for, when the key is not encrypted.
   * @default none
   */
  readonly password?: Password | undefined;
  /**
   * The address of an RFC 3161 timestamp authority that witnesses when the signature was made.
   * @default none
   */
  readonly timestampUrl?: string | URL | undefined;
  /**
   * Milliseconds to wait for an answer of that authority.
   * @default 30000
   */
  readonly timeout?: number | undefined;
}

/** What a key verifier needs. */
export interface KeyVerifierOptions {
  /** The public key: PEM, DER or JWK; bytes must stay as they are until `prepare` is done. */
  readonly publicKey: KeySource;
  /**
   * Certificates of timestamp authorities, each an anchor. With one, every timestamp in a bundle has to verify, and the
   * earliest says when it was signed. Without, timestamps are not used.
   * @default []
   */
  readonly timestampAuthorities?: readonly CertificateSource[] | undefined;
}

/**
 * Signs with a private key.
 *
 * @throws `InputError` when the options cannot be used; what is wrong with the key itself, `prepare` and `sign` tell.
 */
export function keySigner(options: KeySignerOptions): Signer {
  const given = new MethodOptions(options);
  const source = given.key('privateKey');
  const password = given.password('password');
  const witness = { timestampUrl: given.webAddress('timestampUrl'), timeout: given.timeout('timeout') };
  given.end();
  const load = once(async () => provenPair(await loadPrivateKey(source, password)));
  return {
    method: 'key',
    inputs: typeof source === 'string' ? [source] : [],
    prepare: async () => void (await load()),
    sign: async (input) => signWith(await load(), witness, input),
  };
}

/**
 * Verifies with a public key.
 *
 * @throws `InputError` when the options cannot be used; what is wrong with the key itself, `prepare` and `verify` tell.
 */
export function keyVerifier(options: KeyVerifierOptions): Verifier {
  const given = new MethodOptions(options);
  const source = given.key('publicKey');
  const authorities = given.certificates('timestampAuthorities');
  given.end();
  const load = once(async () => ({
    trusted: withHint(await loadPublicKey(source)),
    trust: await loadTrust(authorities),
  }));
  return {
    method: 'key',
    prepare: async () => void (await load()),
    verify: async (bundle) => {
      const { trusted, trust } = await load();
      return verifyWith(trusted, trust, bundle);
    },
  };
}

/**
 * By which bundles name a key: SHA-256, in hexadecimal, of its PEM with the uncompressed point. Whoever signs with a key
 * that is kept elsewhere puts it into the bundle, so that `keyVerifier` knows which key it was.
 *
 * @param publicKey - The public key.
 */
export function keyHint(publicKey: KeyObject): string {
  const pem = uncompressed(publicKey).export({ type: 'spki', format: 'pem' });
  return createHash('sha256').update(pem).digest('hex');
}

async function signWith({ key, hint }: HintedKey, witness: TimestampSource, input: SigningInput): Promise<Signature> {
  input.signal?.throwIfAborted();
  const signature = await signMessage(key, input.message);
  const timestamps = await requestTimestamps(signature, witness, input);
  return { signature, material: { kind: 'publicKey', hint }, timestamps };
}

async function verifyWith(
  { key, hint, scheme }: HintedKey,
  trust: TimestampTrust,
  bundle: SignedBundle,
): Promise<Authentication> {
  requireSameKey(await hintOf(bundle), hint);
  if (!(await verifyMessage(key, bundle.message, bundle.signature, bundle.forcedHash))) {
    const advice = 'the bundle was changed after it was signed, or signed otherwise: do not trust it';
    throw new VerificationError('SIGNATURE_INVALID', 'the signature is not one of this key', { hint: advice });
  }
  const { algorithm } = withHash(scheme, bundle.forcedHash);
  const [time] = await trustedMoments(bundle, trust);
  return { signer: { method: 'key', keyHint: hint, algorithm }, time, remarks: remarksOnWitnesses(bundle, trust) };
}

/** Whom to believe about time: nobody, unless the user names somebody. */
async function loadTrust(sources: readonly CertificateSource[]): Promise<TimestampTrust> {
  if (sources.length === 0) return { authorities: [], revocationLists: [] };
  const { readCertificates } = await import('./certificate-file.js');
  return { authorities: await readCertificates(sources), revocationLists: [] };
}

/** Which key the bundle names; nothing if it names none that can be read. A key in a bundle is a name, and no more. */
async function hintOf({ material }: SignedBundle): Promise<string | undefined> {
  switch (material.kind) {
    case 'publicKey':
      return material.hint;
    case 'rawPublicKey':
      return loadPublicKey(Buffer.from(material.pem)).then(
        ({ key }) => keyHint(key),
        () => undefined,
      );
    case 'certificateChain':
    case 'sigstore':
      throw new VerificationError('MATERIAL_MISMATCH', 'the bundle was signed with a certificate, not with a key', {
        hint: 'verify it with the certificate method, or with the sigstore method if it has an entry in a log',
      });
  }
}

/** An empty hint differs from every key's, as any other wrong one does. */
function requireSameKey(named: string | undefined, hint: string): void {
  if (named === hint) return;
  const message =
    named === undefined || named === ''
      ? 'the bundle does not say which key it was signed with'
      : 'the bundle was signed with another key than the one given';
  throw new VerificationError('HINT_MISMATCH', message, { hint: `the given key's hint is ${hint}` });
}

/** A key and its public half's name in bundles. */
interface HintedKey extends LoadedKey {
  readonly hint: string;
}

function withHint(loaded: LoadedKey): HintedKey {
  return { ...loaded, hint: keyHint(loaded.key) };
}

/** A key file holds both halves of a pair, and OpenSSL does not compare them. */
async function provenPair({ key, scheme }: LoadedKey): Promise<HintedKey> {
  const publicKey = createPublicKey(key);
  const probe = Buffer.from('a signature that nobody sees');
  const signature = await signMessage(key, probe);
  if (await verifyMessage(publicKey, probe, signature)) return { key, scheme, hint: keyHint(publicKey) };
  const hint = 'the private and the public half that it holds do not belong together; export the key again';
  throw new InputError('KEY_INVALID', 'the private key is damaged', { hint });
}

/** JWK knows no compressed points, so the way there and back takes the compression out. */
function uncompressed(publicKey: KeyObject): KeyObject {
  if (publicKey.asymmetricKeyType !== 'ec' || !isCompressed(publicKey)) return publicKey;
  return createPublicKey({ key: publicKey.export({ format: 'jwk' }), format: 'jwk' });
}
