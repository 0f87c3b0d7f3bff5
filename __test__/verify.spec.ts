// SPDX-License-Identifier: Apache-2.0
// Verifying: the evidence, every way a model can differ, what is excused and what is refused although it was signed.

import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import test, { type ExecutionContext } from 'ava';
import {
  type Diff,
  ModelMismatchError,
  type VerifyOptions,
  createVerifier,
  keyVerifier,
  sign,
  verify,
  verifyBundle,
} from 'model-signing';

import { pair } from './keys.js';
import { HUGE, buildModel, pattern, write } from './models.js';
import { GIT_PATHS, manifestOf } from './oracle.js';

const FILES = { 'a.bin': pattern(1000, 1), 'b/c': pattern(10, 2) };
const KEY = pair();
const { signer, verifier } = KEY;

test('the evidence, member by member', async (t) => {
  const model = buildModel(t, { ...FILES, '.gitignore': '*' });
  const { bundle, statementDigest } = await sign(model, { signer });
  const before = Date.now();
  const evidence = await verify(model, Buffer.from(bundle), { verifier });
  const { verificationMaterial } = JSON.parse(bundle) as { verificationMaterial: { publicKey: { hint: string } } };
  t.deepEqual(Object.keys(evidence).toSorted(), [
    'ignored',
    'manifest',
    'remarks',
    'signer',
    'statementDigest',
    'time',
    'unsignedFiles',
  ]);
  t.deepEqual(evidence.signer, {
    method: 'key',
    keyHint: verificationMaterial.publicKey.hint,
    algorithm: 'ecdsa-p256-sha256',
  });
  t.is(evidence.time.source, 'now');
  t.true(evidence.time.time.getTime() >= before && evidence.time.time.getTime() <= Date.now());
  t.deepEqual([evidence.remarks, evidence.unsignedFiles, evidence.statementDigest], [[], 0, statementDigest]);
  t.deepEqual(evidence.ignored, [{ path: '.gitignore', files: 1 }]);
  const { manifest } = evidence;
  const { rootDigest, resources } = manifestOf('model', FILES);
  t.deepEqual([manifest.modelName, manifest.rootDigest, manifest.resourceCount], ['model', rootDigest, 2]);
  t.deepEqual(
    [...manifest.resources].map(({ algorithm, digest, name }) => ({ algorithm, digest, name })),
    resources,
  );
  t.deepEqual(manifest.serialization, {
    method: 'files',
    hashAlgorithm: 'sha256',
    allowSymlinks: false,
    ignorePaths: GIT_PATHS,
  });
});

test('a bundle is a path, a file: URL or bytes', async (t) => {
  const model = buildModel(t, FILES);
  const signature = join(model, 'x.sig');
  const { bundle } = await sign(model, { signer, signature });
  for (const source of [signature, pathToFileURL(signature), Buffer.from(bundle)]) {
    await t.notThrowsAsync(verify(pathToFileURL(model), source, { verifier }));
  }
  for (const source of ['', 'a\0b', new URL('data:,x')]) {
    await t.throwsAsync(verify(model, source, { verifier }), { code: 'OPTION_INVALID' });
  }
  await t.throwsAsync(verify(model, join(model, 'no.sig'), { verifier }), { code: 'BUNDLE_NOT_FOUND' });
});

test('a bundle alone is authenticated without any model', async (t) => {
  const model = buildModel(t, FILES);
  const { bundle, statementDigest } = await sign(model, { signer });
  rmSync(model, { recursive: true });
  const { manifest, statementDigest: found } = await verifyBundle(Buffer.from(bundle), { verifier });
  t.deepEqual([manifest.modelName, found], ['model', statementDigest]);
  t.is(manifest.rootDigest, manifestOf('model', FILES).rootDigest);
  await t.throwsAsync(verifyBundle(Buffer.from(bundle), { verifier: pair().verifier }), { code: 'HINT_MISMATCH' });
  await t.throwsAsync(verify(model, Buffer.from(bundle), { verifier }), { code: 'MODEL_NOT_FOUND' });
});

test('who signed is asked before the model is looked at', async (t) => {
  const { bundle } = await sign(buildModel(t, FILES), { signer });
  const other = { verifier: pair().verifier };
  await t.throwsAsync(verify(buildModel(t, { huge: HUGE }), Buffer.from(bundle), other), { code: 'HINT_MISMATCH' });
  await t.throwsAsync(verify('no such model', Buffer.from(bundle), other), { code: 'HINT_MISMATCH' });
  const noKey = { verifier: keyVerifier({ publicKey: 'no such key' }) };
  await t.throwsAsync(verify('no such model', 'no such bundle', noKey), { code: 'KEY_NOT_FOUND' });
});

const NOTHING: Diff = { missing: [], extra: [], resized: [], changed: null, renamed: null };

