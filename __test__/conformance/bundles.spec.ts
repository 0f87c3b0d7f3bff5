// SPDX-License-Identifier: Apache-2.0
// What the Sigstore conformance suite runs: two sub-commands with its flags, in its order, and an exit code.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { BYTES, DIGEST, keySigned, statementAbout } from '../artifact-bundles.js';
import { ADAPTER, type Ended, command, failed } from '../cli/command.js';
import { keyFiles, pair } from '../keys.js';
import { scratch } from '../models.js';
import { sigstackTest } from '../sigstack.js';

sigstackTest('signs and verifies as the suite has it', async (t, stack) => {
  const cwd = scratch(t);
  const run = (...args: string[]) => command(args, { cwd }, ADAPTER);
  writeFileSync(join(cwd, 'file'), BYTES);
  writeFileSync(join(cwd, 'statement'), statementAbout(BYTES));
  const token = await stack.token();
  const trust = ['--trusted-root', stack.trustedRoot];
  const signs = ['--identity-token', token, '--bundle', 'bundle', ...trust, '--signing-config', stack.signingConfigV2];
  const named = ['--certificate-identity', 'alice@example.com', '--certificate-oidc-issuer', stack.issuer()];
  const verifies = ['verify-bundle', '--bundle', 'bundle', ...named, ...trust];
  for (const [flags, what, member] of [
    [[], 'file', 'messageSignature'],
    [['--in-toto'], 'statement', 'dsseEnvelope'],
  ] as const) {
    silent(t, await run('sign-bundle', ...flags, ...signs, what));
    t.true(member in (JSON.parse(readFileSync(join(cwd, 'bundle'), 'utf8')) as object));
    silent(t, await run(...verifies, 'file'));
    silent(t, await run(...verifies, DIGEST));
  }
  failed(t, await run(...verifies, 'statement'), 'ARTIFACT_MISMATCH', 1);
  const stranger = verifies.map((arg) => (arg === 'alice@example.com' ? 'bob@example.com' : arg));
  failed(t, await run(...stranger, 'file'), 'IDENTITY_MISMATCH', 5);
  writeFileSync(join(cwd, DIGEST), 'a file with the name of a digest');
  failed(t, await run(...verifies, DIGEST), 'ARTIFACT_MISMATCH', 1);
  const key = pair();
  writeFileSync(join(cwd, 'bundle'), await keySigned(stack, key));
  const { public: publicKey } = keyFiles(cwd, key);
  silent(t, await run('verify-bundle', '--bundle', 'bundle', '--key', publicKey, ...trust, 'file'));
});

sigstackTest('what goes wrong when signing is said, without the token, and nothing is written', async (t, stack) => {
  const cwd = scratch(t);
  writeFileSync(join(cwd, 'file'), BYTES);
  const trust = ['--trusted-root', stack.trustedRoot, '--signing-config', stack.signingConfigV2];
  const run = (token: string, ...args: string[]) =>
    command(['sign-bundle', '--identity-token', token, '--bundle', 'bundle', ...trust, ...args], { cwd }, ADAPTER);
  const good = await stack.token();
  const expired = await stack.token({ exp: -10 });
  for (const [token, file, code, exit] of [
    [good, 'nothing', 'ARTIFACT_UNREADABLE', 3],
    [expired, 'file', 'TOKEN_EXPIRED', 3],
    ['no token', 'file', 'TOKEN_INVALID', 3],
  ] as const) {
    t.false(failed(t, await run(token, file), code, exit).includes(token));
  }
  failed(t, await run(good, '--in-toto', 'file'), 'JSON_INVALID', 1);
  failed(t, await run(good, '--signing-config', stack.trustedRoot, 'file'), 'TRUST_CONFIG_INVALID', 2);
  await stack.fault({ service: 'rekor2', status: 400, times: 'all' });
  failed(t, await run(good, 'file'), 'LOG_REQUEST_REFUSED', 4);
  t.false(existsSync(join(cwd, 'bundle')));
  writeFileSync(join(cwd, 'bundle'), 'something else');
  failed(t, await run(good, 'file'), 'OUTPUT_NOT_A_BUNDLE', 2);
});

test('the command line is the protocol, and says what it is for', async (t) => {
  for (const [name, flags] of [
    ['sign-bundle', ['in-toto', 'identity-token', 'signing-config', 'bundle', 'trusted-root', 'staging']],
    ['verify-bundle', ['certificate-identity', 'certificate-oidc-issuer', 'key', 'bundle', 'trusted-root', 'staging']],
  ] as const) {
    const { exit, stdout } = await adapter(name, '--help');
    t.is(exit, 0);
    for (const flag of flags) t.regex(stdout, new RegExp(`^  --${flag}\\b`, 'm'));
    t.regex(stdout, /\nFor test suites only: /);
  }
  const usual = ['verify-bundle', '--bundle', 'x'];
  const named = ['--certificate-identity', 'a', '--certificate-oidc-issuer', 'b'];
  for (const args of [
    ['sign-bundle', '--bundle', 'x', 'file'],
    ['sign-bundle', '--identity-token', 'x', 'file'],
    ['sign-bundle', '--identity-token', 'x', '--bundle', 'x'],
    ['verify-bundle', ...named, 'file'],
    [...usual, 'file'],
    [...usual, ...named.slice(2), 'file'],
    [...usual, ...named.slice(0, 2), 'file'],
    [...usual, '--certificate-identity', '', '--certificate-oidc-issuer', 'b', 'file'],
    [...usual, '--key', '', 'file'],
    [...usual, '--key', 'k', ...named, 'file'],
    [...usual, ...named],
    [...usual, ...named, 'file', 'another'],
    [...usual, ...named, '--nonsense', 'file'],
  ]) {
    failed(t, await adapter(...args), 'USAGE', 2);
  }
  failed(t, await adapter(...usual, ...named, 'no-such-file'), 'ARTIFACT_UNREADABLE', 3);
});

function adapter(...args: readonly string[]): Promise<Ended> {
  return command(args, {}, ADAPTER);
}

/** All went well, and there was nothing to say. */
function silent(t: ExecutionContext, ended: Ended): void {
  t.deepEqual(ended, { exit: 0, stdout: '', stderr: '' });
}
