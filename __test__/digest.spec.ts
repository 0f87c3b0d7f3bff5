// SPDX-License-Identifier: Apache-2.0
// What digest() says, against the oracle: trees, names, sizes, recipes; and what it refuses, by class, code and path.

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';

import test, { type ExecutionContext } from 'ava';
import * as fc from 'fast-check';
import {
  type DigestOptions,
  InputError,
  type HashedManifest,
  type ModelSigningError,
  VerificationError,
  digest,
} from 'model-signing';

import { buildModel, pattern, scratch, write } from './models.js';
import { GIT_PATHS, type Recipe, manifestOf } from './oracle.js';

/** Other systems do not let such names in. */
const onLinux = process.platform === 'linux' ? test : test.skip;
/** Root reads everything. */
const asUser = process.getuid?.() === 0 ? test.skip : test;
if (onLinux !== test) console.warn('SKIPPED 1 test: this system lets no name in that is not UTF-8');
if (asUser !== test) console.warn('SKIPPED 1 test: root may read everything');

const NAMES = [
  'a', 'a-b', 'a.bin', 'a0', 'b/c/d/e/f', '模型/权重.bin', 'é', 'e\u0301', '😀', '\uFFFD', '\uFF5E', 'A', 'Z', 'quote"\'<&>',
  'new\nline', 'tab\t\u0001', 'colon:0:5', 'bidi\u202Egnp.exe', '\u007F', '\u2028', 'back\\slash', ' ', '...', '..a', '*?[x]', '%41',
]; // prettier-ignore
const SEAMS = [0, 1, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 4095, 4096, 4097, 65535, 65537, 1048575, 1048577];
const ODD = Object.fromEntries(NAMES.map((name, index) => [name, pattern(index * 7, index)]));
const SIZES = Object.fromEntries(SEAMS.map((size) => [`s${size}`, pattern(size, size & 255)]));

for (const hashAlgorithm of ['sha256', 'blake2b'] as const) {
  test(`odd names and sizes at seams, ${hashAlgorithm}`, async (t) => {
    for (const files of [ODD, SIZES]) {
      const model = buildModel(t, files);
      for (const threads of [1, 2, 7]) {
        for (const mmap of [true, false])
          equals(t, await digest(model, { hashAlgorithm, threads, mmap }), files, { hashAlgorithm });
      }
    }
  });

  test(`shards at seams, ${hashAlgorithm}`, async (t) => {
    const model = buildModel(t, SIZES);
    for (const shardSize of [63, 4096, 65536, 1048576, 2 ** 53 - 1]) {
      const files = shardSize === 63 ? { s129: pattern(129, 129) } : SIZES;
      const folder = files === SIZES ? model : buildModel(t, files);
      equals(t, await digest(folder, { hashAlgorithm, shardSize }), files, { hashAlgorithm, shardSize });
    }
  });
}

test('blake3 is the same however it is spread', async (t) => {
  const model = buildModel(t, { ...SIZES, large: pattern(5_000_000, 3) });
  const alone = await digest(model, { hashAlgorithm: 'blake3', threads: 1, mmap: false });
  for (const threads of [2, 3, 16]) {
    t.deepEqual((await digest(model, { hashAlgorithm: 'blake3', threads })).statement(), alone.statement());
  }
});

test('any tree, any recipe', async (t) => {
  const part = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }).filter((text) => /^[^/\\\0.]+$/.test(text));
  const name = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  const entries = fc.dictionary(name, fc.uint8Array({ maxLength: 300 }), { minKeys: 1, maxKeys: 12 });
  const recipe = fc.record({
    hashAlgorithm: fc.constantFrom('sha256' as const, 'blake2b' as const),
    shardSize: fc.option(fc.integer({ min: 1, max: 150 }), { nil: undefined }),
  });
  const property = fc.asyncProperty(entries, recipe, async (tree, { hashAlgorithm, shardSize }) => {
    const files = Object.fromEntries(Object.entries(tree).filter(([path]) => isWritable(path, tree)));
    fc.pre(Object.values(files).some((bytes) => shardSize === undefined || bytes.length > 0));
    const chosen = { hashAlgorithm, ...(shardSize !== undefined && { shardSize }) };
    equals(t, await digest(buildModel(t, files), chosen), files, chosen);
  });
  await fc.assert(property, { numRuns: 400, interruptAfterTimeLimit: 8000, markInterruptAsFailure: false });
});

