// SPDX-License-Identifier: Apache-2.0
// The PKCS #11 methods: keys that never leave their token. Options are checked here; everything that knows tokens is
// loaded when one is used, and not before.

import type { Signer, Verifier } from '../method.js';
import { invalidOption } from '../option-reader.js';
import type { CertificateSource } from './certificate-file.js';
import { keyHint, keyVerifier } from './key.js';
import { MethodOptions, isCertificateSource } from './method-options.js';
import { once } from './once.js';
import type { Password } from './password.js';
import type { KeyRequest } from './pkcs11-key.js';
import { pinPath } from './pkcs11-pin.js';
import type { SignerRequest, TokenSigner } from './pkcs11-signing.js';
import { looksLikePkcs11Uri, parsePkcs11Uri } from './pkcs11-uri.js';

export { looksLikePkcs11Uri };

/** How to get to what is on a token. */
export interface Pkcs11Options {
  /** What is meant: a PKCS #11 URI (RFC 7512). Any of its attributes will do that leave one object. */
  readonly uri: string;
  /**
   * The PIN, or a function that asks for it. What the URI says of a PIN counts more. A function is called only when a
   * PIN is needed and the token has no pin pad of its own.
   * @default what the URI says, else the token's pin pad
   */
  readonly pin?: Password | undefined;
  /**
   * Modules, or folders in which the module that the URI names is looked for before the usual ones.
   * @default the modules that p11-kit knows
   */
  readonly modulePaths?: readonly string[] | undefined;
  /**
   * Called before the token's own pin pad is waited for: tell the user to go there.
   * @default nobody is told
   */
  readonly onPinPad?: (() => void) | undefined;
}

/** What a signer needs. */
export interface Pkcs11SignerOptions extends Pkcs11Options {
  /**
   * Sign with a certificate: this one, or with `true` the one on the token. What else that file holds goes into the
   * bundle as the beginning of the chain.
   * @default none, and the key signs alone
   */
  readonly certificate?: CertificateSource | true | undefined;
  /**
   * Certificates to put into the bundle behind the signer's own: intermediates, in their order. Needs `certificate`.
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
   * Remark on the fingerprint of every certificate that goes into the bundle. Needs `certificate`.
   * @default false
   */
  readonly logFingerprints?: boolean | undefined;
}

/** A signer that holds a session on its token. */
export interface Pkcs11Signer extends Signer {
  /**
   * Closes the session, once what is being signed is signed; a token logs its user out with the last one. The next
   * signature opens a new session. Without this it is closed with the process, or when nobody holds the signer any more.
   */
  close(): Promise<void>;
}

/** What a verifier needs. */
export interface Pkcs11VerifierOptions extends Pkcs11Options {
  /**
   * Certificates of timestamp authorities, each an anchor. With one, every timestamp in a bundle has to verify, and the
   * earliest says when it was signed. Without, timestamps are not used.
   * @default []
   */
  readonly timestampAuthorities?: readonly CertificateSource[] | undefined;
}

/** What a list needs. */
export interface Pkcs11ListOptions extends Partial<Pkcs11Options> {}

/** Everything that was found. */
export interface Pkcs11Listing {
  readonly tokens: readonly Pkcs11Token[];
  /** Why modules that p11-kit knows, and tokens, could not be asked. */
  readonly problems: readonly string[];
}

/** A token. */
export interface Pkcs11Token {
  /** The URI that names it. */
  readonly uri: string;
  readonly label: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly serial: string;
  readonly slotId: string;
  /** The real path of its module. */
  readonly module: string;
  /** Whether it has a pin pad of its own. */
  readonly pinPad: boolean;
  /** Keys that can be seen; private ones mostly only after a login. */
  readonly keys: readonly Pkcs11Key[];
  readonly certificates: readonly Pkcs11Certificate[];
}

/** A key on a token. */
export interface Pkcs11Key {
  /** The URI that names it, for signing and for verifying. */
  readonly uri: string;
  readonly label: string;
  /** Its id in hexadecimal. */
  readonly id: string;
  /** How it signs, such as `ecdsa-p256-sha256`; or why it cannot be used. */
  readonly algorithm: string;
  /** The public key in PEM, for verifiers who do not have the token. */
  readonly publicKey?: string;
  /** Whether its private half was seen. */
  readonly isPrivateVisible: boolean;
}

/** A certificate on a token. */
export interface Pkcs11Certificate {
  readonly uri: string;
  readonly label: string;
  /** Its id in hexadecimal: that of its key. */
  readonly id: string;
  readonly subject: string;
  /** SHA-256 in lowercase hexadecimal; empty where the certificate is malformed. */
  readonly fingerprint: string;
}

/**
 * Signs with a key on a token: alone, or with its certificate. What it signs, the key and certificate verifiers verify.
 *
 * @throws `InputError` when the options cannot be used; what is wrong with module, token or PIN, `prepare` and `sign`
 * tell.
 */
