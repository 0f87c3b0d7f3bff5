// SPDX-License-Identifier: Apache-2.0
// Reading a log of version 2, from a log that can say anything: bounds, edges of bundles, checkpoints and tiles that lie.

import { join } from 'node:path';

import type { ExecutionContext } from 'ava';
import { LogForkError, type LogSearchOptions, ModelSigningError, searchLog, watchLog } from 'model-signing';

import { leafHash, rootOf } from '../../dist/methods/merkle-tree.js';
import { buildModel, scratch, write } from '../models.js';
import { type Sigstack, sigstackTest } from '../sigstack.js';
import { type OwnLog, bodyIn, bundleAt, fillers, ownLog } from './own-log.js';
import { signedBy } from './sigstore-bundles.js';

const PATIENCE = { timeout: 3000 };

/** A log of so many entries, with Alice's at these places. */
async function logWith(t: ExecutionContext, stack: Sigstack, count: number, ...places: readonly number[]) {
  const bundle = await signedBy(stack, buildModel(t, { a: '1' }), 2);
  const entries = fillers(count);
  for (const place of places) entries[place] = bodyIn(bundle);
  return { log: await ownLog(t, stack, entries), bundle };
}

function search(log: OwnLog, more: Partial<LogSearchOptions> = {}) {
  return searchLog({ trustConfig: log.trustConfig, identity: 'alice@example.com', ...PATIENCE, ...more });
}

async function found(log: OwnLog, more: Partial<LogSearchOptions> = {}): Promise<string[]> {
  return (await search(log, more)).unknown.map(({ index }) => index);
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'fine',
    (error: unknown) => (error instanceof ModelSigningError ? error.code : String(error)),
  );
}

sigstackTest('entries at every edge of a bundle', async (t, stack) => {
  for (const count of [1, 256, 257, 700]) {
    const places = [0, 255, 256, 511, 512, count - 1].filter((place) => place < count);
    const { log } = await logWith(t, stack, count, ...places);
    t.deepEqual(await found(log), [...new Set(places)].toSorted((one, other) => one - other).map(String));
  }
});

sigstackTest('a log without entries', async (t, stack) => {
  const { log } = await logWith(t, stack, 0);
  t.deepEqual(await found(log), []);
  log.note = (text) => text.replace(/\n0\n.*\n/, `\n0\n${Buffer.alloc(32).toString('base64')}\n`);
  t.is(await codeOf(search(log)), 'LOG_CHECKPOINT_INVALID', 'which has one root only');
});

sigstackTest('the newest are read, no more than the limit, and what was not is said', async (t, stack) => {
  const { log } = await logWith(t, stack, 700, 10, 300, 699);
  const notes: string[] = [];
  const logger = { debug() {}, info() {}, warn: (message: string) => void notes.push(message) };
  t.deepEqual(await found(log, { limit: 400, logger }), ['300', '699']);
  t.deepEqual(notes, [`of the log '${log.url}' entries 0 to 299 were not read`]);
  t.false(log.asked.includes('tile/entries/000'));
  const { logs } = await search(log, { limit: 1 });
  t.like(logs[0], { range: { from: '699', to: '700' }, version: 2 });
});

sigstackTest('a watch goes on where it stopped, until it has read everything', async (t, stack) => {
  const { log, bundle } = await logWith(t, stack, 300, 5, 290);
  const state = join(scratch(t), 'state');
  const heard: string[] = [];
  const watch = async (limit: number) => {
    const options = { trustConfig: log.trustConfig, identity: 'alice@example.com', ...PATIENCE, limit, state };
    const { unknown, logs } = await watchLog({ ...options, onEntry: ({ index }) => void heard.push(index) });
    return [unknown.map(({ index }) => index), logs[0]?.range, logs[0]?.rest] as const;
  };
  t.deepEqual(await watch(100), [['290'], { from: '200', to: '300' }, 'entries 0 to 199']);
  t.deepEqual(await watch(100), [[], { from: '300', to: '300' }, undefined]);
  log.entries.push(...fillers(600), bodyIn(bundle));
  t.deepEqual(await watch(256), [[], { from: '300', to: '556' }, 'entries 556 to 900']);
  t.deepEqual(await watch(256), [[], { from: '556', to: '812' }, 'entries 812 to 900']);
  t.deepEqual(await watch(256), [['900'], { from: '812', to: '901' }, undefined]);
  t.deepEqual(heard, ['290', '900']);
});

sigstackTest('a full tile stands for a partial one that is gone', async (t, stack) => {
  const { log } = await logWith(t, stack, 300, 299);
  const note = log.checkpoint();
  log.entries.push(...fillers(400));
  log.lie = (_, path) =>
    path === 'checkpoint' ? { body: note } : path.includes('.p/44') ? { status: 404 } : undefined;
  t.deepEqual(await found(log), ['299']);
  t.true(log.asked.includes('tile/entries/001'));
});

