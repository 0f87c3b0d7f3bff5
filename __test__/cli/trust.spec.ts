// SPDX-License-Identifier: Apache-2.0
// `model-signing trust` as its users run it, and verifying with what it fetched.

import { join } from 'node:path';

import test from 'ava';

import { signedBy } from '../methods/sigstore-bundles.js';
import { buildModel, scratch, write } from '../models.js';
import { sigstackTest } from '../sigstack.js';
import { command, failed } from './command.js';

test('show: without any network, as text and as JSON', async (t) => {
  const env = { XDG_CACHE_HOME: scratch(t) };
  const shown = await command(['trust', 'show'], { env });
  t.is(shown.exit, 0, shown.stderr);
  t.regex(
    shown.stdout,
    /^the public instance, .*\ncertificate authority: https:\/\/fulcio\.sigstore\.dev from 2021-03-07/,
  );
  t.regex(shown.stdout, /^log: https:\/\/rekor\.sigstore\.dev from 2021-01-12$/m);
  const { stdout } = await command(['trust', 'show', '--use-staging', '--json'], { env });
  t.like(JSON.parse(stdout), { schemaVersion: 1, ok: true });
  t.is(stdout.split('\n').length, 2);
});

test('alone it prints its help; wrong flags are usage errors', async (t) => {
  t.is((await command(['trust'])).exit, 2);
  failed(t, await command(['trust', 'init']), 'OPTION_INVALID', 2);
  failed(t, await command(['trust', 'init', '--tuf-url', 'ftp://x', '--tuf-root', 'y']), 'OPTION_INVALID', 2);
  failed(t, await command(['trust', 'show', '--tuf-url', 'https://tuf.example']), 'TRUST_NOT_INITIALIZED', 2);
  failed(t, await command(['trust', 'show', '--trust-config', '/nowhere']), 'TRUST_CONFIG_UNREADABLE', 3);
  failed(t, await command(['trust', 'update', '--refresh']), 'USAGE', 2);
});

sigstackTest('init, update, show, then verify by the address alone', async (t, stack) => {
  const env = { XDG_CACHE_HOME: scratch(t) };
  const { tuf, tufRoot } = stack.urls;
  const run = (...args: string[]) => command(args, { env });
  t.is((await run('trust', 'init', '--tuf-url', tuf, '--tuf-root', tufRoot)).exit, 0);
  t.is((await run('trust', 'update', '--tuf-url', tuf)).exit, 0);
  await stack.fault({ service: 'tuf', status: 503, times: 'all' });
  failed(t, await run('trust', 'update', '--tuf-url', tuf, '--timeout', '500ms'), 'TRUST_UPDATE_FAILED', 4);
  t.is((await run('trust', 'show', '--tuf_url', tuf)).exit, 0);
  const model = buildModel(t, { a: '1' });
  const signature = join(scratch(t), 'model.sig');
  write(signature, await signedBy(stack, model, 1));
  const verify = ['verify', model, '--signature', signature, '--tuf-url', tuf];
  const identity = ['--identity', 'alice@example.com', '--identity-provider', stack.issuer()];
  const verified = await run(...verify, ...identity);
  t.is(verified.exit, 0, verified.stderr);
  t.regex(verified.stdout, /^signer: sigstore, identity alice@example\.com, issuer http:/m);
  failed(t, await run(...verify), 'IDENTITY_MISSING', 2);
  failed(t, await run(...verify, '--identity', 'lice@example.com', ...identity.slice(2)), 'IDENTITY_MISMATCH', 5);
  failed(t, await run(...verify, ...identity.slice(0, 3), `${stack.issuer()}/`), 'ISSUER_MISMATCH', 5);
  failed(t, await run(...verify, '--identity', ''), 'OPTION_INVALID', 2);
  failed(t, await run(...verify, ...identity, '--identity-regex', 'a)|(?:b'), 'OPTION_INVALID', 2);
  failed(t, await run(...verify, ...identity, '--refresh-trust', '--timeout', '500ms'), 'TRUST_UPDATE_FAILED', 4);
  const { stdout } = await run(...verify, ...identity, '--json');
  t.like(JSON.parse(stdout), { ok: true, method: 'sigstore' });
});
