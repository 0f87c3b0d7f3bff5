// SPDX-License-Identifier: Apache-2.0
// `model-signing sign` with an identity, as a process: where the identity comes from, what is said, and what never is.

import { chmodSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { HUGE, buildModel, pattern, scratch } from '../../models.js';
import { type Fault, sigstackTest } from '../../sigstack.js';
import { type Ended, command, ended, failed, start } from '../command.js';

const FILES = { 'a.bin': pattern(1000, 1) };

/** No CI, no desktop, no token: whatever these tests themselves run in. */
const NAMES = `GITHUB_ACTIONS GITLAB_CI BUILDKITE CIRCLECI KUBERNETES_SERVICE_HOST SIGSTORE_ID_TOKEN GCE_METADATA_HOST
  K_SERVICE CLOUD_RUN_JOB BUILDER_OUTPUT DISPLAY WAYLAND_DISPLAY BROWSER CI`;
const NOWHERE = Object.fromEntries(NAMES.split(/\s+/).map((name) => [name, '']));

/** And nobody to ask: what every CI says of itself. */
const NOBODY = { ...NOWHERE, CI: 'true' };

/** The command that opens an address in a browser; Windows has no place for another one. */
const OPENER = process.platform === 'darwin' ? 'open' : 'xdg-open';
const desktopTest = process.platform === 'win32' ? () => {} : sigstackTest;

function setting(t: ExecutionContext) {
  return { cwd: scratch(t), model: buildModel(t, FILES) };
}

function signed(t: ExecutionContext, { exit, stdout, stderr }: Ended, identity = 'alice@example.com'): void {
  t.is(exit, 0, stderr);
  t.regex(stdout, /^signed model sha256:[0-9a-f]{64}\nsignature: model\.sig\nsigner: sigstore, identity /);
  t.true(stdout.includes(`identity ${identity}`), stdout);
  t.regex(stderr, /note: to verify it: model-signing verify sigstore .* --identity .* --identity-provider /);
}

sigstackTest('sign without a method signs with an identity, and says how to verify it', async (t, stack) => {
  const { cwd, model } = setting(t);
  const options = ['--trust-config', stack.clientTrustConfigV1];
  writeFileSync(join(cwd, 'token'), `${await stack.token({ tenant: 'github' })}\n`);
  const done = await command(['sign', ...options, '--identity-token-file', 'token', model], { cwd, env: NOWHERE });
  signed(t, done, 'https://github.com/acme/model/');
  const [, advice = ''] = /to verify it: model-signing (.*)$/m.exec(done.stderr) ?? [];
  const verified = await command(
    advice.split(' ').map((word) => word.replaceAll("'", '')),
    { cwd, env: NOWHERE },
  );
  t.is(verified.exit, 0, verified.stderr);
});

sigstackTest('a token from the command line, the environment, and by both spellings', async (t, stack) => {
  const { cwd, model } = setting(t);
  const args = ['sign', 'sigstore', model, '--trust_config', stack.clientTrustConfigV2];
  const token = await stack.token();
  const note = /note: a token on the command line can be read by others; use --identity-token-file/;
  for (const given of [['--identity_token', token], [`--identity-token=${token}`]]) {
    const visible = await command([...args, ...given], { cwd, env: NOWHERE });
    signed(t, visible);
    t.regex(visible.stderr, note);
    silent(t, visible, token);
  }
  for (const env of [{ SIGSTORE_ID_TOKEN: token }, { MODEL_SIGNING_IDENTITY_TOKEN: token }]) {
    const quiet = await command(args, { cwd, env: { ...NOWHERE, ...env } });
    signed(t, quiet);
    t.notRegex(quiet.stderr, note);
    silent(t, quiet, token);
  }
});

sigstackTest('--json tells the signer', async (t, stack) => {
  const { cwd, model } = setting(t);
  const env = { ...NOWHERE, SIGSTORE_ID_TOKEN: await stack.token({ email: "o'neil@example.com" }) };
  const args = ['sign', model, '--trust-config', stack.clientTrustConfigV1, '--json', '--quiet'];
  const { exit, stdout, stderr } = await command(args, { cwd, env });
  t.deepEqual([exit, stderr], [0, '']);
  const { method, signer } = JSON.parse(stdout) as { method: string; signer: Record<string, unknown> };
  t.is(method, 'sigstore');
  t.is(signer['identity'], "o'neil@example.com");
  t.is(signer['issuer'], stack.issuer());
});

sigstackTest('in a CI its identity is used by itself, unless that is switched off', async (t, stack) => {
  const { cwd, model } = setting(t);
  const env = {
    ...NOWHERE,
    GITHUB_ACTIONS: 'true',
    ACTIONS_ID_TOKEN_REQUEST_URL: `${stack.urls.oidc}/github/actions-token?x=1`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-secret',
  };
  const args = ['sign', model, '--trust-config', stack.clientTrustConfigV1];
  for (const more of [[], ['--use_ambient_credentials']]) {
    const done = await command([...args, ...more], { cwd, env });
    signed(t, done, 'https://github.com/acme/model/');
    t.notRegex(done.stdout + done.stderr, /request-secret/);
  }
  failed(
    t,
    await command([...args, '--no-use-ambient-credentials'], { cwd, env: { ...env, CI: 'true' } }),
    'CREDENTIALS_MISSING',
    3,
  );
  const nowhere = await command([...args, '--use-ambient-credentials'], { cwd, env: NOWHERE });
  failed(t, nowhere, 'AMBIENT_UNAVAILABLE', 3);
});

desktopTest('a login by the browser that the desktop opens', async (t, stack) => {
  const { cwd, model } = setting(t);
  const env = { ...NOWHERE, DISPLAY: ':0', PATH: `${opener(t)}${delimiter}${process.env['PATH']}` };
  const args = ['sign', model, '--trust-config', stack.clientTrustConfigV1];
  const done = await command(args, { cwd, env });
  signed(t, done, 'carol@example.com');
  t.regex(done.stderr, /Waiting for you to log in/);
  t.true(readFileSync(join(cwd, 'page'), 'utf8').startsWith('You are logged in.'));
  const { id, secret } = stack.urls.client;
  const issuer = ['--oidc-issuer', stack.issuer('private'), '--client-id', id];
  const told = await command([...args, ...issuer, '--client_secret', secret], { cwd, env });
  signed(t, told, 'carol@example.com');
  t.regex(told.stderr, /note: a secret on the command line can be read by others; use --client-secret-file/);
  t.notRegex(told.stderr + told.stdout, new RegExp(secret));
});

/** A folder with a command that opens an address as a browser would, for a person called Carol. */
function opener(t: ExecutionContext, exit = 0): string {
  const folder = scratch(t);
  const script = `fetch(process.argv[1] + '&email=carol@example.com').then((page) => page.text()).then((text) => require('fs').writeFileSync('page', text))`;
  const body = exit === 0 ? `exec '${process.execPath}' -e "${script}" "$1"` : `exit ${exit}`;
  writeFileSync(join(folder, OPENER), `#!/bin/sh\n${body}\n`);
  chmodSync(join(folder, OPENER), 0o755);
  return folder;
}

desktopTest('a login on another device, where no browser opens', async (t, stack) => {
  const { cwd, model } = setting(t);
  const env = { ...NOWHERE, DISPLAY: ':0', PATH: `${opener(t, 3)}${delimiter}${process.env['PATH']}` };
  const child = start(['sign', model, '--trust-config', stack.clientTrustConfigV1], { cwd, env });
  const done = ended(child);
  let talk = '';
  const address = new Promise<string>((resolve) => {
    child.stderr?.on('data', (text: string) => {
      talk += text;
      const [, found] = /Go to (\S+) and enter the code/.exec(talk) ?? [];
      if (found !== undefined) resolve(found);
    });
  });
  await fetch(`${await address}&email=dave@example.com`);
  signed(t, await done, 'dave@example.com');
});

sigstackTest('a login by a code that is copied', async (t, stack) => {
  const { cwd, model } = setting(t);
  const args = ['sign', model, '--oauth_force_oob', '--trust-config', stack.clientTrustConfigV2];
  const child = start(args, { cwd, env: NOWHERE, stdio: ['pipe', 'pipe', 'pipe'] });
  const done = ended(child);
  let talk = '';
  const address = new Promise<string>((resolve) => {
    child.stderr?.on('data', (text: string) => {
      talk += text;
      const [, found] = /Go to (\S+)[^]*code that it shows: /.exec(talk) ?? [];
      if (found !== undefined) resolve(found);
    });
  });
  const code = await (await fetch(await address)).text();
  child.stdin?.end(`${code}\n`);
  signed(t, await done);
  const nobody = await command(args, { cwd, env: NOWHERE });
  t.is(nobody.exit, 3);
  t.regex(nobody.stderr, /no code was given \[LOGIN_FAILED\]/);
});

sigstackTest('what fails is said before a byte is hashed, and nothing is written', async (t, stack) => {
  const cwd = scratch(t);
  const model = buildModel(t, { huge: HUGE });
  const args = ['sign', model, '--trust-config', stack.clientTrustConfigV1, '--timeout', '1500ms'];
  const withToken = async (token: Promise<string>) => ({ ...NOWHERE, SIGSTORE_ID_TOKEN: await token });
  const cases: readonly (readonly [code: string, exit: number, env: NodeJS.ProcessEnv])[] = [
    ['CREDENTIALS_MISSING', 3, NOBODY],
    ['TOKEN_EXPIRED', 3, await withToken(stack.token({ exp: -1 }))],
    ['TOKEN_AUDIENCE', 3, await withToken(stack.token({ aud: 'x' }))],
    ['TOKEN_INVALID', 3, { ...NOWHERE, SIGSTORE_ID_TOKEN: 'planted-secret' }],
    ['CERTIFICATE_REQUEST_REFUSED', 3, await withToken(stack.token({ iss: 'http://localhost:1' }))],
  ];
  for (const [code, exit, env] of cases) {
    const refused = await command(args, { cwd, env });
    failed(t, refused, code, exit);
    silent(t, refused, env['SIGSTORE_ID_TOKEN'] ?? '');
  }
  await stack.fault({ service: 'fulcio', hangMs: 60_000, times: 'all' });
  failed(t, await command(args, { cwd, env: await withToken(stack.token()) }), 'CERTIFICATE_REQUEST_FAILED', 4);
  t.false(existsSync(join(cwd, 'model.sig')));
});

sigstackTest('services that fail have exit codes, and leave no file and no token behind', async (t, stack) => {
  const { cwd, model } = setting(t);
  const token = await stack.token();
  const env = { ...NOWHERE, SIGSTORE_ID_TOKEN: token };
  const cases: readonly (readonly [code: string, exit: number, fault: Fault])[] = [
    ['CERTIFICATE_REQUEST_REFUSED', 3, { service: 'fulcio', status: 403 }],
    ['CERTIFICATE_REQUEST_FAILED', 4, { service: 'fulcio', status: 500, times: 'all' }],
    ['LOG_REQUEST_FAILED', 4, { service: 'rekor1', drop: true, times: 'all' }],
    ['LOG_REQUEST_REFUSED', 4, { service: 'rekor1', status: 429 }],
    ['LOG_TOO_LARGE', 4, { service: 'rekor1', above: 100, status: 413 }],
    ['TIMESTAMP_REJECTED', 4, { service: 'tsa', status: 200, body: '<html>' }],
    ['SELF_CHECK_FAILED', 4, { service: 'rekor1', forge: 'checkpoint' }],
    ['SELF_CHECK_FAILED', 4, { service: 'fulcio', forge: 'authority' }],
  ];
  for (const [code, exit, fault] of cases) {
    await stack.fault(fault);
    const refused = await command(['sign', model, '--trust-config', stack.clientTrustConfigV1], { cwd, env });
    failed(t, refused, code, exit);
    silent(t, refused, token);
    await stack.clearFaults();
  }
  t.deepEqual(readdirSync(cwd), []);
});

test('a command line that cannot be meant', async (t) => {
  const { cwd, model } = setting(t);
  const cases: readonly (readonly [code: string, exit: number, args: readonly string[]])[] = [
    ['MODEL_NOT_FOUND', 3, ['no model']],
    ['USAGE', 2, ['certificat', model]],
    ['USAGE', 2, [model, '--timeout', '10x']],
    ['USAGE', 2, [model, '--identity-tokn', 'x']],
    ['OPTION_INVALID', 2, [model, '--identity-token', '']],
    ['OPTION_INVALID', 2, [model, '--identity-token-file', 'x', '--client-id', '']],
    ['OPTION_INVALID', 2, [model, '--oidc-issuer', 'x']],
    ['OPTION_INVALID', 2, [model, '--use-staging', '--trust-config', 'x']],
    ['SECRET_UNREADABLE', 3, [model, '--identity-token-file', 'no file']],
  ];
  for (const [code, exit, args] of cases) {
    const { stderr, ...end } = await command(['sign', ...args], { cwd, env: NOWHERE });
    failed(t, { ...end, stderr: stderr.replace(/^note: .*\n/gm, '') }, code, exit);
  }
});

/** No part of a token shows, but for its first: that says nothing. */
function silent(t: ExecutionContext, { stdout, stderr }: Ended, token: string): void {
  const [, ...parts] = token.includes('.') ? token.split('.') : ['', token];
  for (const part of parts) t.true(part === '' || !(stdout + stderr).includes(part), 'the token shows');
}
