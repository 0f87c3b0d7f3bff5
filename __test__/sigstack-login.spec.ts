// SPDX-License-Identifier: Apache-2.0
// The identity provider of the tests gives a token to whoever followed the protocol, and to nobody else.

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import type { ExecutionContext } from 'ava';

import { type Sigstack, type Tenant, sigstackTest } from './sigstack.js';
import { sha256 } from './sigstack-client.js';

const LOOPBACK = 'http://127.0.0.1:9/callback';
const OUT_OF_BAND = 'urn:ietf:wg:oauth:2.0:oob';

sigstackTest('a code from the browser becomes a token, once', async (t, stack) => {
  const { url, verifier } = request(stack, { nonce: 'n' });
  const target = await follow(`${url.href}&email=carol@example.com`);
  t.is(target.searchParams.get('state'), 's');
  const form = codeForm(target.searchParams.get('code') ?? '', verifier);
  const { status, json } = await send(stack, '/token', form);
  t.is(status, 200);
  const { iss, aud, email, nonce, exp, iat } = claims(json['id_token']);
  t.deepEqual([iss, aud, email, nonce], [stack.issuer(), 'sigstore', 'carol@example.com', 'n']);
  t.is(Number(exp) - Number(iat), 600);
  t.deepEqual(await send(stack, '/token', form), { status: 400, json: { error: 'invalid_grant' } });
});

sigstackTest('a code that a person copies', async (t, stack) => {
  const { url, verifier } = request(stack, { redirect_uri: OUT_OF_BAND });
  const code = await (await fetch(url)).text();
  t.is((await send(stack, '/token', codeForm(code, verifier, OUT_OF_BAND))).status, 200);
});

sigstackTest('a code is worth nothing without its verifier, or for another address', async (t, stack) => {
  for (const change of [{ code_verifier: 'x'.repeat(43) }, { redirect_uri: OUT_OF_BAND }, { client_id: 'another' }]) {
    const { url, verifier } = request(stack);
    const code = (await follow(url.href)).searchParams.get('code') ?? '';
    t.is((await send(stack, '/token', { ...codeForm(code, verifier), ...change })).status, 400);
  }
});

sigstackTest('what is no request gets no code', async (t, stack) => {
  for (const change of [
    { code_challenge_method: 'plain' },
    { redirect_uri: 'https://example.com/' },
    { scope: 'email' },
    { response_type: 'token' },
  ]) {
    t.is((await fetch(request(stack, change).url, { redirect: 'manual' })).status, 400);
  }
});

sigstackTest('a person can say no', async (t, stack) => {
  const target = await follow(`${request(stack).url.href}&deny=1`);
  t.is(target.searchParams.get('error'), 'access_denied');
  t.is(target.searchParams.get('code'), null);
});

sigstackTest('a client with a secret has to know it', async (t, stack) => {
  const { id, secret } = stack.urls.client;
  for (const [given, wanted] of [
    [secret, 200],
    ['wrong', 400],
  ] as const) {
    const { url, verifier } = request(stack, { client_id: id }, 'private');
    const code = (await follow(url.href)).searchParams.get('code') ?? '';
    const form = { ...codeForm(code, verifier), client_id: id, client_secret: given };
    t.is((await send(stack, '/token', form, 'private')).status, wanted);
  }
});

sigstackTest('a device gets its token when a person agreed', async (t, stack) => {
  const { poll, page } = await device(t, stack);
  t.deepEqual(await poll(), { status: 400, json: { error: 'authorization_pending' } });
  t.deepEqual(await poll(), { status: 400, json: { error: 'slow_down' } });
  await fetch(`${page}&email=dave@example.com`);
  await sleep(1000);
  const { status, json } = await poll();
  t.is(status, 200);
  t.is(claims(json['id_token'])['email'], 'dave@example.com');
});

sigstackTest('a device gets nothing when a person said no, and not every issuer knows devices', async (t, stack) => {
  const { poll, page } = await device(t, stack);
  await fetch(`${page}&deny=1`);
  t.deepEqual(await poll(), { status: 400, json: { error: 'access_denied' } });
  t.is((await discovery(stack, 'uri'))['device_authorization_endpoint'], undefined);
});

sigstackTest('a workflow asks with the token of its run', async (t, stack) => {
  const url = `${stack.urls.oidc}/github/actions-token?audience=model`;
  t.is((await fetch(url)).status, 401);
  const answer = await fetch(url, { headers: { authorization: 'bearer of the run' } });
  const { value } = (await answer.json()) as { value: string };
  const { aud, repository, sub } = claims(value);
  t.deepEqual([aud, repository, sub], ['model', 'acme/model', 'repo:acme/model:ref:refs/heads/main']);
});

async function device(t: ExecutionContext, stack: Sigstack) {
  t.is((await discovery(stack))['device_authorization_endpoint'], `${stack.issuer()}/device/code`);
  const started = await send(stack, '/device/code', { client_id: 'sigstore', scope: 'openid email' });
  t.is(started.status, 200);
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    client_id: 'sigstore',
    device_code: started.json['device_code'] ?? '',
  };
  return { poll: () => send(stack, '/token', form), page: started.json['verification_uri_complete'] };
}

async function discovery(stack: Sigstack, tenant?: Tenant): Promise<Record<string, unknown>> {
  const answer = await fetch(`${stack.issuer(tenant)}/.well-known/openid-configuration`);
  return (await answer.json()) as Record<string, unknown>;
}

/** The page that a person would be sent to. */
function request(stack: Sigstack, changes: Readonly<Record<string, string>> = {}, tenant?: Tenant) {
  const verifier = randomBytes(32).toString('base64url');
  const url = new URL(`${stack.issuer(tenant)}/auth`);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: 'sigstore',
    redirect_uri: LOOPBACK,
    scope: 'openid email',
    state: 's',
    code_challenge: sha256(Buffer.from(verifier)).toString('base64url'),
    code_challenge_method: 'S256',
    ...changes,
  }).toString();
  return { url, verifier };
}

/** Where the browser is sent back to. */
async function follow(url: string): Promise<URL> {
  const answer = await fetch(url, { redirect: 'manual' });
  return new URL(answer.headers.get('location') ?? 'none:');
}

function codeForm(code: string, verifier: string, address = LOOPBACK) {
  return {
    grant_type: 'authorization_code',
    client_id: 'sigstore',
    code,
    code_verifier: verifier,
    redirect_uri: address,
  };
}

async function send(stack: Sigstack, path: string, form: Readonly<Record<string, string>>, tenant?: Tenant) {
  const answer = await fetch(stack.issuer(tenant) + path, { method: 'POST', body: new URLSearchParams(form) });
  return { status: answer.status, json: (await answer.json()) as Record<string, string> };
}

function claims(token = ''): Record<string, unknown> {
  const [, payload = ''] = token.split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
}
