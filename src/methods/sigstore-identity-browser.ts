// SPDX-License-Identifier: Apache-2.0
// A person logs in with a browser (RFC 8252): the answer comes back to a server on this machine that lives for one
// answer, or, where no browser can be opened, as a code that the person copies. PKCE in both ways.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { escape } from '../native.js';
import type { Patience } from './service-call.js';
import { type Client, type Issuer, SCOPE, loginFailed, redeem } from './sigstore-oidc.js';
import type { IdentityToken } from './sigstore-token.js';

/** How a person is talked to. */
export interface Interaction {
  /** Says something. */
  readonly show: (text: string) => void;
  /** Opens an address in a browser, and says whether that could be done. */
  readonly open: (url: string) => Promise<boolean>;
  /** Asks for a line. */
  readonly ask: (question: string, signal: AbortSignal) => Promise<string>;
}

/** How long a person has for logging in, in milliseconds. */
export const LOGIN_MS = 300_000;

const OUT_OF_BAND = 'urn:ietf:wg:oauth:2.0:oob';
const CALLBACK = '/auth/callback';

/** Logs in with a browser on this machine; nothing when no browser could be opened. */
export async function loginWithBrowser(
  issuer: Issuer,
  client: Client,
  { show, open }: Interaction,
  patience: Patience,
): Promise<IdentityToken | undefined> {
  const secrets = newSecrets();
  const answer = await listen(secrets.state);
  try {
    const redirect = `http://localhost:${answer.port}${CALLBACK}`;
    const url = loginUrl(issuer, client, redirect, secrets);
    show('Waiting for you to log in with your browser.');
    if (!(await open(url.href))) return undefined;
    show(`If it does not open, go to ${url.href}`);
    const code = await within(LOGIN_MS, patience.signal, answer.code);
    return await redeemCode(issuer, client, { code, redirect, secrets }, patience);
  } finally {
    answer.close();
  }
}

/** Logs in with a browser anywhere; the person brings the code back. */
export async function loginWithCode(
  issuer: Issuer,
  client: Client,
  { show, ask }: Interaction,
  patience: Patience,
): Promise<IdentityToken> {
  const secrets = newSecrets();
  show(`Go to ${loginUrl(issuer, client, OUT_OF_BAND, secrets).href}`);
  const limit = new AbortController();
  const signal = patience.signal === undefined ? limit.signal : AbortSignal.any([patience.signal, limit.signal]);
  const asked = ask('Enter the code that it shows: ', signal);
  const code = await within(LOGIN_MS, patience.signal, asked).finally(() => limit.abort());
  if (code.trim() === '') throw loginFailed('no code was given');
  return redeemCode(issuer, client, { code: code.trim(), redirect: OUT_OF_BAND, secrets }, patience);
}

/** PKCE (RFC 7636): only who began the login can end it. */
export function newProof(): { readonly verifier: string; readonly challenge: string } {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

/** What ties question and answer together. */
interface Secrets {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly challenge: string;
}

function newSecrets(): Secrets {
  const [state, nonce] = [randomBytes(24), randomBytes(24)].map((bytes) => bytes.toString('base64url'));
  return { state: state ?? '', nonce: nonce ?? '', ...newProof() };
}

function loginUrl(issuer: Issuer, { id }: Client, redirect: string, { state, nonce, challenge }: Secrets): URL {
  const url = new URL(issuer.authorization);
  const query = {
    response_type: 'code',
    client_id: id,
    redirect_uri: redirect,
    scope: SCOPE,
    state,
    nonce,
    code_challenge: challenge,
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

async function redeemCode(
  issuer: Issuer,
  client: Client,
  { code, redirect, secrets }: { code: string; redirect: string; secrets: Secrets },
  patience: Patience,
): Promise<IdentityToken> {
  const grant = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirect,
    code_verifier: secrets.verifier,
  };
  const token = await redeem(issuer, client, grant, patience);
  if ('error' in token) throw loginFailed(token.text);
  if (token.nonce === secrets.nonce) return token;
  throw loginFailed('the token answers another login');
}

/** Starts the server that takes one answer. */
async function listen(state: string) {
  const server = createServer();
  const code = new Promise<string>((resolve, reject) => {
    server.on('request', (request, response) => {
      const outcome = outcomeOf(request, state);
      if (typeof outcome === 'number') return reply(response, outcome, 'This is not the answer to a login.');
      const isRefused = outcome instanceof Error;
      reply(response, 200, isRefused ? 'You are not logged in.' : 'You are logged in. Close this window.');
      if (isRefused) reject(outcome);
      else resolve(outcome.code);
    });
  });
  // Nobody may be waiting any more when it is rejected.
  code.catch(() => {});
  const close = (): void => {
    server.close();
    server.closeIdleConnections();
  };
  return { port: await started(server), code, close };
}

/** The code, the issuer's refusal, or the HTTP status for what is neither: anybody on this machine can knock. */
function outcomeOf({ method, url = '' }: IncomingMessage, state: string): { readonly code: string } | Error | number {
  if (method !== 'GET' || !URL.canParse(url, 'http://localhost')) return 400;
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  if (pathname !== CALLBACK) return 404;
  if (!isEqual(searchParams.get('state') ?? '', state)) return 400;
  const code = searchParams.get('code') ?? '';
  if (code !== '') return { code };
  const error = searchParams.get('error_description') ?? searchParams.get('error') ?? 'no code came back';
  return loginFailed(escape(error.slice(0, 200)));
}

function reply(response: ServerResponse, status: number, text: string): void {
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    connection: 'close',
  };
  response.writeHead(status, headers).end(`${text}\n`);
}

async function started(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Waits for a person, but not for ever. */
async function within<T>(milliseconds: number, signal: AbortSignal | undefined, promise: Promise<T>): Promise<T> {
  const done = new AbortController();
  const until = AbortSignal.any([done.signal, ...(signal === undefined ? [] : [signal])]);
  const tooLate = async (): Promise<never> => {
    await sleep(milliseconds, undefined, { signal: until }).catch(() => {});
    signal?.throwIfAborted();
    throw loginFailed(`nobody did so within ${milliseconds / 60_000} minutes`);
  };
  try {
    return await Promise.race([promise, tooLate()]);
  } finally {
    done.abort();
  }
}

function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