test('a model is the same however its path is written', async (t) => {
  const model = buildModel(t, { 'sub/a': '1' });
  const { rootDigest } = await digest(model);
  const here = relative(process.cwd(), model);
  for (const path of [
    pathToFileURL(model),
    here,
    `${here}/`,
    `${model}//`,
    `${model}/.`,
    `${model}/sub/..`,
    `./${here}`,
  ]) {
    const manifest = await digest(path);
    t.deepEqual([manifest.rootDigest, manifest.modelName], [rootDigest, 'model']);
  }
});

test('a model that is one file', async (t) => {
  const folder = scratch(t);
  write(join(folder, 'weights.bin'), 'abc');
  for (const path of [
    join(folder, 'weights.bin'),
    `${folder}/./weights.bin`,
    pathToFileURL(join(folder, 'weights.bin')),
  ]) {
    const manifest = await digest(path);
    t.deepEqual(
      Buffer.from(manifest.statement()),
      manifestOf('weights.bin', { 'weights.bin': Buffer.from('abc') }).statement,
    );
  }
});

test('what is left out', async (t) => {
  const kept = { 'model.bin': Buffer.from('m'), 'sub/.git/HEAD': Buffer.from('k') };
  const git = { '.git/HEAD': Buffer.from('h'), '.gitignore': Buffer.from('*') };
  const model = buildModel(t, { ...kept, ...git, 'skip/x': '1', 'we[ird*': '2', 'skip-not': '3' });
  const ignorePaths = ['skip', 'we[ird*', join(model, 'skip-not')];
  const recorded = ['skip', 'we[ird*', 'skip-not'];
  equals(t, await digest(model, { ignorePaths }), kept, { ignorePaths: [...GIT_PATHS, ...recorded] });
  equals(
    t,
    await digest(model, { ignorePaths, ignoreGitPaths: false }),
    { ...kept, ...git },
    { ignorePaths: recorded },
  );
});

test('symbolic links are followed when they may be', async (t) => {
  const outside = join(scratch(t), 'outside');
  write(outside, 'out');
  const model = buildModel(t, { 'real/a': '1', link: { link: 'real' }, out: { link: outside } });
  await refuses(
    t,
    buildModel(t, { 'sub/link': { link: 'a' } }),
    {},
    VerificationError,
    'SYMLINK_FORBIDDEN',
    'sub/link',
  );
  await refuses(t, model, { allowSymlinks: true }, VerificationError, 'SYMLINK_OUTSIDE', 'out');
  const files = { 'real/a': Buffer.from('1'), 'link/a': Buffer.from('1'), out: Buffer.from('out') };
  equals(t, await digest(model, { allowSymlinks: true, allowExternalSymlinks: true }), files, { allowSymlinks: true });
});

test('what cannot be hashed faithfully is refused by name', async (t) => {
  const links = { allowSymlinks: true };
  await refuses(
    t,
    buildModel(t, { 'a/none': { link: 'nothing' } }),
    links,
    VerificationError,
    'SYMLINK_DANGLING',
    'a/none',
  );
  await refuses(t, buildModel(t, { 'a/b/up': { link: '../..' } }), links, VerificationError, 'SYMLINK_CYCLE');
  await refuses(t, buildModel(t, { self: { link: 'self' } }), links, VerificationError, 'SYMLINK_CYCLE', 'self');
  await refuses(t, buildModel(t, {}), {}, VerificationError, 'MODEL_EMPTY');
  await refuses(t, buildModel(t, { empty: '' }), { shardSize: 1 }, VerificationError, 'MODEL_EMPTY');
  await refuses(t, buildModel(t, { 'a\\..\\b': '' }), {}, VerificationError, 'NAME_INVALID', 'a\\..\\b');
  const model = buildModel(t, { a: '1' });
  if (spawnSync('mkfifo', [join(model, 'pipe')]).status === 0)
    await refuses(t, model, {}, VerificationError, 'SPECIAL_FILE', 'pipe');
  await refuses(t, '/dev/null', {}, VerificationError, 'SPECIAL_FILE');
});

