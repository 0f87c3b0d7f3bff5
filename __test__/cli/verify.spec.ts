// SPDX-License-Identifier: Apache-2.0
// `model-signing verify` as a process: answers, where a signature is looked for, and what each exit code means.

import { createHash } from 'node:crypto';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import test, { type ExecutionContext } from 'ava';
import { type SignOptions, sign } from 'model-signing';

import { signedAnew, signedModel } from '../forge.js';
import { keyFiles, pair } from '../keys.js';
import { buildModel, pattern, scratch, write } from '../models.js';
import { manifestOf } from '../oracle.js';
import { command, failed } from './command.js';

const FILES = { 'a.bin': pattern(1000, 1), 'b/c': pattern(10, 2) };
const KEY = pair();

test('the answer says who, when and what', async (t) => {
  const { model, verify } = await setting(t);
  const { exit, stdout, stderr } = await verify();
  t.deepEqual([exit, stderr], [0, '']);
  const [what = '', who = '', when = '', counts, ...more] = stdout.split('\n');
  t.is(what, `verified ${basename(model)} ${manifestOf('model', FILES).rootDigest}`);
  t.regex(who, /^signer: key, key hint [0-9a-f]{64}, algorithm ecdsa-p256-sha256$/);
  t.regex(when, /^time: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \(now\)$/);
  t.deepEqual([counts, more], ['resources: 2, files excused: 0', ['']]);
});

test('--json: member by member', async (t) => {
  const { model, signature, verify } = await setting(t);
  write(join(model, 'new'), '1');
  const { exit, stdout, stderr } = await verify('--json', '--ignore_unsigned_files', '--signature', signature);
  t.deepEqual([exit, stderr, stdout.indexOf('\n')], [0, '', stdout.length - 1]);
  const answer = JSON.parse(stdout) as Record<string, unknown>;
  t.deepEqual(Object.keys(answer), [
    'schemaVersion',
    'ok',
    'modelName',
    'rootDigest',
    'serialization',
    'statementDigest',
    'method',
    'signer',
    'time',
    'ignored',
    'unsignedFiles',
    'remarks',
    'diff',
    'resources',
  ]);
  const { resources, rootDigest } = manifestOf('model', FILES);
  t.like(answer, { schemaVersion: 1, ok: true, modelName: 'model', rootDigest, method: 'key', unsignedFiles: 1 });
  t.deepEqual([answer['ignored'], answer['remarks'], answer['diff']], [[], [], null]);
  t.like(answer['signer'], { method: 'key', algorithm: 'ecdsa-p256-sha256' });
  t.like(answer['time'], { source: 'now' });
  t.deepEqual(answer['resources'], resources);
});

test('a model that is another one: exit 1, and the difference in JSON', async (t) => {
  const { model, verify } = await setting(t);
  rmSync(join(model, 'a.bin'));
  write(join(model, 'new'), '1');
  const what = failed(t, await verify(), 'MODEL_MISMATCH', 1);
  t.true(what.includes("missing: 'a.bin'; not signed: 'new'"));
  const { exit, stdout } = await verify('--json');
  t.is(exit, 1);
  const { ok, error, diff } = JSON.parse(stdout) as { ok: boolean; error: { code: string }; diff: unknown };
  t.deepEqual([ok, error.code], [false, 'MODEL_MISMATCH']);
  t.deepEqual(diff, { missing: ['a.bin'], extra: ['new'], resized: [], changed: null, renamed: null });
  const full = JSON.parse((await verify('--json', '--full-diff')).stdout) as { diff: { renamed: unknown } };
  t.deepEqual(full.diff.renamed, []);
});

test('exit 1: a signature that is not good', async (t) => {
  const { cwd, model, signature, verify } = await setting(t);
  writeFileSync(signature, '{}');
  failed(t, await verify(), 'BUNDLE_MEMBER_INVALID', 1);
  await sign(model, { signer: pair().signer, signature, force: true });
  failed(t, await verify(), 'HINT_MISMATCH', 1);
  t.is(dirname(signature), cwd);
});

