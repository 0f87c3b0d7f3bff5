// SPDX-License-Identifier: Apache-2.0
// Issuers: which are believed about their endpoints, and how a client shows its secret.

import test from 'ava';
import { InputError, SigningError, sign, sigstoreSigner } from 'model-signing';

import { discover, formCall } from '../../dist/methods/sigstore-oidc.js';
import { json, loopback } from '../loopback.js';
import { buildModel } from '../models.js';
import { type Fault, sigstackTest, startSigstack } from '../sigstack.js';

const PATIENCE = { timeout: 5000, signal: undefined };

test('an issuer with a path, with and without a slash at its end', async (t) => {
  const { url, questions } = await loopback(t, () =>
    json({ issuer: `${url}/auth`, authorization_endpoint: `${url}/a`, token_endpoint: `${url}/t` }),
  );
  for (const end of ['', '/']) {
    const issuer = await discover(new URL(`${url}/auth${end}`), PATIENCE);
    t.deepEqual([issuer.token.href, issuer.device, issuer.secretInBody], [`${url}/t`, undefined, false]);
  }
  t.true(questions.every((question) => question.url.pathname === '/auth/.well-known/openid-configuration'));
});

test('an issuer that is another one, has no endpoints, or unsafe ones', async (t) => {
  const good = { authorization_endpoint: 'https://x.example/a', token_endpoint: 'https://x.example/t' };
  const wrong: readonly object[] = [
    {},
    { issuer: 'https://other.example', ...good },
    { issuer: 7, ...good },
    { issuer: 'SELF', ...good, token_endpoint: undefined },
    { issuer: 'SELF', ...good, token_endpoint: 'nowhere' },
    { issuer: 'SELF', ...good, authorization_endpoint: 'http://x.example/a' },
    { issuer: 'SELF', ...good, device_authorization_endpoint: 'ftp://x.example/d' },
    { issuer: 'SELF', ...good, device_authorization_endpoint: 7 },
  ];
  for (const answer of wrong) {
    const { url } = await loopback(t, () => ({ body: JSON.stringify(answer).replace('SELF', url) }));
    const error = await t.throwsAsync(discover(new URL(url), PATIENCE), { instanceOf: SigningError });
    t.is(error.code, 'ISSUER_FAILED', JSON.stringify(answer));
  }
  const { url } = await loopback(t, () => ({ status: 404 }));
  const missing = await t.throwsAsync(discover(new URL(url), PATIENCE), { instanceOf: SigningError });
  t.regex(missing.message, /HTTP status 404/);
});

test('no secret goes over a line that others can read', async (t) => {
  const error = await t.throwsAsync(discover(new URL('http://issuer.example'), PATIENCE), { instanceOf: InputError });
  t.is(error.code, 'OPTION_INVALID');
  t.regex(error.message, /https/);
});

test('a secret is shown in the header, or where only that is known, in the body', (t) => {
  const url = new URL('https://x.example/');
  const issuer = { name: 'x', authorization: url, token: url, device: undefined, secretInBody: false };
  const client = { id: 'a:b c', secret: 'd&e' };
  const call = formCall(url, issuer, client, { grant_type: 'g' }, PATIENCE);
  t.is(call.headers?.['authorization'], `Basic ${Buffer.from('a%3Ab+c:d%26e').toString('base64')}`);
  t.is(Buffer.from(call.body).toString(), 'grant_type=g');
  const other = formCall(url, { ...issuer, secretInBody: true }, client, { grant_type: 'g' }, PATIENCE);
  t.is(other.headers?.['authorization'], undefined);
  t.is(Buffer.from(other.body).toString(), 'grant_type=g&client_id=a%3Ab+c&client_secret=d%26e');
  const open = formCall(url, issuer, { id: 'x', secret: undefined }, {}, PATIENCE);
  t.is(Buffer.from(open.body).toString(), 'client_id=x');
});

/** Faults of the issuer are for all lanes, so this has a Sigstore of its own. */
sigstackTest('an issuer that is down, slow, or answers wrongly', async (t) => {
  const stack = await startSigstack(t);
  const trustConfig = stack.clientTrustConfigV1;
  const model = buildModel(t, { a: 'a' });
  const statuses: number[] = [];
  const open = async (url: string): Promise<boolean> => {
    fetch(url).then(
      ({ status }) => statuses.push(status),
      () => {},
    );
    return true;
  };
  const interaction = { show: () => {}, open, ask: async () => '' };
  const login = (timeout = 20_000, signal?: AbortSignal) =>
    sign(model, {
      signer: sigstoreSigner({ trustConfig, interaction, useAmbientCredentials: false, timeout }),
      ...(signal && { signal }),
    });
  const service = 'oidc';
  const path = '/email/';
  const cases: readonly (readonly [Fault, string])[] = [
    [{ service, path, drop: true, times: 'all' }, 'ISSUER_FAILED'],
    [{ service, path, status: 500, times: 'all' }, 'ISSUER_FAILED'],
    [{ service, path, hangMs: 60_000, times: 'all' }, 'ISSUER_FAILED'],
    [{ service, path, status: 429 }, 'ISSUER_FAILED'],
    [{ service, path, status: 200, body: '<html>' }, 'ISSUER_FAILED'],
    [{ service, path: '/email/token', status: 200, body: '{}' }, 'ISSUER_FAILED'],
    [{ service, path: '/email/token', status: 400, body: '{"error":"invalid_client"}' }, 'LOGIN_FAILED'],
    [{ service, path: '/email/token', forge: 'nonce' }, 'LOGIN_FAILED'],
    [{ service, path: '/email/token', forge: 'signature' }, 'CERTIFICATE_REQUEST_REFUSED'],
    [{ service, path: '/email/token', shift: -3600 }, 'TOKEN_EXPIRED'],
    [{ service, path: '/email/token', shift: 3600 }, 'TOKEN_NOT_YET_VALID'],
  ];
  for (const [fault, code] of cases) {
    await stack.fault(fault);
    const error = await t.throwsAsync(login(fault.hangMs === undefined ? 20_000 : 1000), { instanceOf: SigningError });
    t.is<string, string>(error.code, code, `${JSON.stringify(fault)}: ${error.message}`);
    await stack.clearFaults();
  }
  await stack.fault({ service, path: '/email/auth', forge: 'state' });
  const controller = new AbortController();
  const reason = new Error('nobody answers any more');
  statuses.length = 0;
  const waiting = login(20_000, controller.signal);
  const timer = setInterval(() => statuses.length > 0 && controller.abort(reason), 50);
  t.is(await t.throwsAsync(waiting), reason);
  clearInterval(timer);
  t.deepEqual(statuses, [400]);
  await stack.clearFaults();
  await t.notThrowsAsync(login());
});
