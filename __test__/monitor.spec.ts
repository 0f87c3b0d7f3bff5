// SPDX-License-Identifier: Apache-2.0
// Looking for somebody in all logs of an instance: options, several logs of which one fails, and what is remembered.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';
import { type LogSearchOptions, LogForkError, searchLog, watchLog } from 'model-signing';

import { signedBy } from './methods/sigstore-bundles.js';
import { buildModel, scratch, write } from './models.js';
import { type Sigstack, sigstackTest } from './sigstack.js';

const SOME = { identity: 'alice@example.com' };

test('wrong options are refused before anything is asked', async (t) => {
  const wrong: readonly Record<string, unknown>[] = [
    {},
    { identity: '' },
    { identity: 1 },
    { ...SOME, identityRegex: 'x' },
    { identityRegex: '(' },
    { identityRegex: 'a)|(?:b' },
    { ...SOME, identityProvider: '' },
    { ...SOME, since: '2026-01-31' },
    { ...SOME, since: new Date(Number.NaN) },
    { ...SOME, known: 'path' },
    { ...SOME, known: [''] },
    { ...SOME, logs: [] },
    { ...SOME, logs: ['rekor'] },
    { ...SOME, logs: ['file:///x'] },
    { ...SOME, limit: 0 },
    { ...SOME, limit: 1.5 },
    { ...SOME, limit: 1e9 },
    { ...SOME, onEntry: true },
    { ...SOME, signal: {} },
    { ...SOME, logger: {} },
    { ...SOME, state: '/x' },
    { ...SOME, useStaging: true, trustConfig: 'x' },
  ];
  for (const options of wrong) {
    await t.throwsAsync(searchLog(options as LogSearchOptions), { code: 'OPTION_INVALID' }, JSON.stringify(options));
  }
  await t.throwsAsync(watchLog(SOME as never), { code: 'OPTION_INVALID' });
  await t.throwsAsync(watchLog({ ...SOME, state: 'x', since: new Date() } as never), { code: 'OPTION_INVALID' });
});

/** An identity of this test alone, signed for in both logs. */
async function signedTwice(t: Parameters<typeof buildModel>[0], stack: Sigstack) {
  const email = `${t.title.replaceAll(/[^a-z]+/g, '.')}@example.com`;
  const model = buildModel(t, { a: '1' });
  const bundles = [await signedBy(stack, model, 1, { email }), await signedBy(stack, model, 2, { email })];
  // The newer log takes its time until its head covers an entry that it has promised.
  await new Promise((resolve) => setTimeout(resolve, 300));
  return { email, bundles };
}

sigstackTest('a trusted root alone is enough: logs say which version they are', async (t, stack) => {
  const { email } = await signedTwice(t, stack);
  for (const trustConfig of [stack.trustedRoot, stack.clientTrustConfigV1, stack.clientTrustConfigAll]) {
    const { unknown, logs } = await searchLog({ trustConfig, identity: email, timeout: 5000 });
    t.deepEqual(
      unknown.map(({ log, timeSource }) => [log, timeSource]),
      [
        [stack.urls.rekor1, 'log'],
        [stack.urls.rekor2, 'certificate'],
      ],
    );
    t.deepEqual(
      logs.map(({ version }) => version),
      [1, 2, 1],
    );
  }
});

sigstackTest('logs are named by their address, with a slash or without', async (t, stack) => {
  const { email } = await signedTwice(t, stack);
  const named = (...logs: string[]) =>
    searchLog({ trustConfig: stack.trustedRoot, identity: email, logs, timeout: 5000 });
  t.is((await named(`${stack.urls.rekor2}/`, stack.urls.rekor2)).logs.length, 1);
  await t.throwsAsync(named('https://other.example'), { code: 'OPTION_INVALID', message: /is not a log of/ });
});

sigstackTest('one log fails, the others are told; and the failure is the end of it', async (t, stack) => {
  const { email } = await signedTwice(t, stack);
  const told: string[] = [];
  const notes: string[] = [];
  const logger = { debug() {}, info() {}, warn: (message: string) => void notes.push(message) };
  const search = () =>
    searchLog({
      trustConfig: stack.trustedRoot,
      identity: email,
      timeout: 1000,
      logger,
      onEntry: ({ log }) => void told.push(log),
    });
  await stack.fault({ service: 'rekor1', status: 500, times: 'all' });
  await t.throwsAsync(search(), { code: 'LOG_REQUEST_FAILED' });
  t.deepEqual(told, [stack.urls.rekor2]);
  await stack.fault({ service: 'rekor2', forge: 'checkpoint', times: 'all' });
  await t.throwsAsync(search(), { code: 'LOG_CHECKPOINT_INVALID' }, 'a lie is worse than silence');
  t.regex(notes.join(), /\[LOG_REQUEST_FAILED\]/);
  t.is(told.length, 1);
});