test('a statement that names no model leaves no gap for its name', async (t) => {
  const { cwd, key, model, signature } = await setting(t);
  const { bundle } = await signedModel(t, FILES, { signer: KEY.signer });
  const digest = { sha256: createHash('sha256').update(pattern(1000, 1)).digest('hex') };
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'a.bin', digest, annotations: { actual_hash_algorithm: 'file-sha256' } }],
    predicateType: 'https://model_signing/Digests/v0.1',
    predicate: {},
  };
  const old = signedAnew(bundle, Buffer.from(JSON.stringify(statement)), KEY.privateKey, { encoding: 'DSSEV1' });
  writeFileSync(signature, old);
  rmSync(join(model, 'b'), { recursive: true });
  const flags = ['--public-key', key.public, '--signature', signature, '--allow-legacy'];
  const { exit, stdout, stderr } = await command(['verify', 'key', model, ...flags], { cwd });
  t.is(exit, 0, stderr);
  t.regex(stdout, /^verified sha256:[0-9a-f]{64}\n/);
});

test('exit 2 and 3: a call that cannot be carried out', async (t) => {
  const { key, cwd, model, verify } = await setting(t);
  failed(t, await command(['verify', 'key', model], { cwd }), 'USAGE', 2);
  failed(t, await command(['verify', 'key', model, '--public-key', key.private], { cwd }), 'KEY_IS_PRIVATE', 2);
  failed(t, await command(['verify', 'key', model, '--public-key', 'no'], { cwd }), 'KEY_NOT_FOUND', 3);
  failed(t, await verify('--signature', 'model.sig', '--nonsense'), 'USAGE', 2);
  rmSync(model, { recursive: true });
  failed(t, await verify(), 'MODEL_NOT_FOUND', 3);
});

test('exit 5: the signature is good, but not what was asked for', async (t) => {
  const { model, verify } = await setting(t, { allowSymlinks: true });
  failed(t, await verify('--no-allow-symlinks'), 'SYMLINKS_REFUSED', 5);
  write(join(model, '.gitignore'), '*');
  t.is((await verify()).exit, 0);
  failed(t, await verify('--no-hidden-files'), 'HIDDEN_FILES', 5);
  failed(t, await verify('--no-ignore-git-paths'), 'MODEL_MISMATCH', 1);
});

test('a flag that changes nothing says so', async (t) => {
  const { verify } = await setting(t);
  const { exit, stderr } = await verify('--allow_symlinks');
  t.is(exit, 0);
  t.is(stderr, 'note: --allow-symlinks has no effect: the model was signed without following links\n');
  t.is((await verify('--allow-symlinks', '--quiet')).stderr, '');
});

test('exit 6: there is no signature', async (t) => {
  const { cwd, model, signature, verify } = await setting(t);
  rmSync(signature);
  const what = failed(t, await verify(), 'SIGNATURE_NOT_FOUND', 6);
  for (const folder of [model, dirname(model), cwd]) {
    t.true(what.includes(`'${join(folder, 'model.sig')}'`), what);
  }
  failed(t, await verify('--signature', 'no.sig'), 'BUNDLE_NOT_FOUND', 6);
  rmSync(model, { recursive: true });
  t.true(failed(t, await verify(), 'MODEL_NOT_FOUND', 3).includes(`'${model}'`), 'nor is there the model');
});

test('a signature is found in the model, beside it or here; of two, none is chosen', async (t) => {
  const { cwd, model, signature, verify, key } = await setting(t);
  const places = [join(dirname(model), 'model.sig'), join(model, 'model.sig')];
  for (const place of places) {
    cpSync(signature, place);
    const what = failed(t, await verify(), 'USAGE', 2);
    t.true(what.includes(`'${place}' and '${join(cwd, 'model.sig')}'`), what);
    t.is((await verify('--signature', 'model.sig', '--ignore-paths', join(model, 'model.sig'))).exit, 0);
    rmSync(place);
  }
  cpSync(signature, join(dirname(model), 'model.sig'));
  rmSync(signature);
  t.is((await verify()).exit, 0);
  const beside = await command(['verify', 'key', 'model', '--public-key', key.public], { cwd: dirname(model) });
  t.is(beside.exit, 0, 'beside it and here are one place');
});

test('the public key comes from the environment, too', async (t) => {
  const { cwd, model, key } = await setting(t);
  const env = { MODEL_SIGNING_PUBLIC_KEY: key.public };
  t.is((await command(['verify', 'key', model], { cwd, env })).exit, 0);
});

async function setting(t: ExecutionContext, options: SignOptions = {}) {
  const cwd = scratch(t);
  const model = buildModel(t, FILES);
  const key = keyFiles(cwd, KEY);
  const signature = join(cwd, 'model.sig');
  await sign(model, { ...options, signer: KEY.signer, signature });
  const verify = (...flags: string[]) =>
    command(['verify', 'key', model, '--public-key', key.public, ...flags], { cwd });
  return { cwd, model, key, signature, verify };
}
