// SPDX-License-Identifier: Apache-2.0
// Identities that surroundings lend, each asked for in the protocol of its place: against servers on this machine that
// check the question, and against commands that are what a job finds on its path.

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';
import { ModelSigningError, SigningError } from 'model-signing';

import { findProvider } from '../../dist/methods/sigstore-identity-ambient.js';
import { json, loopback, tokenOf } from '../loopback.js';
import { scratch } from '../models.js';

const TOKEN = tokenOf();
const PATIENCE = { timeout: 5000, signal: undefined };

async function token(environment: NodeJS.ProcessEnv, root = '/nowhere', audience = 'sigstore'): Promise<string> {
  const surroundings = { environment, root };
  return (await findProvider(surroundings)?.token(surroundings, audience, PATIENCE)) ?? 'nobody is there';
}

test('GitHub Actions', async (t) => {
  const { url, questions } = await loopback(t, ({ headers, url: { searchParams } }) =>
    headers.authorization === 'Bearer a b' && searchParams.get('audience') === 'my sigstore'
      ? json({ count: TOKEN.length, value: TOKEN })
      : json({ message: 'no' }, 401),
  );
  const environment = {
    GITHUB_ACTIONS: 'true',
    ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/token?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'a b',
  };
  t.is(await token(environment, '/', 'my sigstore'), TOKEN);
  t.is(questions[0]?.url.searchParams.get('api-version'), '2.0');
  await refused(t, { ...environment, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'secret' }, 'AMBIENT_FAILED', /401/);
  for (const name of ['ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN']) {
    await refused(t, { ...environment, [name]: '' }, 'AMBIENT_UNAVAILABLE', /GitHub Actions/, /id-token: write/);
  }
  await refused(t, { ...environment, ACTIONS_ID_TOKEN_REQUEST_URL: 'nowhere' }, 'AMBIENT_UNAVAILABLE');
});

test('GitLab CI', async (t) => {
  t.is(await token({ GITLAB_CI: 'true', SIGSTORE_ID_TOKEN: TOKEN }), TOKEN);
  t.is(await token({ GITLAB_CI: 'true', MY_SIGSTORE_2_ID_TOKEN: TOKEN }, '/', 'my-sigstore.2'), TOKEN);
  await refused(t, { GITLAB_CI: 'true' }, 'AMBIENT_UNAVAILABLE', /GitLab/, /SIGSTORE_ID_TOKEN: aud: sigstore/);
});

test('Buildkite, by its agent service', async (t) => {
  const { url, questions } = await loopback(t, ({ method, headers, body }) =>
    method === 'POST' && headers.authorization === 'Token access' && body === '{"audience":"sigstore"}'
      ? json({ token: TOKEN })
      : json({ message: 'no' }, 403),
  );
  const environment = {
    BUILDKITE: 'true',
    BUILDKITE_AGENT_ACCESS_TOKEN: 'access',
    BUILDKITE_JOB_ID: '0192-ab',
    BUILDKITE_AGENT_ENDPOINT: `${url}/v3`,
  };
  t.is(await token(environment), TOKEN);
  t.is(questions[0]?.url.pathname, '/v3/jobs/0192-ab/oidc/tokens');
  await refused(t, { ...environment, BUILDKITE_AGENT_ACCESS_TOKEN: 'secret' }, 'AMBIENT_FAILED', /403/);
});

/** Commands that a shell runs; Windows has none. */
const withShell = process.platform === 'win32' ? test.serial.skip : test.serial;

withShell('Buildkite and CircleCI, by their commands', async (t) => {
  const folder = scratch(t);
  const commands = {
    'buildkite-agent': `[ "$*" = "oidc request-token --audience sigstore" ] && echo ${TOKEN}`,
    circleci: `[ "$*" = 'run oidc get --claims {"aud":"sigstore"}' ] && echo ${TOKEN}`,
  };
  for (const [name, body] of Object.entries(commands)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const { PATH = '' } = process.env;
  t.teardown(() => (process.env['PATH'] = PATH));
  process.env['PATH'] = `${folder}:/bin:/usr/bin`;
  for (const name of ['BUILDKITE', 'CIRCLECI']) {
    t.is((await token({ [name]: 'true' })).trim(), TOKEN);
    const wrong = token({ [name]: 'true' }, '/', 'other');
    const error = await t.throwsAsync(wrong, { instanceOf: SigningError });
    t.is(error.code, 'AMBIENT_UNAVAILABLE');
  }
  process.env['PATH'] = scratch(t);
  for (const name of ['BUILDKITE', 'CIRCLECI']) {
    await refused(t, { [name]: 'true' }, 'AMBIENT_UNAVAILABLE', /lends no identity/, /is not there/);
  }
});

test('Kubernetes, by the token that the cluster projects', async (t) => {
  const root = scratch(t);
  const environment = { KUBERNETES_SERVICE_HOST: '10.0.0.1' };
  t.is(await token(environment, root), 'nobody is there');
  mkdirSync(join(root, 'var/run/sigstore/cosign'), { recursive: true });
  const file = join(root, 'var/run/sigstore/cosign/oidc-token');
  for (const text of [TOKEN, tokenOf({ sub: 'rotated' })]) {
    writeFileSync(file, `${text}\n`);
    t.is(await token(environment, root), text);
  }
  t.is(await token({}, root), 'nobody is there');
  writeFileSync(file, 'x'.repeat(100_000));
  const error = await t.throwsAsync(token(environment, root), { instanceOf: ModelSigningError });
  t.is(error.code, 'SECRET_UNREADABLE');
});

test('Google Cloud, by its metadata server', async (t) => {
  const { host, questions } = await loopback(t, ({ headers, url: { searchParams } }) =>
    headers['metadata-flavor'] === 'Google' && searchParams.get('audience') === 'sigstore'
      ? { body: TOKEN }
      : { status: 403, body: 'Missing Metadata-Flavor:Google header.' },
  );
  t.is(await token({ GCE_METADATA_HOST: host }), TOKEN);
  const [question] = questions;
  t.is(question?.url.pathname, '/computeMetadata/v1/instance/service-accounts/default/identity');
  t.is(question?.url.searchParams.get('format'), 'full');
  const root = scratch(t);
  mkdirSync(join(root, 'sys/class/dmi/id'), { recursive: true });
  writeFileSync(join(root, 'sys/class/dmi/id/product_name'), 'Google Compute Engine\n');
  t.is(findProvider({ environment: {}, root })?.name, 'Google Cloud');
  t.is(findProvider({ environment: { K_SERVICE: 'x' }, root: '/nowhere' })?.name, 'Google Cloud');
});

test('services that answer otherwise', async (t) => {
  const answers = [json({}), json({ value: 7 }), json([]), { body: '<html>' }, { status: 302 }, { status: 404 }];
  for (const answer of answers) {
    const { url } = await loopback(t, () => answer);
    const environment = {
      GITHUB_ACTIONS: 'true',
      ACTIONS_ID_TOKEN_REQUEST_URL: url,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'secret',
    };
    await refused(t, environment, 'AMBIENT_FAILED', /the token service of GitHub Actions/);
  }
});

async function refused(
  t: ExecutionContext,
  environment: NodeJS.ProcessEnv,
  code: string,
  message = /./,
  hint = /./,
): Promise<void> {
  const error = await t.throwsAsync(token(environment), { instanceOf: SigningError });
  t.is<string, string>(error.code, code, error.message);
  t.regex(error.message, message);
  t.regex(error.hint ?? '', hint);
  t.notRegex(`${error.message} ${error.hint}`, /secret/);
}
