// SPDX-License-Identifier: Apache-2.0
// `model-signing log` as people and cron run it: arguments, both streams, exit codes.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { signedBy } from '../methods/sigstore-bundles.js';
import { buildModel, scratch, write } from '../models.js';
import { type Sigstack, sigstackTest } from '../sigstack.js';
import { command, failed } from './command.js';

test('help says what the exit codes mean; alone it is a usage error', async (t) => {
  t.is((await command(['log'])).exit, 2);
  for (const name of ['search', 'watch']) {
    const { stdout, exit } = await command(['log', name, '--help']);
    t.is(exit, 0);
    t.regex(
      stdout,
      /0 all logs were read, and every entry is known; 5 there are entries .* 1 a log forks.* 4 a log could/s,
    );
  }
  t.true((await command(['--help'])).stdout.includes('log '));
});

test('wrong command lines', async (t) => {
  const some = ['--identity', 'alice@example.com'];
  failed(t, await command(['log', 'search']), 'OPTION_INVALID', 2);
  failed(t, await command(['log', 'search', '--identity', '']), 'OPTION_INVALID', 2);
  failed(t, await command(['log', 'search', ...some, '--since', 'yesterday']), 'USAGE', 2);
  failed(t, await command(['log', 'search', ...some, '--limit', '-1']), 'USAGE', 2);
  failed(t, await command(['log', 'search', ...some, '--state', 'x']), 'USAGE', 2);
  failed(t, await command(['log', 'watch', ...some]), 'USAGE', 2);
  failed(t, await command(['log', 'watch', ...some, '--since', '2026-01-31', '--state', 'x']), 'USAGE', 2);
  failed(t, await command(['log', 'search', ...some, '--known', '/nowhere/at all']), 'KNOWN_BUNDLE_INVALID', 3);
  failed(t, await command(['log', 'search', ...some, '--trust-config', '/nowhere']), 'TRUST_CONFIG_UNREADABLE', 3);
  failed(t, await command(['log', 'watch', ...some, '--state', '/nowhere/state']), 'OUTPUT_UNWRITABLE', 3);
});

async function prepared(t: Parameters<typeof buildModel>[0], stack: Sigstack) {
  const email = `${t.title.replaceAll(/[^a-z]+/g, '.')}@example.com`;
  const model = buildModel(t, { a: '1' });
  const folder = scratch(t);
  const known = join(folder, 'known.sig');
  const sign = async (log: 1 | 2) => signedBy(stack, model, log, { email });
  write(known, await sign(1));
  const env = { XDG_CACHE_HOME: folder };
  const common = ['--identity', email, '--trust-config', stack.trustedRoot, '--timeout', '5s'];
  const log = (name: string, ...args: string[]) => command(['log', name, ...common, ...args], { env });
  return { email, known, folder, sign, log };
}

sigstackTest('search: a line for each entry that is not known', async (t, stack) => {
  const { email, known, log, sign } = await prepared(t, stack);
  t.deepEqual(await log('search', '--known', known), { exit: 0, stdout: '', stderr: '' });
  const { exit, stdout, stderr } = await log('search');
  t.is(exit, 5);
  const [address, index, time, identity, issuer, digest] = stdout.trimEnd().split('\t');
  t.deepEqual([address, identity, issuer], [stack.urls.rekor1, email, stack.issuer()]);
  t.regex(`${index} ${time} ${digest}`, /^\d+ 20\d\d-\S+Z \(log\) sha256:[0-9a-f]{64}$/);
  t.regex(stderr, /^error: 1 entry is in no known bundle \[LOG_ENTRIES_UNKNOWN\]\nhint: .*\n$/);
  await sign(2);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const both = await log('search', '--known', known, '--json');
  t.is(both.exit, 5);
  const lines = both.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.is(lines.length, 3);
  t.like(lines[0], { schemaVersion: 1, entry: { log: stack.urls.rekor2, identity: email, timeSource: 'certificate' } });
  t.like(lines[1], { schemaVersion: 1, ok: false, unknown: 1, known: 1 });
  t.like(lines[2], { schemaVersion: 1, ok: false, error: { code: 'LOG_ENTRIES_UNKNOWN' } });
});

