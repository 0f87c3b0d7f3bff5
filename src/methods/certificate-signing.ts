// SPDX-License-Identifier: Apache-2.0
// Signing with a certificate: what nobody could verify is not signed.

import { createPublicKey } from 'node:crypto';

import { InputError, SigningError, VerificationError } from '../errors.js';
import type { Material, Signature, SigningInput } from '../method.js';
import { signMessage } from './algorithms.js';
import { type CertificateSource, MOST_CERTIFICATES, readCertificates } from './certificate-file.js';
import { checkModelSigner, checkValidity, fingerprintRemark, shortName } from './certificate-rules.js';
import { type ResolvedKeySource, loadPrivateKey } from './key-material.js';
import type { Password } from './password.js';
import { type TimestampSource, requestTimestamps } from './trusted-time.js';
import type { Certificate } from './x509.js';

/** What a signer was given, checked as far as that goes without reading. */
export interface SignerSources extends TimestampSource {
  readonly privateKey: ResolvedKeySource;
  readonly password: Password | undefined;
  /** The signer's own first. */
  readonly certificates: readonly CertificateSource[];
  readonly logFingerprints: boolean;
}

/** Reads key and certificates, and returns what signs with them. */
export async function loadSigner(given: SignerSources): Promise<(input: SigningInput) => Promise<Signature>> {
  const { leaf, material, remarks } = signingChain(await readCertificates(given.certificates), given.logFingerprints);
  const { key } = await loadPrivateKey(given.privateKey, given.password);
  if (leaf.publicKey?.equals(createPublicKey(key)) !== true) throw notItsKey(leaf);
  return async (input) => {
    input.signal?.throwIfAborted();
    const signature = await signMessage(key, input.message);
    return { signature, material, timestamps: await requestTimestamps(signature, given, input), remarks };
  };
}

/** A leaf that may sign models, the chain as it goes into bundles, and the fingerprints if they are asked for. */
export interface SigningChain {
  readonly leaf: Certificate;
  readonly material: Material;
  readonly remarks: readonly string[];
}

/** Checks certificates that were given for signing, the signer's own first. */
export function signingChain(certificates: readonly Certificate[], logFingerprints: boolean): SigningChain {
  const [leaf] = certificates;
  if (leaf === undefined || certificates.length > MOST_CERTIFICATES) throw wrongCount(certificates.length);
  checkLeaf(leaf);
  return {
    leaf,
    material: { kind: 'certificateChain', certificates: certificates.map(({ raw }) => raw) },
    remarks: logFingerprints ? certificates.map(fingerprintRemark) : [],
  };
}

/** The verifier's rules, now; which one is broken, the message and the cause say. */
function checkLeaf(leaf: Certificate): void {
  try {
    checkModelSigner(leaf);
    checkValidity(leaf, new Date());
  } catch (cause) {
    if (!(cause instanceof VerificationError)) throw cause;
    const hint = 'nobody could verify the signature: sign with a certificate for code signing that is valid now';
    throw new SigningError('CERTIFICATE_UNFIT', cause.message, { hint, cause });
  }
}

/** The error for a certificate of somebody else's key. */
export function notItsKey({ subject }: Certificate): SigningError {
  const message = `the certificate '${shortName(subject)}' belongs to another key than the private key given`;
  const hint = 'give the certificate of the key; its own has to be the first in its file';
  return new SigningError('CERTIFICATE_KEY_MISMATCH', message, { hint });
}

function wrongCount(count: number): InputError {
  const hint = 'leave out what no verifier needs';
  const message = `there are ${count} certificates, and a bundle holds from 1 to ${MOST_CERTIFICATES}`;
  return new InputError('CERTIFICATE_FILE_INVALID', message, { hint });
}