test('a missing file, a new one, a changed one, a longer one', async (t) => {
  await differs(t, (model) => rmSync(join(model, 'a.bin')), { ...NOTHING, missing: ['a.bin'] }, /missing: 'a\.bin'$/);
  await differs(t, (model) => write(join(model, 'd'), 'x'), { ...NOTHING, extra: ['d'] }, /not signed: 'd'$/);
  const [expected, actual] = [FILES['b/c'], pattern(10, 3)].map((bytes) => digestOf({ 'b/c': bytes }));
  const changed = [{ name: 'b/c', expected: expected ?? '', actual: actual ?? '' }];
  await differs(
    t,
    (model) => writeFileSync(join(model, 'b/c'), pattern(10, 3)),
    { ...NOTHING, changed, renamed: [] },
    /changed: 'b\/c'$/,
  );
});

test('a file whose shards add up to another size', async (t) => {
  const model = buildModel(t, FILES);
  const { bundle } = await sign(model, { signer, shardSize: 300 });
  writeFileSync(join(model, 'a.bin'), pattern(1001, 1));
  const diff = { ...NOTHING, resized: [{ path: 'a.bin', expected: 1000, actual: 1001 }] };
  await mismatch(t, model, bundle, diff, /of another size: 'a\.bin'$/);
});

test('a shard that was changed', async (t) => {
  const model = buildModel(t, FILES);
  const { bundle } = await sign(model, { signer, shardSize: 300 });
  const bytes = pattern(1000, 1);
  bytes[650] = 0xee;
  writeFileSync(join(model, 'a.bin'), bytes);
  const error = await t.throwsAsync(verify(model, Buffer.from(bundle), { verifier }), {
    instanceOf: ModelMismatchError,
  });
  t.deepEqual(
    error.diff.changed?.map(({ name }) => name),
    ['a.bin:600:900'],
  );
});

test('a full diff tells what was renamed, and what else was changed', async (t) => {
  const model = buildModel(t, FILES);
  const { bundle } = await sign(model, { signer });
  renameSync(join(model, 'a.bin'), join(model, 'z.bin'));
  const names = { ...NOTHING, missing: ['a.bin'], extra: ['z.bin'] };
  await mismatch(t, model, bundle, names, /missing: 'a\.bin'; not signed: 'z\.bin'$/);
  writeFileSync(join(model, 'b/c'), pattern(10, 3));
  const error = await t.throwsAsync(verify(model, Buffer.from(bundle), { verifier, fullDiff: true }), {
    instanceOf: ModelMismatchError,
  });
  t.deepEqual(error.diff.renamed, [{ from: 'a.bin', to: 'z.bin' }]);
  t.deepEqual(
    error.diff.changed?.map(({ name }) => name),
    ['b/c'],
  );
});

test('a name in a message cannot act on the terminal', async (t) => {
  const model = buildModel(t, FILES);
  const { bundle } = await sign(model, { signer });
  write(join(model, '\u001B[2J\nall is well'), '');
  const error = await t.throwsAsync(verify(model, Buffer.from(bundle), { verifier }));
  t.notRegex(error.message, /\p{Cc}/u);
});

test('unsigned files are excused by name, all of them, or not at all', async (t) => {
  const model = buildModel(t, FILES);
  const bundle = Buffer.from((await sign(model, { signer })).bundle);
  write(join(model, 'new', 'x'), '1');
  write(join(model, 'new', 'y'), '1');
  write(join(model, '.git', 'config'), '1');
  await t.throwsAsync(verify(model, bundle, { verifier }), { code: 'MODEL_MISMATCH' });
  const git = { path: '.git', files: 1 };
  const byName = await verify(model, bundle, { verifier, ignorePaths: ['new'] });
  t.deepEqual([byName.ignored, byName.unsignedFiles], [[git, { path: 'new', files: 2 }], 0]);
  const all = await verify(model, bundle, { verifier, ignoreUnsignedFiles: true });
  t.deepEqual([all.ignored, all.unsignedFiles], [[git], 2]);
  for (const options of [{ ignorePaths: ['new'] }, { ignoreUnsignedFiles: true }]) {
    const strict = { verifier, ...options, allowHiddenFiles: false };
    await t.throwsAsync(verify(model, bundle, strict), { code: 'HIDDEN_FILES', message: /\b3 files\b/ });
  }
});

test('a file that was signed is looked at whatever is ignored', async (t) => {
  const model = buildModel(t, FILES);
  const bundle = Buffer.from((await sign(model, { signer })).bundle);
  writeFileSync(join(model, 'b/c'), pattern(10, 3));
  for (const options of [{ ignorePaths: ['b'] }, { ignoreUnsignedFiles: true }] satisfies VerifyOptions[]) {
    await t.throwsAsync(verify(model, bundle, { verifier, ...options }), { code: 'MODEL_MISMATCH' });
  }
});

test('hidden files are refused when the caller wants none', async (t) => {
  const model = buildModel(t, FILES);
  const bundle = Buffer.from((await sign(model, { signer })).bundle);
  const strict = createVerifier({ verifier, allowHiddenFiles: false });
  await t.notThrowsAsync(strict.verify(model, bundle));
  write(join(model, '.gitignore'), '*');
  await t.throwsAsync(strict.verify(model, bundle), { code: 'HIDDEN_FILES' });
  await t.notThrowsAsync(strict.verify(model, bundle, { allowHiddenFiles: true }));
  await t.throwsAsync(verify(model, bundle, { verifier, ignoreGitPaths: false }), { code: 'MODEL_MISMATCH' });
});