sigstackTest('a known entry is known by its log and its body', async (t, stack) => {
  const { log, bundle } = await logWith(t, stack, 20, 7);
  const known = join(scratch(t), 'known.sig');
  write(known, bundle);
  t.deepEqual(await found(log, { known: [known] }), ['7'], 'it is that of another log');
  write(known, bundleAt(bundle, log, 7));
  t.deepEqual(await found(log, { known: [known] }), []);
  write(known, bundleAt(bundle, log, 9));
  t.is(await codeOf(search(log, { known: [known] })), 'LOG_ENTRY_MISSING', 'at its place there is another');
});

sigstackTest('a log that lost what it had', async (t, stack) => {
  const { log, bundle } = await logWith(t, stack, 20);
  const known = join(scratch(t), 'known.sig');
  write(known, bundleAt(bundle, log, 3));
  const error = await t.throwsAsync(search(log, { known: [known] }), { code: 'LOG_ENTRY_MISSING' });
  t.true(error?.message.includes(known));
});

sigstackTest('an entry that is hidden, changed or put in is noticed', async (t, stack) => {
  const { log, bundle } = await logWith(t, stack, 600, 300);
  const truth = [...log.entries];
  const note = log.checkpoint();
  const hidden = truth.with(300, fillers(1)[0] ?? Buffer.alloc(0));
  const forged = truth.with(301, bodyIn(bundle));
  for (const entries of [hidden, forged, truth.slice(1), [...truth.slice(0, 300), ...truth.slice(301)]]) {
    log.entries = entries;
    log.lie = (_, path) => (path === 'checkpoint' ? { body: note } : undefined);
    t.not(await codeOf(search(log)), 'fine');
    // The tiles of hashes are true; only the entries are not.
    log.lie = (question, path) => {
      if (path === 'checkpoint') return { body: note };
      if (path.startsWith('tile/entries')) return undefined;
      log.entries = truth;
      const answer = log.answer({ ...question, url: new URL(`http://x/api/v2/${path}?`) });
      log.entries = entries;
      return answer;
    };
  }
  log.entries = hidden;
  log.lie = (_, path) => (path === 'checkpoint' ? { body: note } : undefined);
  t.is(await codeOf(search(log)), 'LOG_PROOF_INVALID');
});

sigstackTest('a log that forks: sound in itself, but not the one that was seen', async (t, stack) => {
  const { log } = await logWith(t, stack, 300, 5);
  const state = join(scratch(t), 'state');
  const watch = () => watchLog({ trustConfig: log.trustConfig, identity: 'alice@example.com', ...PATIENCE, state });
  await watch();
  const before = log.checkpoint();
  const truth = [...log.entries];
  for (const more of [0, 1, 500]) {
    log.entries = [Buffer.from('{}'), ...truth.slice(1), ...fillers(more)];
    const error = await t.throwsAsync(watch(), { instanceOf: LogForkError, code: 'LOG_FORK' });
    t.deepEqual(error?.checkpoints, [before, log.checkpoint()]);
  }
  log.entries = truth.slice(0, 299);
  const error = await t.throwsAsync(watch(), { instanceOf: LogForkError, code: 'LOG_SHRUNK' });
  t.deepEqual(error?.checkpoints, [before, log.checkpoint()]);
  log.entries = [];
  t.is(await codeOf(watch()), 'LOG_SHRUNK');
  log.entries = [...truth, ...fillers(10)];
  t.is(await codeOf(watch()), 'fine', 'nothing of that was remembered');
});

sigstackTest('a head of the same size with another root', async (t, stack) => {
  const { log } = await logWith(t, stack, 30);
  const state = join(scratch(t), 'state');
  const watch = () => watchLog({ trustConfig: log.trustConfig, identity: 'alice@example.com', ...PATIENCE, state });
  await watch();
  log.note = (text) => text.replace(/\n30\n.*\n/, `\n30\n${Buffer.alloc(32, 1).toString('base64')}\n`);
  t.is(await codeOf(watch()), 'LOG_FORK');
});

sigstackTest('checkpoints that are not the log’s word', async (t, stack) => {
  const { log } = await logWith(t, stack, 30);
  const witness = `\u2014 witness.example/w ${Buffer.alloc(76, 3).toString('base64')}\n`;
  const honest = [(note: string) => note + witness, (note: string) => note.replace('\n\n', '\n\n' + witness)];
  for (const envelope of honest) {
    log.envelope = envelope;
    t.is(await codeOf(search(log)), 'fine');
  }
  const broken: readonly ((note: string) => string)[] = [
    () => '',
    () => 'garbage',
    (note) => note.replace('\n30\n', '\n31\n'),
    (note) => note.replace('\n30\n', '\n-30\n'),
    (note) => note.replace('\n30\n', '\n30.0\n'),
    (note) => note.replace('\n30\n', '\n030\n'),
    (note) => note.replace('\n30\n', '\n3e1\n'),
    (note) => note.replace('\n30\n', '\n99999999999999999999999999\n'),
    (note) => note.replace('\n\n', '\nmore\n\n'),
    (note) => note.replace('\n\n', '\n'),
    (note) => note.replace(/\u2014.*\n/u, witness),
    (note) => note + note.replace(/^.*\n\n/s, '').replace(/.{8}\n$/, 'AAAAAA==\n'),
    (note) => `${note}\n${note}`,
    (note) => note.trimEnd(),
    (note) => note.replaceAll('\n', '\r\n'),
    (note) => `\n${note}`,
    (note) => note + witness.repeat(200),
  ];
  for (const [at, envelope] of broken.entries()) {
    log.envelope = envelope;
    t.is(await codeOf(search(log)), 'LOG_CHECKPOINT_INVALID', `case ${at}`);
  }
});