export function pkcs11Signer(options: Pkcs11SignerOptions): Pkcs11Signer {
  const given = new MethodOptions(options);
  const request = {
    ...resolve(given),
    certificate: given.take(
      'certificate',
      isCertificate,
      'a path, a file: URL, bytes, or true for the one on the token',
    ),
    chain: given.certificates('chain'),
    timestampUrl: given.webAddress('timestampUrl'),
    timeout: given.timeout('timeout'),
    logFingerprints: given.boolean('logFingerprints') ?? false,
  };
  given.end();
  if (request.certificate === undefined && (request.chain.length > 0 || request.logFingerprints)) {
    throw invalidOption(
      'options chain and logFingerprints need certificate',
      'set certificate; true takes the one on the token',
    );
  }
  const opened = new Opened(request);
  return {
    method: request.certificate === undefined ? 'pkcs11-key' : 'pkcs11-certificate',
    inputs: [
      ...inputsOf(request),
      ...[request.certificate, ...request.chain].filter((input) => typeof input === 'string'),
    ],
    prepare: async () => void (await opened.get()),
    sign: async (input) => (await opened.get()).sign(input),
    close: async () => opened.close(),
  };
}

/**
 * Verifies with a public key on a token.
 *
 * @throws `InputError` when the options cannot be used; what is wrong with module or token, `prepare` and `verify` tell.
 */
export function pkcs11Verifier(options: Pkcs11VerifierOptions): Verifier {
  const given = new MethodOptions(options);
  const request = resolve(given);
  const authorities = given.certificates('timestampAuthorities');
  given.end();
  const load = once(async () => readVerifiers(request, authorities));
  return {
    method: 'pkcs11-key',
    prepare: async () => void (await load()),
    verify: async (bundle) => {
      const verifiers = await load();
      const named = bundle.material.kind === 'publicKey' ? verifiers.get(bundle.material.hint) : undefined;
      const [verifier = named] = named === undefined ? verifiers.values() : [named];
      if (verifier === undefined) throw new RangeError('a token has a key, or says that it has none');
      const found = await verifier.verify(bundle);
      return { ...found, signer: { ...found.signer, method: 'pkcs11-key' } };
    },
  };
}

/** Lists tokens, and the keys and certificates on them. Without a PIN only what they show to everyone. */
export async function listPkcs11(options: Pkcs11ListOptions = {}): Promise<Pkcs11Listing> {
  const given = new MethodOptions({ uri: 'pkcs11:', ...options });
  const request = resolve(given);
  given.end();
  const { listTokens } = await import('./pkcs11-list.js');
  return listTokens(request);
}

/** A verifier for each spelling of the key, by its hint; files first, since nobody should type a PIN for a missing one. */
async function readVerifiers(
  request: KeyRequest,
  authorities: readonly CertificateSource[],
): Promise<ReadonlyMap<string, Verifier>> {
  const timestampAuthorities = authorities.length === 0 ? undefined : await readRaw(authorities);
  const keys = await (await import('./pkcs11-verifying.js')).readPublicKeys(request);
  return new Map(keys.map((publicKey) => [keyHint(publicKey), keyVerifier({ publicKey, timestampAuthorities })]));
}

async function readRaw(sources: readonly CertificateSource[]): Promise<readonly Uint8Array[]> {
  const { readCertificates } = await import('./certificate-file.js');
  return (await readCertificates(sources)).map(({ raw }) => raw);
}

function resolve(given: MethodOptions): KeyRequest {
  const uri = given.take('uri', isText, 'a PKCS #11 URI: pkcs11:token=…;object=…');
  const pin = given.password('pin');
  const modulePaths = given.paths('modulePaths') ?? [];
  const onPinPad = given.take('onPinPad', isListener, 'a function');
  if (uri === undefined) throw invalidOption('option uri is missing', 'give a PKCS #11 URI: pkcs11:token=…;object=…');
  if (modulePaths.includes(''))
    throw invalidOption('option modulePaths has an empty path', 'give a path, or leave it out');
  return { uri: parsePkcs11Uri(uri), pin, modulePaths, onPinPad };
}

/** Opens a key once, and anew after its session was lost or closed. */
class Opened {
  readonly #request: SignerRequest;
  #current: Promise<TokenSigner> | undefined;

  constructor(request: SignerRequest) {
    this.#request = request;
  }

  async get(): Promise<TokenSigner> {
    const before = this.#current;
    if (before !== undefined && (await before).isOpen) return before;
    // Of several who find the session lost, one opens the next.
    if (this.#current === before) this.#current = this.#open();
    return this.#current ?? this.get();
  }

  async close(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    await current?.then(
      async (signer) => signer.close(),
      () => {},
    );
  }

  async #open(): Promise<TokenSigner> {
    try {
      return await (await import('./pkcs11-signing.js')).openTokenSigner(this.#request);
    } catch (error) {
      this.#current = undefined;
      throw error;
    }
  }
}

/** Files that are read: a signature never replaces one of them. */
function inputsOf({ uri, modulePaths }: KeyRequest): string[] {
  const { modulePath, pinSource } = uri;
  const pinFile = pinSource === undefined ? undefined : pinPath(pinSource);
  return [modulePath, pinFile, ...modulePaths].filter((input) => input !== undefined);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isListener(value: unknown): value is () => void {
  return typeof value === 'function';
}

function isCertificate(value: unknown): value is CertificateSource | true {
  return value === true || isCertificateSource(value);
}
