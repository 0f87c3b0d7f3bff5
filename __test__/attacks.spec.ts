// SPDX-License-Identifier: Apache-2.0
// What people try who want a bad model to pass: those without any key change the model, the bundle or the place it is
// looked at from; a signer who is trusted lies in what is signed. Rules of certificates are in `methods/`.

import { linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import test, { type ExecutionContext } from 'ava';
import {
  type ErrorCode,
  ModelMismatchError,
  ModelSigningError,
  type SignOptions,
  type VerifyOptions,
  createVerifier,
  sign,
  verify,
} from 'model-signing';

import { command, failed } from './cli/command.js';
import { signedAnew, signedModel, statementIn } from './forge.js';
import { keyFiles, pair } from './keys.js';
import { buildModel, pattern, scratch, write } from './models.js';
import { canonical } from './oracle.js';

const FILES = { 'a.bin': pattern(20, 1), 'b.bin': pattern(20, 2), 'sub/c': pattern(10, 3) };
const KEY = pair();
const { signer, verifier } = KEY;

async function refused(
  t: ExecutionContext,
  model: string,
  bundle: Uint8Array | string,
  code: ErrorCode,
  options: VerifyOptions = {},
): Promise<void> {
  const source = typeof bundle === 'string' ? Buffer.from(bundle) : bundle;
  await t.throwsAsync(verify(model, source, { verifier, ...options }), { instanceOf: ModelSigningError, code });
}

const CHANGES: Readonly<Record<string, readonly [code: ErrorCode, change: (model: string) => void]>> = {
  'two files have changed places': ['MODEL_MISMATCH', (model) => swap(join(model, 'a.bin'), join(model, 'b.bin'))],
  'a name differs by its case': ['MODEL_MISMATCH', (model) => renameSync(join(model, 'a.bin'), join(model, 'A.bin'))],
  'a file is a folder now': ['MODEL_MISMATCH', (model) => replace(join(model, 'a.bin'), (path) => mkdirSync(path))],
  'a folder is a file now': ['MODEL_MISMATCH', (model) => replace(join(model, 'sub'), (path) => write(path, 'x'))],
  'a file is a link to its copy now': [
    'SYMLINK_FORBIDDEN',
    (model) => {
      renameSync(join(model, 'a.bin'), join(dirname(model), 'copy'));
      symlinkSync('../copy', join(model, 'a.bin'));
    },
  ],
  'a folder is a link to its copy now': [
    'SYMLINK_FORBIDDEN',
    (model) => {
      renameSync(join(model, 'sub'), join(dirname(model), 'copy'));
      symlinkSync('../copy', join(model, 'sub'));
    },
  ],
  'a link to a folder was added': ['SYMLINK_FORBIDDEN', (model) => symlinkSync('sub', join(model, 'more'))],
  'an empty file was added': ['MODEL_MISMATCH', (model) => write(join(model, '__init__.py'), '')],
  'a hidden file was added': ['MODEL_MISMATCH', (model) => write(join(model, 'sub/.git/hook'), 'x')],
  'a byte was cut off': ['MODEL_MISMATCH', (model) => write(join(model, 'a.bin'), FILES['a.bin'].subarray(1))],
};

for (const [what, [code, change]] of Object.entries(CHANGES)) {
  test(`a changed model: ${what}`, async (t) => {
    const { model, text } = await signedModel(t, FILES, { signer });
    change(model);
    await refused(t, model, text, code);
  });
}

test('a changed model: no bit of any file can be flipped', async (t) => {
  for (const options of [{}, { shardSize: 8 }] as const satisfies SignOptions[]) {
    const { model, text } = await signedModel(t, FILES, { signer, ...options });
    for (const [name, bytes] of Object.entries(FILES)) {
      for (let bit = 0; bit < bytes.length * 8; bit += 7) {
        const flipped = Uint8Array.from(bytes);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        write(join(model, name), flipped);
        await refused(t, model, text, 'MODEL_MISMATCH');
      }
      write(join(model, name), bytes);
    }
    await t.notThrowsAsync(verify(model, Buffer.from(text), { verifier }));
  }
});

test('what lies behind links that were signed is signed, too', async (t) => {
  const model = buildModel(t, { ...FILES, 'real/deep/x': '1', linked: { link: 'real' }, 'other/deep/x': '2' });
  const { bundle } = await sign(model, { signer, allowSymlinks: true });
  await t.notThrowsAsync(verify(model, Buffer.from(bundle), { verifier }));
  write(join(model, 'real/deep/y'), '1');
  await refused(t, model, bundle, 'MODEL_MISMATCH');
  rmSync(join(model, 'real/deep/y'));
  replace(join(model, 'linked'), (path) => symlinkSync('other', path));
  await refused(t, model, bundle, 'MODEL_MISMATCH');
  replace(join(model, 'linked'), (path) => symlinkSync('/etc', path));
  await refused(t, model, bundle, 'SYMLINK_OUTSIDE');
  rmSync(join(model, 'linked'));
  await refused(t, model, bundle, 'MODEL_MISMATCH');
});

test('a liar: no name leaves the model, whatever is tolerated', async (t) => {
  const { model, bundle, payload } = await signedModel(t, FILES, { signer });
  write(join(model, '../secret'), FILES['a.bin']);
  for (const name of ['../secret', 'sub/../../secret', join(dirname(model), 'secret')]) {
    const statement = statementIn(payload);
    statement.predicate.resources.splice(0, 1, { ...first(statement.predicate.resources), name });
    const forged = signedAnew(bundle, canonical(statement), KEY.privateKey);
    await refused(t, model, forged, 'RESOURCE_NAME_INVALID', { ignoreUnsignedFiles: true });
  }
});

test('a liar: a label does not make a digest one of another algorithm', async (t) => {
  const { model, bundle, payload } = await signedModel(t, FILES, { signer });
  const relabelled = payload.toString().replaceAll('"algorithm":"sha256"', '"algorithm":"blake3"');
  const halfway = signedAnew(bundle, Buffer.from(relabelled), KEY.privateKey);
  await refused(t, model, halfway, 'HASH_ALGORITHM_DIFFERS');
  const whole = relabelled.replace('"hash_type":"sha256"', '"hash_type":"blake3"');
  await refused(t, model, signedAnew(bundle, Buffer.from(whole), KEY.privateKey), 'MODEL_MISMATCH');
});

test('a liar: a resource is hashed although an ignore path covers it', async (t) => {
  const { model, bundle, payload } = await signedModel(t, FILES, { signer });
  const statement = statementIn(payload);
  statement.predicate.serialization['ignore_paths'] = ['sub', 'a.bin', '.', '/', '../model'];
  const forged = signedAnew(bundle, canonical(statement), KEY.privateKey);
  await t.notThrowsAsync(verify(model, forged, { verifier }));
  for (const name of ['sub/c', 'a.bin'] as const) {
    write(join(model, name), 'changed');
    await refused(t, model, forged, 'MODEL_MISMATCH', { ignorePaths: ['sub', 'a.bin'], ignoreUnsignedFiles: true });
    write(join(model, name), FILES[name]);
  }
  write(join(model, 'more'), 'x');
  await refused(t, model, forged, 'MODEL_MISMATCH');
});

test('a liar: a statement about one file says nothing of a folder', async (t) => {
  const file = join(scratch(t), 'x.bin');
  write(file, 'x');
  const { bundle } = await sign(file, { signer, compat: 'python' });
  await t.notThrowsAsync(verify(file, Buffer.from(bundle), { verifier }));
  await refused(t, buildModel(t, { 'x.bin': 'x' }), bundle, 'MODEL_MISMATCH', { ignoreUnsignedFiles: true });
});

test('one verifier: what one bundle ignores, the next does not', async (t) => {
  const lax = await signedModel(t, { ...FILES, 'cache/x': '1' }, { signer, ignorePaths: ['cache'] });
  const strict = await signedModel(t, FILES, { signer });
  write(join(strict.model, 'cache/x'), 'planted');
  const all = createVerifier({ verifier });
  for (let round = 0; round < 3; round += 1) {
    const { ignored } = await all.verify(lax.model, Buffer.from(lax.text));
    t.deepEqual(ignored, [{ path: 'cache', files: 1 }]);
    await t.throwsAsync(all.verify(strict.model, Buffer.from(strict.text)), { instanceOf: ModelMismatchError });
    const excused = await all.verify(strict.model, Buffer.from(strict.text), { ignorePaths: ['cache'] });
    t.deepEqual(excused.ignored, [{ path: 'cache', files: 1 }]);
  }
});

test('where a verifier stands makes no difference', async (t) => {
  const { model, text } = await signedModel(t, { ...FILES, 'sub/cache/x': '1' }, { signer, ignorePaths: ['cache'] });
  const { public: publicKey } = keyFiles(dirname(model), KEY);
  const signature = join(dirname(model), 'x.sig');
  writeFileSync(signature, text);
  const args = ['verify', 'key', '--public-key', publicKey, '--signature', signature];
  for (const cwd of [model, join(model, 'sub'), dirname(model)]) {
    t.is((await command([...args, model], { cwd })).exit, 0);
  }
  write(join(model, 'sub/cache/planted'), '1');
  for (const cwd of [model, join(model, 'sub'), dirname(model)]) {
    failed(t, await command([...args, model], { cwd }), 'MODEL_MISMATCH', 1);
  }
  failed(t, await command([...args, '.'], { cwd: model }), 'MODEL_MISMATCH', 1);
  failed(t, await command([...args, '../../model'], { cwd: join(model, 'sub') }), 'MODEL_MISMATCH', 1);
});

test('what takes the place of a signature inside the model is a hidden file', async (t) => {
  const model = buildModel(t, FILES);
  const inside = join(model, 'model.sig');
  const { bundle } = await sign(model, { signer, signature: inside });
  t.deepEqual((await verify(model, inside, { verifier, allowHiddenFiles: false })).ignored, []);
  const outside = join(dirname(model), 'x.sig');
  writeFileSync(outside, bundle);
  writeFileSync(inside, 'anything');
  const { ignored } = await verify(model, outside, { verifier });
  t.deepEqual(ignored, [{ path: 'model.sig', files: 1 }]);
  await t.throwsAsync(verify(model, outside, { verifier, allowHiddenFiles: false }), { code: 'HIDDEN_FILES' });
});

test('what a hard link makes of the signature is a file that nobody signed', async (t) => {
  const { model, bundle } = await signedModel(t, FILES, { signer });
  const inside = join(model, 'model.sig');
  for (const one of bundle.dsseEnvelope.signatures) one.keyid = '{{ text of anybody }}';
  writeFileSync(inside, JSON.stringify(bundle));
  await t.notThrowsAsync(verify(model, inside, { verifier, allowHiddenFiles: false }));
  linkSync(inside, join(model, 'chat_template.jinja'));
  const error = await t.throwsAsync(verify(model, inside, { verifier }), { instanceOf: ModelMismatchError });
  t.deepEqual(error.diff.extra, ['chat_template.jinja']);
});

function first<T>(list: readonly T[]): T {
  const [one] = list;
  if (one === undefined) throw new Error('the list is empty');
  return one;
}

function swap(one: string, other: string): void {
  renameSync(one, `${one}.tmp`);
  renameSync(other, one);
  renameSync(`${one}.tmp`, other);
}

function replace(path: string, make: (path: string) => void): void {
  rmSync(path, { recursive: true });
  make(path);
}