sigstackTest('checkpoints that the log signed, and that are none of this log', async (t, stack) => {
  const { log } = await logWith(t, stack, 30);
  log.note = (text) => text.replace('\n\n', '\n').replace(/\n$/, '\nmore that nobody knows\n');
  t.is(await codeOf(search(log)), 'fine');
  const root = rootOf(log.entries.map((entry) => leafHash(entry))).toString('base64');
  const texts = [
    `other.example\n30\n${root}\n`,
    `127.0.0.1 \n30\n${root}\n`,
    `127.0.0.1 - x\n30\n${root}\n`,
    `127.0.0.11\n30\n${root}\n`,
    `127.0.0.1\u001B[2J\n30\n${root}\n`,
    `127.0.0.1\n30\n${root}\n\u202Ereversed\n`,
    `127.0.0.1\n30\n${root.slice(4)}\n`,
    `127.0.0.1\n30\n${root} \n`,
    `127.0.0.1\n9223372036854775808\n${root}\n`,
    `127.0.0.1\n0\n${root}\n`,
  ];
  for (const text of texts) {
    log.envelope = () => log.signed(text);
    t.is(await codeOf(search(log)), 'LOG_CHECKPOINT_INVALID', JSON.stringify(text));
  }
  log.envelope = () => log.signed(`other.example\n30\n${root}\n`, 'other.example');
  t.is(await codeOf(search(log)), 'LOG_CHECKPOINT_INVALID', 'its address has not that name in it');
});

sigstackTest('another origin is another tree', async (t, stack) => {
  const { log } = await logWith(t, stack, 30);
  const state = join(scratch(t), 'state');
  const watch = () => watchLog({ trustConfig: log.trustConfig, identity: 'alice@example.com', ...PATIENCE, state });
  await watch();
  log.note = (text) => text.replace('127.0.0.1', '127.0.0.1 - 7');
  t.is(await codeOf(watch()), 'LOG_SHRUNK', 'that of before is not shown any more');
});

sigstackTest('a size that no log has is neither believed nor read', async (t, stack) => {
  const { log } = await logWith(t, stack, 30);
  log.note = (text) => text.replace('\n30\n', '\n9223372036854775807\n');
  const started = Date.now();
  t.not(await codeOf(search(log)), 'fine');
  t.true(Date.now() - started < 10_000 && log.asked.length < 100, String(log.asked.length));
});

sigstackTest('answers that are none', async (t, stack) => {
  const { log } = await logWith(t, stack, 600);
  const garbage = ['', 'x', '<html>', Buffer.alloc(8191), Buffer.alloc(8193), Buffer.alloc(20_000_000)];
  for (const part of ['tile/entries', 'tile/1/']) {
    for (const body of garbage) {
      log.lie = (_, path) => (path.startsWith(part) ? { body } : undefined);
      t.is(await codeOf(search(log)), 'LOG_REQUEST_FAILED', `${part} ${body.length}`);
    }
  }
  const refusals = [{ status: 302, headers: { location: `${log.url}/elsewhere` } }, { status: 403 }, { status: 404 }];
  for (const part of ['checkpoint', 'tile/entries', 'tile/1/']) {
    for (const answer of refusals) {
      log.lie = (_, path) => (path.startsWith(part) ? answer : undefined);
      const wanted = 'LOG_REQUEST_REFUSED';
      t.is(await codeOf(search(log)), wanted, `${part} ${answer.status}`);
    }
  }
  t.false(log.asked.includes('/elsewhere'));
});

sigstackTest('a pattern instead of a name', async (t, stack) => {
  const { log } = await logWith(t, stack, 30, 4);
  const byPattern = (identityRegex: string) => found(log, { identity: undefined, identityRegex });
  t.deepEqual(await byPattern('.*@example\\.com'), ['4']);
  t.deepEqual(await byPattern('lice@example\\.com'), [], 'it has to match the whole name');
  t.is(await codeOf(search(log, { identityRegex: '.*' })), 'OPTION_INVALID', 'one of the two');
  t.is(await codeOf(byPattern('(')), 'OPTION_INVALID');
});
