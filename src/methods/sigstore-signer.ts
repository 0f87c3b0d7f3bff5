// SPDX-License-Identifier: Apache-2.0
// The half of the Sigstore method that signs: options, checked early. What talks to services is loaded when there is a
// model to sign, and not before.

import { InputError } from '../errors.js';
import type { Signer } from '../method.js';
import { OptionReader } from '../option-reader.js';
import { once } from './once.js';
import { contentOf } from './sigstore-content.js';
import type { IdentityRequest, Interaction, TokenText } from './sigstore-identity.js';
import type { InstanceOptions } from './sigstore-instance.js';
import { instanceOptions } from './sigstore-options.js';
import type { SigningRequest } from './sigstore-signing.js';

export type { Interaction };

/** Who signs, and with which instance of Sigstore. */
export interface SigstoreSignerOptions extends InstanceOptions {
  /**
   * The identity token, or a function that gets one whenever one is needed. The issuer is not contacted then.
   * @default that of `identityTokenFile`
   */
  readonly identityToken?: TokenText | undefined;
  /**
   * The path of a file that holds the token; read whenever one is needed.
   * @default the variable `SIGSTORE_ID_TOKEN`
   */
  readonly identityTokenFile?: string | undefined;
  /**
   * Use the identity that a CI, a cluster or a cloud lends. With `false` never.
   * @default in a CI that is recognised, when nothing else is asked for
   */
  readonly useAmbientCredentials?: boolean | undefined;
  /**
   * Log in by a code that is copied from a browser anywhere.
   * @default false
   */
  readonly oauthForceOob?: boolean | undefined;
  /**
   * The name of this client at the issuer, which is also for whom tokens have to be made.
   * @default 'sigstore'
   */
  readonly clientId?: string | undefined;
  /**
   * The secret of this client at the issuer.
   * @default none
   */
  readonly clientSecret?: string | undefined;
  /**
   * The path of a file that holds it.
   * @default none
   */
  readonly clientSecretFile?: string | undefined;
  /**
   * The address of the OpenID Connect issuer to log in at.
   * @default the one that the instance names
   */
  readonly oidcIssuer?: string | URL | undefined;
  /**
   * How a person is talked to who has to log in.
   * @default nobody is asked: without a token that is an error
   */
  readonly interaction?: Interaction | undefined;
}

/** Milliseconds for one call of one service: logs of version 2 collect entries before they answer. */
const TIMEOUT_MS = 30_000;

/**
 * Signs with an identity: a certificate for a key that lives as long as this process, and witnesses of the signature.
 *
 * @throws `InputError` when the options cannot be used; what is wrong with the identity or with services, `prepare` and
 * `sign` tell.
 */
export function sigstoreSigner(options: SigstoreSignerOptions = {}): Signer {
  const request = signingRequest(options);
  const { identityTokenFile, clientSecretFile } = request.identity;
  const { trustConfig, tufRoot } = request.instance;
  const load = once(async () => (await import('./sigstore-signing.js')).sigstoreSigning(request));
  return {
    method: 'sigstore',
    inputs: [identityTokenFile, clientSecretFile, trustConfig, tufRoot].filter((path) => path !== undefined),
    prepare: async (signal) => (await load()).prepare(signal),
    sign: async (input) => (await load()).sign(input),
    check: async (bundle) => (await load()).check(bundle, contentOf(bundle)),
  };
}

/** The options, checked. */
export function signingRequest(options: SigstoreSignerOptions): SigningRequest {
  const given = new OptionReader(options);
  const instance = instanceOptions(given);
  const identity = identityOptions(given);
  given.end();
  refuseTwo(identity, 'identityToken', 'identityTokenFile');
  refuseTwo(identity, 'clientSecret', 'clientSecretFile');
  return { identity, instance, timeout: instance.timeout ?? TIMEOUT_MS };
}

function identityOptions(given: OptionReader): IdentityRequest {
  const oidcIssuer = given.take('oidcIssuer', isAddress, 'an https: address without user, password and query');
  return {
    identityToken: given.take('identityToken', isTokenText, 'the token, or a function that gets it'),
    identityTokenFile: given.path('identityTokenFile'),
    useAmbientCredentials: given.boolean('useAmbientCredentials'),
    oauthForceOob: given.boolean('oauthForceOob') ?? false,
    clientId: given.text('clientId'),
    clientSecret: given.text('clientSecret'),
    clientSecretFile: given.path('clientSecretFile'),
    oidcIssuer: oidcIssuer === undefined ? undefined : new URL(oidcIssuer),
    interaction: given.take('interaction', isInteraction, 'an object with the functions show, open and ask'),
  };
}

function refuseTwo(request: IdentityRequest, one: keyof IdentityRequest, other: keyof IdentityRequest): void {
  if (request[one] === undefined || request[other] === undefined) return;
  const message = `options ${one} and ${other} are both given`;
  throw new InputError('OPTION_INVALID', message, { hint: 'leave one of them out' });
}

/** An empty text is not "none". */
function isTokenText(value: unknown): value is TokenText {
  return (typeof value === 'string' && value.trim() !== '') || typeof value === 'function';
}

function isAddress(value: unknown): value is string | URL {
  if (!(typeof value === 'string' || value instanceof URL) || !URL.canParse(String(value))) return false;
  const { protocol, username, password, search, hash } = new URL(String(value));
  return /^https?:$/.test(protocol) && [username, password, search, hash].every((part) => part === '');
}

function isInteraction(value: unknown): value is Interaction {
  if (typeof value !== 'object' || value === null) return false;
  const interaction: Partial<Record<keyof Interaction, unknown>> = value;
  return [interaction.show, interaction.open, interaction.ask].every((member) => typeof member === 'function');
}
