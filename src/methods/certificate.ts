// SPDX-License-Identifier: Apache-2.0
// The certificate method: options, checked early. Everything that knows ASN.1 is loaded when a certificate is, and not
// before.

import { InputError } from '../errors.js';
import type { Signer, Verifier } from '../method.js';
import type { CertificateSource } from './certificate-file.js';
import { type KeySource, resolveKeySource } from './key-material.js';
import { once } from './once.js';
import { type Password, isPassword } from './password.js';

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
   * Who has to have signed: the whole of one subject alternative name (e-mail, URI, DNS name, UTF-8 other name).
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
  const { privateKey, password, certificate, chain, timestampUrl } = options;
  const given = {
    privateKey: resolveKeySource(privateKey, 'privateKey'),
    password: checked('password', password, isPassword, 'text, bytes, or a function that asks for it'),
    certificates: [certificate, ...sources('chain', chain)],
    timestampUrl: timestampUrl === undefined ? undefined : webAddress(timestampUrl),
  };
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
  const { identity, fingerprint, logFingerprints } = options;
  const resolved: ResolvedVerifierOptions = {
    certificateChain: sources('certificateChain', options.certificateChain),
    trustAnchors: sources('trustAnchors', options.trustAnchors),
    crls: sources('crls', options.crls),
    identity: checked('identity', identity, isText, 'the whole of one subject alternative name'),
    fingerprint: fingerprint === undefined ? undefined : plainFingerprint(fingerprint),
    timestampAuthorities: sources('timestampAuthorities', options.timestampAuthorities),
    logFingerprints: checked('logFingerprints', logFingerprints, isBoolean, 'true or false') ?? false,
  };
  refuseUnknown(options, resolved);
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
  const hint = 'give the root in certificateChain, or name any certificate in trustAnchors';
  return new InputError('TRUST_ANCHOR_MISSING', 'no trust anchor was given', { hint });
}

/** An empty list for an option that was given is a mistake that would relax a rule. */
function sources(option: string, value: unknown): readonly CertificateSource[] {
  return checked(option, value, isSources, 'a list of paths, file: URLs or bytes, not empty') ?? [];
}

function isSources(value: unknown): value is readonly CertificateSource[] {
  return Array.isArray(value) && value.length > 0 && value.every(isCertificateSource);
}

/** Whether this can be a certificate. */
export function isCertificateSource(value: unknown): value is CertificateSource {
  return isText(value) || value instanceof URL || value instanceof Uint8Array;
}

/** An empty text is not "no check". */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

function checked<T>(option: string, value: unknown, is: (value: unknown) => value is T, wanted: string): T | undefined {
  if (value === undefined || is(value)) return value;
  throw wrong(option, `give ${wanted}`);
}

function plainFingerprint(value: unknown): string {
  const plain = typeof value === 'string' ? value.replaceAll(':', '').toLowerCase() : '';
  if (/^[0-9a-f]{64}$/.test(plain)) return plain;
  throw wrong('fingerprint', 'give SHA-256 of the certificate: 64 hexadecimal digits');
}

/** The address of a timestamp authority, checked. */
export function webAddress(value: unknown): URL {
  const url = URL.canParse(String(value)) ? new URL(String(value)) : undefined;
  const isWeb = url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (isWeb) return url;
  throw wrong('timestampUrl', 'give an http: or https: address without user and password');
}

function refuseUnknown(given: object, known: object): void {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(known, name));
  if (unknown === undefined) return;
  const hint = `the options are ${Object.keys(known).join(', ')}`;
  throw new InputError('OPTION_INVALID', `there is no option ${JSON.stringify(unknown)}`, { hint });
}

function wrong(option: string, hint: string): InputError {
  return new InputError('OPTION_INVALID', `option ${option} has a wrong value`, { hint });
}
