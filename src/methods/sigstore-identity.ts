// SPDX-License-Identifier: Apache-2.0
// Who signs: where an identity token comes from, and in which order it is looked for. What the caller gave comes first,
// then what the surroundings lend, then a person is asked.

import { InputError, SigningError } from '../errors.js';
import { escape } from '../native.js';
import { readSecretFile } from './secret-file.js';
import type { Patience } from './service-call.js';
import { type Provider, type Surroundings, findProvider } from './sigstore-identity-ambient.js';
import type { Interaction } from './sigstore-identity-browser.js';
import { type Client, discover } from './sigstore-oidc.js';
import { DEFAULT_CLIENT, IdentityToken, checkToken } from './sigstore-token.js';

export type { Interaction };

/** A token, or who gets one whenever one is needed. */
export type TokenText = string | (() => Promise<string>);

/** What a signer was told about its identity, checked. */
export interface IdentityRequest {
  readonly identityToken: TokenText | undefined;
  readonly identityTokenFile: string | undefined;
  /** `undefined` leaves it to whether a CI is recognised. */
  readonly useAmbientCredentials: boolean | undefined;
  readonly oauthForceOob: boolean;
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
  readonly clientSecretFile: string | undefined;
  readonly oidcIssuer: URL | undefined;
  readonly interaction: Interaction | undefined;
}

/** Where tokens come from. */
export interface TokenSource {
  /** Its name, for people. */
  readonly name: string;
  /** Gets a token that a certificate authority may take; asks again each time. */
  readonly token: (patience: Patience) => Promise<IdentityToken>;
}

/** Chooses the source. Nothing is asked yet, and an issuer is not contacted where a token was given. */
export function chooseSource(
  request: IdentityRequest,
  issuer: () => URL,
  surroundings: Surroundings = { environment: process.env, root: '/' },
): TokenSource {
  const audience = request.clientId ?? DEFAULT_CLIENT;
  const { name, text, login } =
    given(request, surroundings) ?? lent(request, surroundings, audience) ?? asked(request, issuer);
  return {
    name,
    token: async (patience) => {
      const token = login === undefined ? new IdentityToken(await text(patience)) : await login(patience);
      checkToken(token, audience);
      return token;
    },
  };
}

/** A way to a token: its text, or a login that ends with one. */
type Way =
  | { readonly name: string; readonly text: (patience: Patience) => Promise<string>; readonly login?: undefined }
  | {
      readonly name: string;
      readonly login: (patience: Patience) => Promise<IdentityToken>;
      readonly text?: undefined;
    };

function given(request: IdentityRequest, { environment }: Surroundings): Way | undefined {
  const { identityToken, identityTokenFile } = request;
  if (identityToken !== undefined) {
    return { name: 'the token that was given', text: async () => textOf(identityToken) };
  }
  if (identityTokenFile !== undefined) {
    const name = `the token file '${escape(identityTokenFile)}'`;
    return { name, text: async () => (await readSecretFile(identityTokenFile, 'the identity token')).trim() };
  }
  const token = environment['SIGSTORE_ID_TOKEN'];
  return isSet(token) ? { name: 'the variable SIGSTORE_ID_TOKEN', text: async () => token } : undefined;
}

/** What a function returns is the caller's, and checked like everything that is. */
async function textOf(token: TokenText): Promise<string> {
  const text: unknown = typeof token === 'string' ? token : await token();
  if (typeof text === 'string') return text;
  throw new InputError('OPTION_INVALID', 'the function identityToken returned no text', { hint: 'return the token' });
}

/** By itself only where a job has no other identity, and when nothing else was asked for. */
function lent(request: IdentityRequest, surroundings: Surroundings, audience: string): Way | undefined {
  const { useAmbientCredentials, oauthForceOob, clientSecret, clientSecretFile, oidcIssuer } = request;
  const wantsLogin = oauthForceOob || [clientSecret, clientSecretFile, oidcIssuer].some((value) => value !== undefined);
  if (useAmbientCredentials === false || (useAmbientCredentials === undefined && wantsLogin)) return undefined;
  const provider = findProvider(surroundings);
  if (provider === undefined && useAmbientCredentials === true) throw noSurroundings();
  if (provider === undefined || (useAmbientCredentials === undefined && !provider.byItself)) return undefined;
  return { name: nameOf(provider), text: (patience) => provider.token(surroundings, audience, patience) };
}

function asked(request: IdentityRequest, fallback: () => URL): Way {
  const { interaction } = request;
  if (interaction === undefined) throw nobody();
  return {
    name: 'a login',
    login: async (patience) => {
      interaction.show('The identity that you log in with will be in public logs, and nobody can take it out again.');
      const client = await clientOf(request);
      const issuer = await discover(request.oidcIssuer ?? fallback(), patience);
      const { loginWithBrowser, loginWithCode } = await import('./sigstore-identity-browser.js');
      if (request.oauthForceOob) return loginWithCode(issuer, client, interaction, patience);
      const token = await loginWithBrowser(issuer, client, interaction, patience);
      if (token !== undefined) return token;
      const { device } = issuer;
      if (device === undefined) return loginWithCode(issuer, client, interaction, patience);
      const { loginOnDevice } = await import('./sigstore-identity-device.js');
      return loginOnDevice({ ...issuer, device }, client, interaction, patience);
    },
  };
}

async function clientOf({ clientId, clientSecret, clientSecretFile }: IdentityRequest): Promise<Client> {
  const secret =
    clientSecretFile === undefined
      ? clientSecret
      : (await readSecretFile(clientSecretFile, "the client's secret")).trim();
  return { id: clientId ?? DEFAULT_CLIENT, secret };
}

function nameOf({ name }: Provider): string {
  return `the identity that ${name} lends`;
}

const WAYS = 'give an identity token or a file of one, or set SIGSTORE_ID_TOKEN';

function nobody(): SigningError {
  const message = 'there is no identity to sign with: no token, no CI, and nobody to ask';
  return new SigningError('CREDENTIALS_MISSING', message, { hint: `${WAYS}; or sign at a terminal, and log in` });
}

function noSurroundings(): SigningError {
  const message = 'no ambient identity was found: this is no CI, no cluster and no cloud that is known';
  return new SigningError('AMBIENT_UNAVAILABLE', message, { hint: WAYS });
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}
