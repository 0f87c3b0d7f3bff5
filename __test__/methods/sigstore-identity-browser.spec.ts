// SPDX-License-Identifier: Apache-2.0
// Logins with a browser, on this machine or by a code that is copied; the person of these tests follows the address.

import type { ExecutionContext } from 'ava';
import { type Interaction, SigningError } from 'model-signing';

import { loginWithBrowser, loginWithCode } from '../../dist/methods/sigstore-identity-browser.js';
import { discover } from '../../dist/methods/sigstore-oidc.js';
import type { IdentityToken } from '../../dist/methods/sigstore-token.js';
import { type Tenant, type Sigstack, sigstackTest } from '../sigstack.js';

const CLIENT = { id: 'sigstore', secret: undefined };
const PATIENCE = { timeout: 10_000, signal: undefined };

const silence = async (): Promise<string> => '';

/** Opens an address as a browser does. What the page says is for a person, so nobody waits for it. */
function browser(visit: (url: string) => Promise<unknown> = fetch): Interaction & { readonly shown: string[] } {
  const shown: string[] = [];
  const open = async (url: string): Promise<boolean> => {
    visit(url).catch(() => {});
    return true;
  };
  return { shown, show: (text) => shown.push(text), open, ask: silence };
}

async function issuerOf({ urls }: Sigstack, tenant: Tenant = 'email') {
  return discover(new URL(`${urls.oidc}/${tenant}`), PATIENCE);
}

function isFailed(t: ExecutionContext, error: SigningError): string {
  t.is(error.code, 'LOGIN_FAILED');
  return error.message;
}

sigstackTest('a person logs in, and sees no code and no token', async (t, stack) => {
  const pages: string[] = [];
  const person = browser(async (url) => pages.push(await (await fetch(`${url}&email=bob@example.com`)).text()));
  const token = (await loginWithBrowser(await issuerOf(stack), CLIENT, person, PATIENCE)) as IdentityToken;
  t.is(token.subject, 'bob@example.com');
  t.is(token.issuer, stack.issuer());
  t.deepEqual(token.audience, ['sigstore']);
  t.regex(person.shown.join('\n'), /go to http:\/\/localhost:\d+\/email\/auth\?/);
  await new Promise((resolve) => setTimeout(resolve, 100));
  t.deepEqual(pages, ['You are logged in. Close this window.\n']);
});

sigstackTest('a client with a secret shows it to the issuer alone', async (t, stack) => {
  const { id, secret } = stack.urls.client;
  const issuer = await issuerOf(stack, 'private');
  for (const secretInBody of [false, true]) {
    const person = browser();
    const token = await loginWithBrowser({ ...issuer, secretInBody }, { id, secret }, person, PATIENCE);
    t.deepEqual(token?.audience, [id]);
    t.notRegex(person.shown.join('\n'), /secret/);
  }
  for (const wrong of [undefined, 'not this one']) {
    const login = loginWithBrowser(issuer, { id, secret: wrong }, browser(), PATIENCE);
    const error = await t.throwsAsync(login, { instanceOf: SigningError });
    t.notRegex(isFailed(t, error), /not this one/);
  }
});

sigstackTest('whoever says no is not logged in', async (t, stack) => {
  const person = browser((url) => fetch(`${url}&deny=1`));
  const login = loginWithBrowser(await issuerOf(stack), CLIENT, person, PATIENCE);
  const error = await t.throwsAsync(login, { instanceOf: SigningError });
  t.is(isFailed(t, error), 'nobody was logged in: access_denied');
});

sigstackTest('strangers who knock do not end a login', async (t, stack) => {
  const statuses: number[] = [];
  const person = browser(async (url) => {
    const { searchParams } = new URL(url);
    const back = searchParams.get('redirect_uri') ?? '';
    const state = searchParams.get('state') ?? '';
    const knocks: readonly (readonly [string, RequestInit])[] = [
      [back, {}],
      [`${back}?code=x`, {}],
      [`${back}?code=x&state=x${state.slice(1)}`, {}],
      [`${back}?error=no&state=`, {}],
      [back.replace('/auth/callback', '/'), {}],
      [`${back}?code=x&state=${state}`, { method: 'POST' }],
    ];
    for (const [address, init] of knocks) statuses.push((await fetch(address, init)).status);
    await fetch(url);
  });
  const token = await loginWithBrowser(await issuerOf(stack), CLIENT, person, PATIENCE);
  t.is(token?.subject, 'alice@example.com');
  t.deepEqual(statuses, [400, 400, 400, 400, 404, 400]);
});

sigstackTest('where no browser opens, nothing stays open', async (t, stack) => {
  let back = '';
  const open = async (url: string): Promise<boolean> => {
    back = new URL(url).searchParams.get('redirect_uri') ?? '';
    return false;
  };
  t.is(await loginWithBrowser(await issuerOf(stack), CLIENT, { ...browser(), open }, PATIENCE), undefined);
  await t.throwsAsync(fetch(back));
});

sigstackTest('an abort ends the wait for a person, and the server', async (t, stack) => {
  const controller = new AbortController();
  const reason = new Error('enough');
  let back = '';
  const open = async (url: string): Promise<boolean> => {
    back = new URL(url).searchParams.get('redirect_uri') ?? '';
    setTimeout(() => controller.abort(reason), 50);
    return true;
  };
  const patience = { ...PATIENCE, signal: controller.signal };
  t.is(await t.throwsAsync(loginWithBrowser(await issuerOf(stack), CLIENT, { ...browser(), open }, patience)), reason);
  await t.throwsAsync(fetch(back));
});

sigstackTest('a code that is copied', async (t, stack) => {
  const issuer = await issuerOf(stack, 'uri');
  const person = browser();
  const ask = async (question: string): Promise<string> => {
    t.regex(question, /code/);
    const address = /https?:\S+/.exec(person.shown.join(' '))?.[0] ?? '';
    return `  ${await (await fetch(address)).text()}\n`;
  };
  const token = await loginWithCode(issuer, CLIENT, { ...person, ask }, PATIENCE);
  t.is(token.subject, `${stack.urls.oidc}/uri/users/1`);
  for (const [code, words] of [
    ['', /no code was given/],
    ['made up', /invalid_grant/],
  ] as const) {
    const login = loginWithCode(issuer, CLIENT, { ...person, ask: async () => code }, PATIENCE);
    const error = await t.throwsAsync(login, { instanceOf: SigningError });
    t.regex(isFailed(t, error), words);
  }
});
