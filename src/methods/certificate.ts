// SPDX-License-Identifier: Apache-2.0
// The certificate method: options, checked early. Everything that knows ASN.1 is loaded when a certificate is, and not
// before.

import { InputError } from '../errors.js';
import type { Signer, Verifier } from '../method.js';
import type { CertificateSource } from './certificate-file.js';
import type { KeySource } from './key-material.js';
import { MethodOptions } from './method-options.js';
import { once } from './once.js';
import type { Password } from './password.js';

export type { CertificateSource };

/** What a certificate signer needs. */
export interface CertificateSignerOptions {
  /** The private key: PEM, DER or JWK; bytes must stay as they are until `prepare` is done. */
  readonly privateKey: KeySource;
  /**
   * The password of the key. It is not used, and not asked for, when the key is not encrypted.
   * @default none
   */
  readonly password?: Password | undefined;
  /** The certificate of the key. What else that file holds goes into the bundle as the beginning of the chain. */
  readonly certificate: CertificateSource;
  /**
   * Certificates to put into the bundle behind the signer's own: intermediates, in their order.
   * @default []
   */
  readonly chain?: readonly CertificateSource[] | undefined;
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
  /**
   * Remark on the fingerprint of every certificate that goes into the bundle.
   * @default false
   */
  readonly logFingerprints?: boolean | undefined;
}

/** What a certificate verifier needs: at least one anchor, from `certificateChain` or `trustAnchors`. */
export interface CertificateVerifierOptions {
  /**
   * Certificates of which those whose signature verifies with their own key are anchors, and the rest intermediates.
   * @default []
   */
  readonly certificateChain?: readonly CertificateSource[] | undefined;
  /**
   * Certificates to trust as they are: a root, an intermediate, or one signer's own.
   * @default []
   */
  readonly trustAnchors?: readonly CertificateSource[] | undefined;
  /**
   * Revocation lists. A signer or intermediate whose issuer's list names it is refused.
   * @default []
   */
  readonly crls?: readonly CertificateSource[] | undefined;
  /**
   * Who has to have signed: the whole of one subject alternative name. What begins with a scheme (`https:`) is compared
   * with URIs only, what else has an `@` in it with e-mail addresses, the rest with DNS names and UTF-8 other names.
   * @default anyone the anchors vouch for
   */
  readonly identity?: string | undefined;
  /**
   * SHA-256 of the certificate that has to have signed, in hexadecimal, with colons or without.
   * @default any certificate the anchors vouch for
   */
  readonly fingerprint?: string | undefined;
  /**
   * Certificates of timestamp authorities, each an anchor. With one, every timestamp in a bundle has to verify, and says
   * at which moment the chain has to be valid. Without, timestamps are not used.
   * @default []
   */
  readonly timestampAuthorities?: readonly CertificateSource[] | undefined;
  /**
   * Remark on the fingerprint of every certificate of the chain.
   * @default false
   */
  readonly logFingerprints?: boolean | undefined;
}

/** Options of a verifier, checked, with every default filled in. */
export interface ResolvedVerifierOptions {
  readonly certificateChain: readonly CertificateSource[];
  readonly trustAnchors: readonly CertificateSource[];
  readonly crls: readonly CertificateSource[];
  readonly identity: string | undefined;
  readonly fingerprint: string | undefined;
  readonly timestampAuthorities: readonly CertificateSource[];
  readonly logFingerprints: boolean;
}

/**
 * Signs with a private key and its certificate.
 *
 * @throws `InputError` when the options cannot be used; what is wrong with the files, `prepare` and `sign` tell.
 */
export function certificateSigner(options: CertificateSignerOptions): Signer {
  const reader = new MethodOptions(options);
  const given = {
    privateKey: reader.key('privateKey'),
    password: reader.password('password'),
    certificates: [reader.certificate('certificate'), ...reader.certificates('chain')],
    timestampUrl: reader.webAddress('timestampUrl'),
    timeout: reader.timeout('timeout'),
    logFingerprints: reader.boolean('logFingerprints') ?? false,
  };
  reader.end();
  const load = once(async () => (await import('./certificate-signing.js')).loadSigner(given));
  const inputs = [given.privateKey, ...given.certificates];
  return {
    method: 'certificate',
    inputs: inputs.filter((input) => typeof input === 'string'),
    prepare: async () => void (await load()),
    sign: async (input) => (await load())(input),
  };
}

/**
 * Verifies signatures whose certificate leads to an anchor that the caller names. The system's roots play no part.
 *
 * @throws `InputError` when the options cannot be used; what is wrong with the files, `prepare` and `verify` tell.
 */
export function certificateVerifier(options: CertificateVerifierOptions): Verifier {
  const given = new MethodOptions(options);
  const resolved: ResolvedVerifierOptions = {
    certificateChain: given.certificates('certificateChain'),
    trustAnchors: given.certificates('trustAnchors'),
    crls: given.certificates('crls'),
    identity: given.text('identity', 'the whole of one subject alternative name'),
    fingerprint: given.fingerprint('fingerprint'),
    timestampAuthorities: given.certificates('timestampAuthorities'),
    logFingerprints: given.boolean('logFingerprints') ?? false,
  };
  given.end();
  if (resolved.certificateChain.length + resolved.trustAnchors.length === 0) throw noAnchor();
  const load = once(async () => (await import('./certificate-verifying.js')).loadVerifier(resolved));
  return {
    method: 'certificate',
    prepare: async () => void (await load()),
    verify: async (bundle) => (await load())(bundle),
  };
}

/** There is no fall-back to anything the user did not name. */
export function noAnchor(): InputError {
  const hint = 'give the root in the certificate chain, or name any certificate as trust anchor';
  return new InputError('TRUST_ANCHOR_MISSING', 'no trust anchor was given', { hint });
}
