// SPDX-License-Identifier: Apache-2.0
// Reading a log of version 1 through its index: what it finds, what it can lie about, and that nothing of that is told.

import { createPrivateKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';
import {
  LogForkError,
  type LogSearchOptions,
  type LogSighting,
  ModelSigningError,
  searchLog,
  sigstoreVerifier,
  verifyBundle,
  watchLog,
} from 'model-signing';

import { buildModel, scratch, write } from '../models.js';
import { type Fault, type Sigstack, type TokenClaims, sigstackTest } from '../sigstack.js';
import { addToV1, logKey, post, proposalV1, readCheckpoint } from '../sigstack-client.js';
import { NO_OPENSSL, Pki } from './pki.js';
import { signedBy, trusting } from './sigstore-bundles.js';

/** An identity of this test alone: all tests of a file share the logs. */
const named = (t: { title: string }): string => `${t.title.replaceAll(/[^a-z]+/g, '.')}@example.com`;

function search(stack: Sigstack, identity: string, more: Partial<LogSearchOptions> = {}) {
  const options = { trustConfig: stack.clientTrustConfigV1, logs: [stack.urls.rekor1], timeout: 3000 };
  return searchLog({ ...options, identity, ...more });
}

/** What is told, and how it ends. */
async function outcomeOf(stack: Sigstack, identity: string, more: Partial<LogSearchOptions> = {}) {
  const told: LogSighting[] = [];
  const notes: string[] = [];
  const logger = { debug() {}, info() {}, warn: (message: string) => void notes.push(message) };
  const onEntry = (entry: LogSighting) => void told.push(entry);
  const end = await search(stack, identity, { onEntry, logger, ...more }).then(
    () => 'fine',
    (error: unknown) => (error instanceof ModelSigningError ? error.code : String(error)),
  );
  return { told: told.length, end, notes };
}

async function signs(t: Parameters<typeof buildModel>[0], stack: Sigstack, claims: TokenClaims): Promise<string> {
  return signedBy(stack, buildModel(t, { a: `${Math.random()}` }), 1, claims);
}

sigstackTest('what is found is what the bundle says', async (t, stack) => {
  const email = named(t);
  const bundle = await signs(t, stack, { email });
  await signs(t, stack, { email: `not.${email}` });
  const { unknown, known, logs } = await search(stack, email);
  const verifier = sigstoreVerifier(trusting(stack, { identity: email }));
  const { signer, statementDigest, time } = await verifyBundle(Buffer.from(bundle), { verifier });
  const entries = 'entries' in signer ? (signer.entries as readonly { index: string }[]) : [];
  t.deepEqual(unknown, [
    {
      log: stack.urls.rekor1,
      index: entries[0]?.index ?? '',
      time: time.time,
      timeSource: 'log',
      identity: email,
      issuer: stack.issuer(),
      digest: statementDigest,
    },
  ]);
  t.is(known, 0);
  t.like(logs, { length: 1, 0: { version: 1, range: undefined, rest: undefined } });
  t.true(readCheckpoint(logKey(stack, 0), logs[0]?.checkpoints[0] ?? '').signed);
});

sigstackTest('forged extra entry: somebody else got a certificate for that name', async (t, stack) => {
  const email = named(t);
  const known = join(scratch(t), 'known.sig');
  write(known, await signs(t, stack, { email }));
  t.is((await search(stack, email, { known: [known] })).unknown.length, 0);
  await signs(t, stack, { email });
  const { unknown, known: count } = await search(stack, email, { known: [known] });
  t.deepEqual([unknown.length, count], [1, 1]);
});

sigstackTest('names that are no addresses, whole and with their case', async (t, stack) => {
  const repository = `owner/${named(t)}`;
  const workflow = `https://github.com/${repository}/.github/workflows/r.yml@refs/heads/main`;
  await signs(t, stack, {
    tenant: 'github',
    repository,
    job_workflow_ref: workflow.slice('https://github.com/'.length),
  });
  const found = await search(stack, workflow);
  t.deepEqual(
    found.unknown.map(({ identity }) => identity),
    [workflow],
  );
  t.is((await search(stack, workflow.toUpperCase())).unknown.length, 0, 'the index finds it, but that is another name');
  const { end, notes } = await outcomeOf(stack, `${workflow}x`);
  t.is(end, 'fine');
  t.regex(notes.join(), /names nothing; older logs know no names but e-mail addresses/);
});

sigstackTest('of one provider, since a day, no more than a limit', async (t, stack) => {
  const email = named(t);
  for (const tenant of ['email', 'dex'] as const) await signs(t, stack, { tenant, email });
  t.is((await search(stack, email)).unknown.length, 2);
  const { told, notes } = await outcomeOf(stack, email, { identityProvider: stack.issuer('dex') });
  t.is(told, 1);
  t.regex(notes.join(), /1 entries of the log .* are left out: they name the identity as one of another provider/);
  t.is((await outcomeOf(stack, email, { identityProvider: `${stack.issuer()}/` })).told, 0);
  t.is((await search(stack, email, { since: new Date(Date.now() - 3_600_000) })).unknown.length, 2);
  t.is((await search(stack, email, { since: new Date(Date.now() + 3_600_000) })).unknown.length, 0);
  const limited = await search(stack, email, { limit: 1 });
  t.is(limited.unknown.length, 1);
  t.is(limited.logs[0]?.rest, '1 of the 2 entries that its index names');
  await t.throwsAsync(searchLog({ trustConfig: stack.trustedRoot, identityRegex: '.*', timeout: 3000 }), {
    code: 'OPTION_INVALID',
  });
});

sigstackTest('more entries than one question asks for', async (t, stack) => {
  const email = named(t);
  const model = buildModel(t, { a: '1' });
  for (let count = 0; count < 13; count += 1) await signedBy(stack, model, 1, { email });
  t.is((await search(stack, email)).unknown.length, 13);
  const retrieved = (await stack.visits('rekor1')).filter(({ path }) => path.endsWith('/retrieve'));
  t.is(retrieved.length, 3);
});

sigstackTest('an index that lies: what is proven is told, the lie is an error', async (t, stack) => {
  const email = named(t);
  const known = join(scratch(t), 'known.sig');
  await signs(t, stack, { email: `other.${email}` });
  await signs(t, stack, { email });
  write(known, await signs(t, stack, { email }));
  const lie = { service: 'rekor1', path: '/index/' } as const;
  await stack.fault({ ...lie, forge: 'foreign' });
  t.like(await outcomeOf(stack, email), { told: 2, end: 'LOG_INDEX_WRONG' });
  await stack.fault({ ...lie, forge: 'absent' });
  t.like(await outcomeOf(stack, email), { told: 2, end: 'LOG_INDEX_WRONG' });
  await stack.fault({ ...lie, forge: 'missing' });
  t.like(await outcomeOf(stack, email, { known: [known] }), { told: 1, end: 'LOG_INDEX_WRONG' });
  t.like(await outcomeOf(stack, email, { known: [known] }), { told: 1, end: 'fine' });
});

sigstackTest('a known bundle whose entry no log has', async (t, stack) => {
  const email = named(t);
  const known = join(scratch(t), 'known.sig');
  const bundle = JSON.parse(await signs(t, stack, { email }));
  const [entry] = bundle.verificationMaterial.tlogEntries;
  const body = Buffer.from(entry.canonicalizedBody, 'base64').toString().replace('"kind":"dsse"', '"kind":"dsse" ');
  entry.canonicalizedBody = Buffer.from(body).toString('base64');
  write(known, JSON.stringify(bundle));
  t.like(await outcomeOf(stack, email, { known: [known] }), { told: 1, end: 'LOG_ENTRY_MISSING' });
});

sigstackTest('an entry that is forged is an error, and not told', async (t, stack) => {
  const email = named(t);
  await signs(t, stack, { email });
  const codes = {
    promise: 'LOG_PROMISE_INVALID',
    time: 'LOG_PROMISE_INVALID',
    log: 'LOG_PROMISE_INVALID',
    checkpoint: 'LOG_CHECKPOINT_INVALID',
    proof: 'LOG_PROOF_INVALID',
    root: 'LOG_PROOF_INVALID',
    entry: 'LOG_REQUEST_FAILED',
  };
  for (const [forge, code] of Object.entries(codes)) {
    await stack.fault({ service: 'rekor1', path: '/entries/retrieve', forge });
    t.like(await outcomeOf(stack, email), { told: 0, end: code }, forge);
  }
  t.like(await outcomeOf(stack, email), { told: 1, end: 'fine' });
});

sigstackTest('an entry under the name of another', async (t, stack) => {
  const email = named(t);
  const url = `${stack.urls.rekor1}/api/v1`;
  await signs(t, stack, { email });
  const [mine] = (await post(`${url}/index/retrieve`, { email })).json as [string];
  await signs(t, stack, { email: `other.${email}` });
  const [other] = (await post(`${url}/index/retrieve`, { email: `other.${email}` })).json as [string];
  const { json } = await post(`${url}/log/entries/retrieve`, { entryUUIDs: [other] });
  const body = JSON.stringify(json).replace(other, mine);
  await stack.fault({ service: 'rekor1', path: '/entries/retrieve', status: 200, body });
  t.like(await outcomeOf(stack, email), { told: 0, end: 'LOG_ENTRY_INVALID' });
});

sigstackTest('a head that is not the log’s, or of another log than the entries are in', async (t, stack) => {
  const email = named(t);
  await signs(t, stack, { email });
  // The first request with this in its path is that for the entries.
  const passed = { service: 'rekor1', path: '/api/v1/log', hangMs: 1 } as const;
  await stack.fault(passed);
  await stack.fault({ service: 'rekor1', path: '/api/v1/log', forge: 'checkpoint' });
  t.like(await outcomeOf(stack, email), { told: 0, end: 'LOG_CHECKPOINT_INVALID' });
  await stack.fault(passed);
  await stack.fault({ service: 'rekor1', path: '/api/v1/log', forge: 'fork', times: 'all' });
  t.like(await outcomeOf(stack, email), { told: 0, end: 'LOG_FORK' });
});

sigstackTest('a watch: what is new, once; a log that forks, shrinks or cannot prove', async (t, stack) => {
  const email = named(t);
  const state = join(scratch(t), 'state');
  const watch = () =>
    watchLog({
      trustConfig: stack.clientTrustConfigV1,
      logs: [stack.urls.rekor1],
      identity: email,
      state,
      timeout: 3000,
    });
  await signs(t, stack, { email });
  t.is((await watch()).unknown.length, 1);
  t.is((await watch()).unknown.length, 0);
  const before = readFileSync(state, 'utf8');
  await signs(t, stack, { email });
  const cases: readonly (readonly [Omit<Fault, 'service'>, string])[] = [
    [{ forge: 'fork', times: 'all' }, 'LOG_FORK'],
    [{ forge: 'proof', path: '/log/proof' }, 'LOG_FORK'],
    [{ status: 200, body: '{"rootHash":"","hashes":[]}', path: '/log/proof' }, 'LOG_FORK'],
    [{ status: 200, body: '{"rootHash":""}', path: '/log/proof' }, 'LOG_REQUEST_FAILED'],
    [{ status: 500, path: '/log/proof', times: 'all' }, 'LOG_REQUEST_FAILED'],
    [{ status: 429, path: '/index' }, 'LOG_REQUEST_REFUSED'],
    [{ status: 307, path: '/index', headers: { location: 'http://127.0.0.1:1/' } }, 'LOG_REQUEST_REFUSED'],
    [{ hangMs: 5000, path: '/index' }, 'LOG_REQUEST_FAILED'],
    [{ status: 200, body: '[1]', path: '/index' }, 'LOG_REQUEST_FAILED'],
    [{ status: 200, body: '["../../x"]', path: '/index' }, 'LOG_REQUEST_FAILED'],
    [{ status: 200, body: '{"a":1}', path: '/index' }, 'LOG_REQUEST_FAILED'],
    [{ status: 200, body: '[{"x":{}}]', path: '/entries/retrieve' }, 'LOG_REQUEST_FAILED'],
    [{ status: 200, body: '[', path: '/entries/retrieve' }, 'LOG_REQUEST_FAILED'],
  ];
  for (const [fault, code] of cases) {
    await stack.fault({ service: 'rekor1', ...fault });
    const error = await t.throwsAsync(watch(), { code }, JSON.stringify(fault));
    t.true(code !== 'LOG_FORK' || (error instanceof LogForkError && error.checkpoints.length === 2));
    await stack.clearFaults();
    t.is(readFileSync(state, 'utf8'), before, 'what was seen before is still remembered');
  }
  t.is((await watch()).unknown.length, 1, 'and the new entry is told in the end');
});

sigstackTest('a log that shrinks', async (t, stack) => {
  const email = named(t);
  const state = join(scratch(t), 'state');
  // The other operator's log, in which no other test of this file enters anything.
  const options = { trustConfig: stack.trustedRoot, logs: [stack.urls.rekor1Second], identity: email, state };
  await addToV1(stack, Buffer.from(email), undefined, stack.urls.rekor1Second);
  await watchLog(options);
  await stack.fault({ service: 'rekor1Second', forge: 'shrunken', times: 'all' });
  const error = await t.throwsAsync(watchLog(options), { instanceOf: LogForkError, code: 'LOG_SHRUNK' });
  const [before, now] = (error?.checkpoints ?? []).map((note) => readCheckpoint(logKey(stack, 2), note));
  t.true(before?.signed === true && now?.signed === true && before.size > now.size);
});

const opensslTest = NO_OPENSSL === undefined ? sigstackTest : (title: string) => test.skip(title, () => {});
if (NO_OPENSSL !== undefined) console.warn(NO_OPENSSL);

opensslTest('a certificate that anybody made for that name counts for nothing', async (t, stack) => {
  const email = named(t);
  const pki = new Pki();
  t.teardown(() => pki.remove());
  const extensions = [
    'keyUsage=critical,digitalSignature',
    'extendedKeyUsage=codeSigning',
    `subjectAltName=email:${email}`,
  ];
  const mallory = pki.issue('mallory', { extensions });
  const artifact = Buffer.from(email);
  const proposal = proposalV1(artifact);
  proposal.spec.signature.publicKey.content = readFileSync(mallory.certificate).toString('base64');
  const key = createPrivateKey(readFileSync(mallory.key));
  proposal.spec.signature.content = sign('sha256', artifact, key).toString('base64');
  const added = await post(`${stack.urls.rekor1}/api/v1/log/entries`, proposal);
  t.is(added.status, 201, JSON.stringify(added.json));
  const { told, end, notes } = await outcomeOf(stack, email);
  t.deepEqual([told, end], [0, 'fine']);
  t.regex(notes.join(), /^1 entries of the log .* in certificates that no authority of the instance issued/);
});