onLinux('a name that is not UTF-8 is refused, and fine where it is ignored', async (t) => {
  const model = buildModel(t, { a: '1' });
  mkdirSync(join(model, 'sub'));
  writeFileSync(Buffer.concat([Buffer.from(`${model}/sub/bad`), Buffer.from([0xff])]), '');
  const error = await refuses(t, model, {}, VerificationError, 'NAME_INVALID');
  t.true(error.message.includes("'sub/bad\\xff'"));
  t.is((await digest(model, { ignorePaths: ['sub'] })).resourceCount, 1);
});

test('what the caller can mend is an InputError', async (t) => {
  const model = buildModel(t, { a: '1' });
  await refuses(t, join(model, 'b'), {}, InputError, 'MODEL_NOT_FOUND', join(model, 'b'));
  await refuses(t, join(model, 'a', 'b'), {}, InputError, 'MODEL_NOT_FOUND');
  await refuses(t, '/', {}, InputError, 'MODEL_NAMELESS');
  for (const path of ['..', '../model2', '', '.', model, '/elsewhere']) {
    await refuses(t, model, { ignorePaths: [path] }, InputError, 'IGNORE_PATH_INVALID', path);
  }
  for (const path of [
    '',
    'a\0b',
    'a\uD800',
    1,
    null,
    undefined,
    {},
    Buffer.from('a'),
    new URL('https://example.com/a'),
    new URL('file:///a%2Fb'),
    new URL('file:///a%00b'),
  ]) {
    await refuses(t, path as string, {}, InputError, 'OPTION_INVALID');
  }
});

asUser('what cannot be read is an InputError', async (t) => {
  const model = buildModel(t, { 'sub/a': '1' });
  chmodSync(join(model, 'sub', 'a'), 0);
  await refuses(t, model, {}, InputError, 'PERMISSION_DENIED');
});

function equals(
  t: ExecutionContext,
  manifest: HashedManifest,
  files: Readonly<Record<string, Uint8Array>>,
  recipe: Recipe,
): void {
  const wanted = manifestOf('model', files, recipe);
  t.is(Buffer.from(manifest.statement()).toString(), wanted.statement.toString());
  t.is(manifest.rootDigest, wanted.rootDigest);
  t.is(manifest.resourceCount, wanted.resources.length);
  t.deepEqual(
    [...manifest.resources].map(({ name, algorithm, digest: hex }) => ({ algorithm, digest: hex, name })),
    wanted.resources,
  );
}

async function refuses(
  t: ExecutionContext,
  model: string,
  options: DigestOptions,
  kind: typeof InputError | typeof VerificationError,
  code: string,
  path?: string,
): Promise<ModelSigningError> {
  const error = await t.throwsAsync<ModelSigningError>(digest(model, options), { instanceOf: kind, code });
  t.regex(error?.message ?? '', /^[^\p{Cc}\u202E]+$/u);
  t.truthy(error?.hint);
  if (path !== undefined) t.is(error?.path, path);
  return error;
}

/** A path that another one goes through cannot be a file; the git set is not hashed. */
function isWritable(path: string, tree: object): boolean {
  return (
    !GIT_PATHS.includes(path.split('/', 1)[0] ?? '') && !Object.keys(tree).some((other) => other.startsWith(`${path}/`))
  );
}
