// SPDX-License-Identifier: Apache-2.0
// Which identity signs when several could: what was given, then what is lent, then a person.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';
import { type Interaction, InputError, SigningError, sigstoreSigner } from 'model-signing';

import { type IdentityRequest, chooseSource } from '../../dist/methods/sigstore-identity.js';
import { loopback, tokenOf } from '../loopback.js';
import { scratch } from '../models.js';

const PATIENCE = { timeout: 5000, signal: undefined };
const NOBODY: Interaction = { show: () => {}, open: async () => false, ask: async () => '' };
const NOTHING: IdentityRequest = {
  identityToken: undefined,
  identityTokenFile: undefined,
  useAmbientCredentials: undefined,
  oauthForceOob: false,
  clientId: undefined,
  clientSecret: undefined,
  clientSecretFile: undefined,
  oidcIssuer: undefined,
  interaction: undefined,
};
const ISSUER = new URL('http://127.0.0.1:1/');
const GITLAB = { GITLAB_CI: 'true', MINE_ID_TOKEN: tokenOf({ sub: 'job', aud: 'mine' }) };
const CLOUD = { K_SERVICE: 'x' };

function source(request: Partial<IdentityRequest>, environment: NodeJS.ProcessEnv = {}) {
  return chooseSource({ ...NOTHING, ...request }, () => ISSUER, { environment, root: '/nowhere' });
}

test('the order', async (t) => {
  const file = join(scratch(t), 'token');
  writeFileSync(file, `${tokenOf({ sub: 'file' })}\n`);
  const asked = { interaction: NOBODY };
  const cases: readonly (readonly [string, Partial<IdentityRequest>, NodeJS.ProcessEnv])[] = [
    [
      'the token that was given',
      { identityToken: 'x', useAmbientCredentials: true },
      { ...GITLAB, SIGSTORE_ID_TOKEN: 'x' },
    ],
    [`the token file '${file}'`, { identityTokenFile: file }, { ...GITLAB, SIGSTORE_ID_TOKEN: 'x' }],
    ['the variable SIGSTORE_ID_TOKEN', asked, { ...CLOUD, SIGSTORE_ID_TOKEN: 'x' }],
    ['the identity that GitLab CI lends', asked, GITLAB],
    ['the identity that GitLab CI lends', { ...asked, oauthForceOob: true, useAmbientCredentials: true }, GITLAB],
    ['the identity that Google Cloud lends', { useAmbientCredentials: true }, CLOUD],
    ['the identity that Google Cloud Build lends', asked, { ...CLOUD, BUILDER_OUTPUT: '/builder/outputs' }],
    ['a login', asked, { ...CLOUD, SIGSTORE_ID_TOKEN: '' }],
    ['a login', { ...asked, useAmbientCredentials: false }, GITLAB],
    ['a login', { ...asked, oauthForceOob: true }, GITLAB],
    ['a login', { ...asked, clientSecret: 'x' }, GITLAB],
    ['a login', { ...asked, oidcIssuer: ISSUER }, GITLAB],
  ];
  for (const [name, request, environment] of cases) t.is(source(request, environment).name, name);
  t.is((await source({ identityTokenFile: file }).token(PATIENCE)).subject, 'file');
  t.is((await source({ clientId: 'mine' }, GITLAB).token(PATIENCE)).subject, 'job');
});

test('no identity at all', (t) => {
  for (const environment of [{}, CLOUD]) {
    const error = t.throws(() => source({}, environment), { instanceOf: SigningError });
    t.is(error.code, 'CREDENTIALS_MISSING');
    t.regex(error.hint ?? '', /SIGSTORE_ID_TOKEN/);
  }
  const error = t.throws(() => source({ useAmbientCredentials: true, interaction: NOBODY }), {
    instanceOf: SigningError,
  });
  t.is(error.code, 'AMBIENT_UNAVAILABLE');
});

test('a token that is given is checked, and nobody is asked for another', async (t) => {
  const { url, questions } = await loopback(t, () => undefined);
  const oidcIssuer = new URL(url);
  const codes: readonly (readonly [string, string])[] = [
    ['TOKEN_EXPIRED', tokenOf({ exp: 1 })],
    ['TOKEN_AUDIENCE', tokenOf({ aud: 'x' })],
    ['TOKEN_INVALID', 'secret'],
  ];
  for (const [code, identityToken] of codes) {
    const wrong = source({ identityToken, oidcIssuer, interaction: NOBODY }).token(PATIENCE);
    const error = await t.throwsAsync(wrong, { instanceOf: SigningError });
    t.is<string, string>(error.code, code);
  }
  const good = source({ identityToken: tokenOf(), oidcIssuer, interaction: NOBODY });
  t.is((await good.token(PATIENCE)).subject, 'user-1');
  t.is(questions.length, 0);
});

test('whoever can be asked again is asked each time', async (t) => {
  let count = 0;
  const asked = source({ identityToken: async () => tokenOf({ sub: `${(count += 1)}` }) });
  for (const subject of ['1', '2']) t.is((await asked.token(PATIENCE)).subject, subject);
  const wrong = source({ identityToken: async () => 7 as unknown as string }).token(PATIENCE);
  t.is((await t.throwsAsync(wrong, { instanceOf: InputError })).code, 'OPTION_INVALID');
  const file = join(scratch(t), 'token');
  const read = source({ identityTokenFile: file });
  for (const subject of ['3', '4']) {
    writeFileSync(file, tokenOf({ sub: subject }));
    t.is((await read.token(PATIENCE)).subject, subject);
  }
});

test('options that cannot be used', (t) => {
  const wrong: readonly Readonly<Record<string, unknown>>[] = [
    { identityToken: '' },
    { identityToken: ' ' },
    { identityToken: 7 },
    { identityTokenFile: '' },
    { identityToken: 'x', identityTokenFile: 'y' },
    { clientSecret: 'x', clientSecretFile: 'y' },
    { clientId: '' },
    { clientSecret: '' },
    { useAmbientCredentials: 'yes' },
    { oauthForceOob: 1 },
    { oidcIssuer: '' },
    { oidcIssuer: 'issuer.example' },
    { oidcIssuer: 'ftp://issuer.example' },
    { oidcIssuer: 'https://user:secret@issuer.example' },
    { oidcIssuer: 'https://issuer.example/?x=1' },
    { interaction: {} },
    { interaction: { show: () => {}, open: () => {} } },
    { timeout: 0 },
    { timeout: 1.5 },
    { timeout: '10s' },
    { identitytoken: 'x' },
  ];
  for (const options of wrong) {
    const error = t.throws(() => sigstoreSigner(options), { instanceOf: InputError }, JSON.stringify(options));
    t.is(error.code, 'OPTION_INVALID');
    t.notRegex(error.message, /secret/);
  }
  t.is(sigstoreSigner({ identityTokenFile: 'a', clientSecretFile: 'b', trustConfig: 'c' }).inputs?.join(), 'a,b,c');
  t.is(sigstoreSigner({ tufUrl: 'https://tuf.example', tufRoot: 'd' }).inputs?.join(), 'd');
});
