// SPDX-License-Identifier: Apache-2.0
// An OpenID Connect issuer: where its endpoints are, and how a grant becomes an identity token.

import { InputError, SigningError } from '../errors.js';
import { escape } from '../native.js';
import {
  type Patience,
  type ServiceCall,
  addressOf,
  callService,
  failedCall,
  objectIn,
  refusalText,
} from './service-call.js';
import { IdentityToken } from './sigstore-token.js';

/** As whom this program asks. */
export interface Client {
  /** The client's name at the issuer; tokens are made for it. */
  readonly id: string;
  /** The client's secret, if the issuer gave it one. */
  readonly secret: string | undefined;
}

/** What an issuer says about itself. */
export interface Issuer {
  readonly name: string;
  readonly authorization: URL;
  readonly token: URL;
  /** Where a device without a browser asks; not every issuer has that. */
  readonly device: URL | undefined;
  /** Whether a client's secret goes into the body of a request, instead of its header. */
  readonly secretInBody: boolean;
}

/** What is asked for: who somebody is, and their e-mail address. */
export const SCOPE = 'openid email';

const WELL_KNOWN = '.well-known/openid-configuration';
const WHO = 'the OpenID Connect issuer';

/** Asks an issuer for its endpoints. */
export async function discover(issuer: URL, patience: Patience): Promise<Issuer> {
  if (!isSafe(issuer)) throw unsafe(issuer);
  const url = new URL(WELL_KNOWN, `${issuer.href.replace(/\/$/, '')}/`);
  const call: ServiceCall = { ...patience, who: WHO, code: 'ISSUER_FAILED', url, method: 'GET' };
  const answer = await callService(call);
  if (answer.status !== 200) throw failedCall(call, `refused: ${refusalText(answer)}`);
  const { issuer: name, token_endpoint_auth_methods_supported: methods, ...found } = objectIn(call, answer);
  if (typeof name !== 'string' || withoutSlash(name) !== withoutSlash(issuer.href)) {
    throw failedCall(call, 'says that it is another issuer');
  }
  const endpoint = (value: unknown): URL => endpointOf(call, value);
  const device = found['device_authorization_endpoint'];
  return {
    name,
    authorization: endpoint(found['authorization_endpoint']),
    token: endpoint(found['token_endpoint']),
    device: device === undefined ? undefined : endpoint(device),
    secretInBody: Array.isArray(methods) && !methods.includes('client_secret_basic'),
  };
}

/** The answer of the token endpoint: a token, or the name of the error as OAuth has it. */
export async function redeem(
  issuer: Issuer,
  client: Client,
  grant: Readonly<Record<string, string>>,
  patience: Patience,
): Promise<IdentityToken | { readonly error: string; readonly text: string }> {
  const call = formCall(issuer.token, issuer, client, grant, patience);
  const answer = await callService(call);
  if (answer.status >= 400) {
    const error = /"error"\s*:\s*"(\w+)"/.exec(answer.body.toString('utf8'))?.[1] ?? '';
    return { error, text: refusalText(answer) };
  }
  if (answer.status !== 200) throw failedCall(call, `refused: ${refusalText(answer)}`);
  const { id_token: text } = objectIn(call, answer);
  answer.body.fill(0);
  if (typeof text !== 'string') throw failedCall(call, 'gave no identity token');
  const token = new IdentityToken(text);
  if (token.issuer === issuer.name) return token;
  throw failedCall(call, `gave a token of another issuer, '${escape(token.issuer)}'`);
}

/** A form to an endpoint of an issuer, sent as a client. */
export function formCall(
  url: URL,
  issuer: Issuer,
  { id, secret }: Client,
  fields: Readonly<Record<string, string>>,
  patience: Patience,
): ServiceCall & { readonly body: Uint8Array<ArrayBuffer> } {
  const inHeader = secret !== undefined && !issuer.secretInBody;
  const own = inHeader ? {} : { client_id: id, ...(secret !== undefined && { client_secret: secret }) };
  const form = new URLSearchParams({ ...fields, ...own });
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
    ...(inHeader && { authorization: basic(id, secret) }),
  };
  return { ...patience, who: WHO, code: 'ISSUER_FAILED', url, headers, body: Buffer.from(form.toString()) };
}

/** The error when an issuer, or the person it asked, says no. */
export function loginFailed(why: string, hint = 'log in again'): SigningError {
  return new SigningError('LOGIN_FAILED', `nobody was logged in: ${why}`, { hint });
}

/** Codes and secrets are sent to it: only encrypted, or not leaving this machine. */
function isSafe({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname));
}

function endpointOf(call: ServiceCall, value: unknown): URL {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (url !== undefined && isSafe(url)) return url;
  throw failedCall(
    call,
    url === undefined ? 'does not name its endpoints' : `names an unsafe endpoint, ${addressOf(url)}`,
  );
}

/** RFC 6749 section 2.3.1: each half is form-encoded first. */
function basic(id: string, secret: string): string {
  const [user, password] = [id, secret].map((text) => new URLSearchParams({ x: text }).toString().slice('x='.length));
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function unsafe(issuer: URL): InputError {
  const message = `the OpenID Connect issuer ${addressOf(issuer)} is not reached over https`;
  return new InputError('OPTION_INVALID', message, { hint: 'name one that is; http is for this machine only' });
}

function withoutSlash(address: string): string {
  return address.replace(/\/$/, '');
}