sigstackTest('a fork of either log is what is told, and the others are remembered', async (t, stack) => {
  const { email } = await signedTwice(t, stack);
  const state = join(scratch(t), 'state');
  const watch = () => watchLog({ trustConfig: stack.trustedRoot, identity: email, state, timeout: 5000 });
  t.is((await watch()).unknown.length, 2);
  for (const service of ['rekor1', 'rekor2'] as const) {
    await signedTwice(t, stack);
    await stack.fault({ service, forge: 'fork', times: 'all' });
    const error = await t.throwsAsync(watch(), { instanceOf: LogForkError, code: 'LOG_FORK' });
    t.is(new Set(error?.checkpoints).size, 2);
    await stack.clearFaults();
    const told = (await watch()).unknown.map(({ log }) => log);
    t.deepEqual(told, [stack.urls[service]], 'of the other the entry was told while this one forked');
  }
  await stack.fault({ service: 'rekor2', forge: 'otherRoot', path: 'checkpoint' });
  await t.throwsAsync(watch(), { code: 'LOG_FORK' });
  await stack.fault({ service: 'rekor2', forge: 'shrunken', path: 'checkpoint' });
  await t.throwsAsync(watch(), { code: 'LOG_SHRUNK' });
});

sigstackTest('nothing is remembered that was not told', async (t, stack) => {
  const { email } = await signedTwice(t, stack);
  const state = join(scratch(t), 'state');
  const watch = (onEntry: () => void) =>
    watchLog({ trustConfig: stack.trustedRoot, identity: email, state, onEntry, timeout: 5000 });
  await t.throwsAsync(watch(deaf), { message: 'nobody listens' });
  let count = 0;
  await watch(() => void (count += 1));
  t.is(count, 2);
});

sigstackTest('a state of another instance, or one that says more than there was', async (t, stack) => {
  const { email } = await signedTwice(t, stack);
  const state = join(scratch(t), 'state');
  const watch = (lane: Sigstack) => watchLog({ trustConfig: lane.trustedRoot, identity: email, state, timeout: 5000 });
  await watch(stack);
  const bytes = readFileSync(state, 'utf8');
  await t.throwsAsync(watch(stack.lane('elsewhere')), { code: 'LOG_STATE_FOREIGN' });
  const forge = async (change: (text: string) => string) => {
    const { createHash } = await import('node:crypto');
    const { format, watch: content } = JSON.parse(bytes);
    const changed = change(JSON.stringify(content));
    const sha256 = createHash('sha256').update(changed).digest('hex');
    writeFileSync(state, JSON.stringify({ format, watch: JSON.parse(changed), sha256 }));
  };
  await forge((text) => text.replace(/"next":"\d+"/, '"next":"999999"'));
  await t.throwsAsync(watch(stack), { code: 'LOG_STATE_INVALID', message: /more was read than there was/ });
  await forge((text) => text.replace(/localhost\\n\d+\\n/, 'localhost\\n999\\n'));
  await t.throwsAsync(watch(stack), { code: 'LOG_STATE_INVALID', message: /did not sign/ });
  await forge((text) => text);
  t.is((await watch(stack)).unknown.length, 0);
});

sigstackTest('whoever waits can be stopped', async (t, stack) => {
  const controller = new AbortController();
  await stack.fault({ service: 'rekor1', hangMs: 20_000, times: 'all' });
  const search = searchLog({ trustConfig: stack.clientTrustConfigV1, ...SOME, signal: controller.signal });
  setTimeout(() => controller.abort(new Error('enough')), 200);
  const started = Date.now();
  await t.throwsAsync(search, { message: 'enough' });
  t.true(Date.now() - started < 5000);
});

sigstackTest('known bundles are read before anything is asked', async (t, stack) => {
  const known = join(scratch(t), 'known');
  write(known, 'no bundle');
  await t.throwsAsync(searchLog({ trustConfig: stack.trustedRoot, ...SOME, known: [known] }), {
    code: 'KNOWN_BUNDLE_INVALID',
  });
  t.is((await stack.visits('rekor1')).length, 0);
});

function deaf(): never {
  throw new Error('nobody listens');
}
