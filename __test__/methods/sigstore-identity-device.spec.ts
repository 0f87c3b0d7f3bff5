// SPDX-License-Identifier: Apache-2.0
// Logins on another device: an address and a code are shown, and the issuer is asked until the person has answered.

import { setTimeout as sleep } from 'node:timers/promises';

import test, { type ExecutionContext } from 'ava';
import { type Interaction, SigningError } from 'model-signing';

import { loginOnDevice } from '../../dist/methods/sigstore-identity-device.js';
import { discover } from '../../dist/methods/sigstore-oidc.js';
import { type Answer, json, loopback, tokenOf } from '../loopback.js';
import { sigstackTest } from '../sigstack.js';

const CLIENT = { id: 'sigstore', secret: undefined };
const PATIENCE = { timeout: 10_000, signal: undefined };

/** A person who does something with the address that is shown. */
function person(visit: (address: string) => void): Interaction {
  const show = (text: string): void => visit(/https?:\S+/.exec(text)?.[0] ?? '');
  return { show, open: async () => false, ask: async () => '' };
}

async function login(issuer: string, interaction: Interaction, signal?: AbortSignal) {
  const found = await discover(new URL(issuer), PATIENCE);
  if (found.device === undefined) throw new Error('this issuer knows no devices');
  return loginOnDevice({ ...found, device: found.device }, CLIENT, interaction, { ...PATIENCE, signal });
}

sigstackTest('a person answers on another device, later', async (t, stack) => {
  const phone = person((address) => void sleep(1500).then(() => fetch(`${address}&email=bob@example.com`)));
  const token = await login(`${stack.urls.oidc}/email`, phone);
  t.is(token.subject, 'bob@example.com');
  t.deepEqual(token.audience, ['sigstore']);
});

sigstackTest('a person says no', async (t, stack) => {
  const phone = person((address) => void fetch(`${address}&deny=1`));
  const error = await t.throwsAsync(login(`${stack.urls.oidc}/email`, phone), { instanceOf: SigningError });
  t.is(error.code, 'LOGIN_FAILED');
  t.regex(error.message, /access_denied/);
});

sigstackTest('an abort ends the wait', async (t, stack) => {
  const reason = new Error('enough');
  const controller = new AbortController();
  const phone = person(() => void sleep(50).then(() => controller.abort(reason)));
  t.is(await t.throwsAsync(login(`${stack.urls.oidc}/email`, phone, controller.signal)), reason);
});

/** An issuer whose answers a test chooses. */
async function deviceIssuer(t: ExecutionContext, device: () => Answer, token: (count: number) => Answer) {
  let asked = 0;
  const { url, questions } = await loopback(t, ({ url: { pathname } }) => {
    if (pathname === '/device') return device();
    if (pathname === '/token') return token((asked += 1));
    const endpoints = { authorization_endpoint: `${url}/auth`, token_endpoint: `${url}/token` };
    return json({ issuer: url, ...endpoints, device_authorization_endpoint: `${url}/device` });
  });
  return { url, questions };
}

const DEVICE = { device_code: 'd', user_code: 'U-1', verification_uri: 'https://issuer.example/go', expires_in: 60 };

test('an issuer that is asked too often is asked less often', async (t) => {
  const shown: string[] = [];
  const { url, questions } = await deviceIssuer(
    t,
    () => json({ ...DEVICE, interval: 0, user_code: 'U\u202E1' }),
    (count) => {
      if (count < 3) return json({ error: 'authorization_pending' }, 400);
      return count === 3 ? json({ error: 'slow_down' }, 400) : json({ id_token: tokenOf({ iss: url }) });
    },
  );
  const started = performance.now();
  const token = await login(url, { show: (text) => shown.push(text), open: async () => false, ask: async () => '' });
  t.is(token.subject, 'user-1');
  t.true(performance.now() - started >= 5000, 'five seconds more');
  t.deepEqual(shown, ['Go to https://issuer.example/go and enter the code U\\u{202e}1']);
  const polls = questions.filter(({ url: { pathname } }) => pathname === '/token').map(({ body }) => body);
  t.is(polls.length, 4);
  t.true(polls.every((body) => body.includes('device_code=d') && body.includes('client_id=sigstore')));
});

test('answers that end it', async (t) => {
  const cases: readonly (readonly [Answer, Answer, string, RegExp])[] = [
    [json({ error: 'invalid_client' }, 400), undefined, 'LOGIN_FAILED', /invalid_client/],
    [json({}), undefined, 'ISSUER_FAILED', /no code for a device/],
    [json({ ...DEVICE, expires_in: 0 }), undefined, 'LOGIN_FAILED', /in time/],
    [json({ ...DEVICE, interval: 0 }), json({ error: 'expired_token' }, 400), 'LOGIN_FAILED', /expired_token/],
    [json({ ...DEVICE, interval: 0 }), json({}), 'ISSUER_FAILED', /no identity token/],
    [json({ ...DEVICE, interval: 0 }), json({ id_token: 'secret' }), 'TOKEN_INVALID', /three parts/],
    [json({ ...DEVICE, interval: 0 }), json({ id_token: tokenOf() }), 'ISSUER_FAILED', /another issuer/],
  ];
  for (const [device, token, code, words] of cases) {
    const { url } = await deviceIssuer(
      t,
      () => device,
      () => token,
    );
    const error = await t.throwsAsync(
      login(
        url,
        person(() => {}),
      ),
      { instanceOf: SigningError },
    );
    t.is<string, string>(error.code, code, error.message);
    t.regex(error.message, words);
    t.notRegex(error.message, /secret/);
  }
});
