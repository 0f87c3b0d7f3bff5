// SPDX-License-Identifier: Apache-2.0
// Signing with a token: with the key alone, or with its certificate, which may be on the token, too.

import type { KeyObject } from 'node:crypto';

import { errorOf } from '../errors.js';
import type { Material, Signature, SigningInput } from '../method.js';
import { escape } from '../native.js';
import type { CertificateSource } from './certificate-file.js';
import { readSequence } from './der.js';
import { keyHint } from './key.js';
import { ATTRIBUTE, CLASS } from './pkcs11-constants.js';
import { type KeyRequest, type SigningKey, openSigningKey } from './pkcs11-key.js';
import { type TokenObject, attribute, findObjects, uriOfObject } from './pkcs11-object.js';
import { siblings } from './pkcs11-public-key.js';
import { type TimestampSource, requestTimestamps } from './trusted-time.js';
import type { Certificate } from './x509.js';

/** What a signer was given, checked. */
export interface SignerRequest extends KeyRequest, TimestampSource {
  /** A certificate, or the one on the token; without it the key signs alone. */
  readonly certificate: CertificateSource | true | undefined;
  readonly chain: readonly CertificateSource[];
  readonly logFingerprints: boolean;
}

/** A signer that is ready. */
export interface TokenSigner {
  readonly isOpen: boolean;
  sign(input: SigningInput): Promise<Signature>;
  close(): Promise<void>;
}

/** Reads the certificates and opens the key: files first, since nobody should type a PIN for one that is missing. */
export async function openTokenSigner(request: SignerRequest): Promise<TokenSigner> {
  const files = request.certificate === undefined ? undefined : await readFiles(request);
  const key = await openSigningKey(request);
  try {
    return files === undefined ? keySigner(key, request) : await certificateSigner(key, files, request);
  } catch (error) {
    await key.close();
    throw error;
  }
}

async function readFiles({ certificate, chain }: SignerRequest): Promise<readonly Certificate[]> {
  const { readCertificates } = await import('./certificate-file.js');
  return readCertificates(certificate === true || certificate === undefined ? chain : [certificate, ...chain]);
}

function keySigner(key: SigningKey, request: SignerRequest): TokenSigner {
  const material: Material = { kind: 'publicKey', hint: keyHint(key.publicKey) };
  return {
    get isOpen() {
      return key.isOpen;
    },
    sign: async (input) => {
      const signature = await key.sign(input.message, input.signal);
      return { signature, material, timestamps: await requestTimestamps(signature, request, input) };
    },
    close: async () => key.close(),
  };
}

async function certificateSigner(
  key: SigningKey,
  files: readonly Certificate[],
  request: SignerRequest,
): Promise<TokenSigner> {
  const { notItsKey, signingChain } = await import('./certificate-signing.js');
  const chain = request.certificate === true ? [await certificateOnToken(key), ...files] : files;
  const { leaf, material, remarks } = signingChain(chain, request.logFingerprints);
  const certified = leaf.publicKey;
  if (certified === undefined || !isSamePair(certified, key.publicKey)) throw notItsKey(leaf);
  // The certificate says by which scheme its key signs: RSA has two.
  key.requireMechanism(certified);
  return {
    get isOpen() {
      return key.isOpen;
    },
    sign: async (input) => {
      const signature = await key.sign(input.message, input.signal, certified);
      return { signature, material, timestamps: await requestTimestamps(signature, request, input), remarks };
    },
    close: async () => key.close(),
  };
}

/** The certificate of the key; of several, as after a renewal, the one that is valid now. */
async function certificateOnToken({ object, publicKey }: SigningKey): Promise<Certificate> {
  const { parseCertificate } = await import('./x509.js');
  const parsed = (found: TokenObject): Certificate[] => {
    try {
      return [parseCertificate(attribute(found, ATTRIBUTE.value) ?? Buffer.alloc(0))];
    } catch {
      return [];
    }
  };
  const near = siblings(object, CLASS.certificate);
  const objects = near.length > 0 ? near : findObjects(object.session, { class: CLASS.certificate });
  const own = objects
    .flatMap(parsed)
    .filter((found) => found.publicKey !== undefined && isSamePair(found.publicKey, publicKey));
  const now = Date.now();
  const valid = own.filter(({ notBefore, notAfter }) => notBefore.getTime() <= now && now <= notAfter.getTime());
  const [only, ...others] = own.length === 1 ? own : valid;
  if (only !== undefined && others.length === 0) return only;
  const name = escape(uriOfObject(object));
  const hint = 'give the certificate as a file: --signing-certificate';
  if (own.length === 0)
    throw errorOf('PKCS11_OBJECT_NOT_FOUND', `the token holds no certificate of the key '${name}'`, { hint });
  const message = `the token holds ${own.length} certificates of the key '${name}', and ${valid.length} of them are valid now`;
  throw errorOf('PKCS11_OBJECT_AMBIGUOUS', message, { hint });
}

/** RSA keys are the same pair whichever of the two schemes they say. */
function isSamePair(one: KeyObject, other: KeyObject): boolean {
  if (one.equals(other)) return true;
  const isRsa = [one, other].every(({ asymmetricKeyType }) => /^rsa(?:-pss)?$/.test(asymmetricKeyType ?? ''));
  return isRsa && Buffer.compare(numbersOf(one), numbersOf(other)) === 0;
}

function numbersOf(key: KeyObject): Uint8Array {
  const [, numbers] = readSequence(key.export({ type: 'spki', format: 'der' })) ?? [];
  return numbers?.content ?? new Uint8Array();
}