test('links that were signed are refused when the caller wants none', async (t) => {
  const model = buildModel(t, { ...FILES, link: { link: 'a.bin' } });
  const bundle = Buffer.from((await sign(model, { signer, allowSymlinks: true })).bundle);
  await t.notThrowsAsync(verify(model, bundle, { verifier }));
  await t.throwsAsync(verify(model, bundle, { verifier, allowSymlinks: false }), { code: 'SYMLINKS_REFUSED' });
});

test('links that were not signed are refused whatever the caller wants', async (t) => {
  const model = buildModel(t, FILES);
  const bundle = Buffer.from((await sign(model, { signer })).bundle);
  rmSync(join(model, 'b/c'));
  write(join(model, 'copy'), FILES['b/c']);
  write(join(model, 'b/c'), { link: '../copy' });
  const options = { verifier, allowSymlinks: true, ignorePaths: ['copy'] };
  await t.throwsAsync(verify(model, bundle, options), { code: 'SYMLINK_FORBIDDEN' });
});

test('links that leave the model need the verifier, too', async (t) => {
  const model = buildModel(t, { ...FILES, '../outside': 'x', link: { link: '../outside' } });
  const options = { signer, allowSymlinks: true, allowExternalSymlinks: true };
  const bundle = Buffer.from((await sign(model, options)).bundle);
  await t.throwsAsync(verify(model, bundle, { verifier }), { code: 'SYMLINK_OUTSIDE' });
  await t.notThrowsAsync(verify(model, bundle, { verifier, allowExternalSymlinks: true }));
});

test('a model path that is a link is followed, and that is told', async (t) => {
  const model = buildModel(t, {
    ...FILES,
    '../outside': 'x',
    link: { link: '../outside' },
    '../latest': { link: 'model' },
  });
  const latest = join(model, '../latest');
  const links = { allowSymlinks: true, allowExternalSymlinks: true };
  const { bundle } = await sign(model, { signer, ...links });
  const { remarks } = await verify(latest, Buffer.from(bundle), { verifier, allowExternalSymlinks: true });
  t.deepEqual(remarks, ['the model path is a symbolic link and was followed']);
});

test('empty files have no shards: nobody signed them, and that is told', async (t) => {
  const model = buildModel(t, { ...FILES, empty: '' });
  const bundle = Buffer.from((await sign(model, { signer, shardSize: 100 })).bundle);
  t.is((await verify(model, bundle, { verifier })).unsignedFiles, 1);
  write(join(model, '__init__.py'), '');
  t.is((await verify(model, bundle, { verifier })).unsignedFiles, 2);
  await t.throwsAsync(verify(model, bundle, { verifier, allowHiddenFiles: false }), { code: 'HIDDEN_FILES' });
});

test('one verifier, many models at once', async (t) => {
  const models = Array.from({ length: 10 }, (_, index) => buildModel(t, { own: `${index}` }));
  const bundles = await Promise.all(models.map(async (model) => Buffer.from((await sign(model, { signer })).bundle)));
  const all = createVerifier({ verifier });
  const outcomes = await Promise.allSettled(
    models.flatMap((model) => bundles.map(async (bundle) => all.verify(model, bundle))),
  );
  for (const [index, { status }] of outcomes.entries()) {
    t.is(status, Math.floor(index / 10) === index % 10 ? 'fulfilled' : 'rejected');
  }
});

test('an abort ends the verifying with its reason', async (t) => {
  const model = buildModel(t, FILES);
  const bundle = Buffer.from((await sign(model, { signer })).bundle);
  const reason = new Error('enough');
  await t.throwsAsync(verify(model, bundle, { verifier, signal: AbortSignal.abort(reason) }), { is: reason });
  await t.throwsAsync(verifyBundle(bundle, { verifier, signal: AbortSignal.abort(reason) }), { is: reason });
  write(join(model, 'huge'), HUGE);
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 50);
  await t.throwsAsync(verify(model, bundle, { verifier, fullDiff: true, signal: controller.signal }), { is: reason });
});

function digestOf(files: Readonly<Record<string, Uint8Array>>): string {
  return `sha256:${manifestOf('model', files).resources[0]?.digest}`;
}

async function differs(t: ExecutionContext, change: (model: string) => void, diff: Diff, words: RegExp): Promise<void> {
  const model = buildModel(t, FILES);
  const { bundle } = await sign(model, { signer });
  change(model);
  await mismatch(t, model, bundle, diff, words);
}

async function mismatch(t: ExecutionContext, model: string, bundle: string, diff: Diff, words: RegExp): Promise<void> {
  const expectation = { instanceOf: ModelMismatchError, code: 'MODEL_MISMATCH', message: words };
  const error = await t.throwsAsync(verify(model, Buffer.from(bundle), { verifier }), expectation);
  t.deepEqual(error.diff, diff);
}