sigstackTest('watch: says where it begins, tells news once, keeps its file', async (t, stack) => {
  const { known, folder, log, sign } = await prepared(t, stack);
  const state = join(folder, 'state');
  const watch = (...args: string[]) => log('watch', '--state', state, '--known', known, ...args);
  const first = await watch();
  t.is(first.exit, 0, first.stderr);
  t.is(first.stdout, '');
  t.regex(first.stderr, /^note: the watch on the log '.*' begins with all entries that its index names$/m);
  t.regex(first.stderr, /^note: the watch on the log '.*' begins at entry 0$/m);
  t.deepEqual(await watch(), { exit: 0, stdout: '', stderr: '' });
  await sign(1);
  await sign(2);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const output = join(folder, 'output');
  t.is((await watch('--output-file', output)).exit, 5);
  t.is(readFileSync(output, 'utf8').trimEnd().split('\n').length, 2, 'both entries, each on its line');
  t.is((await watch()).exit, 0);
  const bytes = readFileSync(state);
  writeFileSync(state, bytes.subarray(0, -20));
  failed(t, await watch(), 'LOG_STATE_INVALID', 3);
  writeFileSync(state, bytes);
  failed(t, await log('watch', '--state', state, '--identity-provider', 'https://x'), 'LOG_STATE_FOREIGN', 2);
  failed(t, await log('watch', '--state', known, '--known', known), 'OUTPUT_IS_INPUT', 2);
});

sigstackTest('a log that forks: both checkpoints, loudly', async (t, stack) => {
  const { folder, known, log } = await prepared(t, stack);
  const state = join(folder, 'state');
  const watch = (...args: string[]) => log('watch', '--state', state, '--known', known, ...args);
  t.is((await watch()).exit, 0);
  await stack.fault({ service: 'rekor1', forge: 'fork', times: 'all' });
  const { exit, stdout, stderr } = await watch();
  t.is(exit, 1);
  t.regex(stderr, /^error: the log '.*' tells two histories: .* \[LOG_FORK\]\nhint: keep both checkpoints/);
  t.regex(
    stdout,
    /^checkpoint seen first:\nlocalhost - 1\n\d+\n\S+\n\n\u2014 localhost \S+\n\ncheckpoint seen then:\n/u,
  );
  const { stdout: json } = await watch('--json');
  t.like(JSON.parse(json), { ok: false, error: { code: 'LOG_FORK' }, checkpoints: { length: 2 } });
});

sigstackTest('what was found comes before a log that could not be read, and a lie before both', async (t, stack) => {
  const { folder, log, sign } = await prepared(t, stack);
  await stack.fault({ service: 'rekor2', status: 503, times: 'all' });
  const found = await log('search', '--timeout', '500ms');
  t.is(found.exit, 5, found.stderr);
  t.regex(
    found.stderr,
    /^note: the transparency log .* \[LOG_REQUEST_FAILED\]\nerror: 1 entry .* \[LOG_ENTRIES_UNKNOWN\]/,
  );
  failed(t, await log('search', '--log-url', stack.urls.rekor2, '--timeout', '500ms'), 'LOG_REQUEST_FAILED', 4);
  await stack.clearFaults();
  await sign(2);
  await stack.fault({ service: 'rekor2', forge: 'checkpoint', path: 'checkpoint' });
  const lied = await log('search');
  t.is(lied.exit, 1);
  t.is(lied.stdout.split('\n').length, 2);
  t.regex(lied.stderr, /\[LOG_CHECKPOINT_INVALID\]/);
  t.false(existsSync(join(folder, 'state')));
});
