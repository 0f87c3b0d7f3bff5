// SPDX-License-Identifier: Apache-2.0
// The manifest object: what it says, how its resources are taken out, and that nobody can change it.

import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import test from 'ava';
import { InputError, compareManifests, digest, sign, verifyBundle } from 'model-signing';

import { Manifest } from '../dist/manifest.js';
import type { NativeManifest } from '../dist/native.js';
import { pair } from './keys.js';
import { buildModel, write } from './models.js';

const MANY = 2500;
const PAGE = 256;

test('resources come page by page, and not before they are wanted', async (t) => {
  const asked: [number, number][] = [];
  const resources = (start: number, count: number) => {
    asked.push([start, count]);
    return Array.from({ length: Math.min(count, MANY - start) }, (_, index) => ({ name: String(start + index) }));
  };
  const native = { resourceCount: MANY, resources } as unknown as NativeManifest;
  const iterator = new Manifest(native).resources[Symbol.iterator]();
  t.deepEqual(asked, []);
  t.is(iterator.next().value?.name, '0');
  t.deepEqual(asked, [[0, PAGE]]);
  for (let index = 1; index < MANY; index++) t.is(iterator.next().value?.name, String(index));
  t.true(iterator.next().done);
  t.deepEqual(
    asked.map(([start]) => start),
    Array.from({ length: Math.ceil(MANY / PAGE) }, (_, page) => page * PAGE),
  );
});

test('pages hold all resources, in the same order', async (t) => {
  const manifest = await digest(buildModel(t, { a: Buffer.alloc(MANY) }), { shardSize: 1 });
  const pages = [...manifest.pages];
  t.deepEqual(pages.flat(), [...manifest.resources]);
  t.true(pages.every(({ length }) => length > 0 && length <= PAGE));
});

test('more resources than a page, twice the same and in order', async (t) => {
  const model = buildModel(t, { a: Buffer.alloc(MANY) });
  const manifest = await digest(model, { shardSize: 1 });
  t.is(manifest.resourceCount, MANY);
  const names = [...manifest.resources].map(({ name }) => name);
  t.is(new Set(names).size, MANY);
  t.deepEqual(names, names.toSorted());
  t.deepEqual(
    [...manifest.resources].map(({ name }) => name),
    names,
  );
});

test('iterations do not disturb each other, and one can be left early', async (t) => {
  const { resources } = await digest(buildModel(t, { a: '1', b: '2' }));
  const names: string[] = [];
  for (const one of resources) for (const other of resources) names.push(one.name + other.name);
  t.deepEqual(names, ['aa', 'ab', 'ba', 'bb']);
  for (const { name } of resources) {
    t.is(name, 'a');
    break;
  }
});

test('the serialization is the recipe', async (t) => {
  const model = buildModel(t, { a: '1', b: '2', 'skip/c': '3', 'skip/d': '4' });
  const { serialization, ignored, byteCount } = await digest(model, {
    hashAlgorithm: 'blake2b',
    shardSize: 1,
    ignorePaths: ['skip', './unused/'],
    ignoreGitPaths: false,
    allowSymlinks: true,
  });
  t.deepEqual(serialization, {
    method: 'shards',
    hashAlgorithm: 'blake2b',
    shardSize: 1,
    allowSymlinks: true,
    ignorePaths: ['skip', 'unused'],
  });
  t.deepEqual(ignored, [{ path: 'skip', files: 2 }]);
  t.is(byteCount, 2);
});

test('whole files have no shard size', async (t) => {
  const { serialization, longestStream, byteCount } = await digest(buildModel(t, { a: '123', b: '12' }));
  t.false('shardSize' in serialization && serialization.shardSize !== undefined);
  t.deepEqual([longestStream, byteCount], [3, 5]);
});

test('the name is that of the real folder, and a link at the root is told', async (t) => {
  const model = buildModel(t, { a: '1' });
  const link = join(dirname(model), 'latest');
  symlinkSync('model', link);
  const direct = await digest(model);
  const linked = await digest(link);
  t.is(direct.followedTo, undefined);
  t.is(basename(linked.followedTo ?? ''), 'model');
  t.is(linked.modelName, 'model');
  t.deepEqual(linked.statement(), direct.statement());
});

test('a statement belongs to the caller: changing it changes no other', async (t) => {
  const manifest = await digest(buildModel(t, { a: '1' }));
  const statement = manifest.statement();
  statement.fill(0);
  t.not(manifest.statement()[0], 0);
});

const SAME = { isEqual: true, missing: [], extra: [], resized: [], changed: [], renamed: [] };

test('two manifests are compared: what was signed with what is there', async (t) => {
  const model = buildModel(t, { kept: '1', moved: '2', gone: '3', other: '4' });
  const before = await digest(model);
  const { signer, verifier } = pair();
  const { bundle } = await sign(before, { signer });
  const { manifest } = await verifyBundle(Buffer.from(bundle), { verifier });
  t.deepEqual(compareManifests(manifest, before), SAME);
  renameSync(join(model, 'moved'), join(model, 'there'));
  rmSync(join(model, 'gone'));
  write(join(model, 'other'), '5');
  const after = await digest(model, { ignorePaths: ['nothing'] });
  const [was, is] = [before, after].map(({ resources }) => [...resources].find(({ name }) => name === 'other')?.digest);
  t.deepEqual(compareManifests(manifest, after), {
    isEqual: false,
    missing: ['gone', 'moved'],
    extra: ['there'],
    resized: [],
    changed: [{ name: 'other', expected: `sha256:${was}`, actual: `sha256:${is}` }],
    renamed: [{ from: 'moved', to: 'there' }],
  });
});

test('shards tell the size of a file, too', async (t) => {
  const shardSize = 2;
  const longer = await digest(buildModel(t, { a: '12345' }), { shardSize });
  const found = compareManifests(longer, await digest(buildModel(t, { a: '123' }), { shardSize }));
  t.deepEqual(found, {
    ...SAME,
    isEqual: false,
    resized: [{ path: 'a', expected: 5, actual: 3 }],
    changed: found.changed,
  });
});

test('what cannot be compared is a bad call', async (t) => {
  const model = buildModel(t, { a: '1' });
  const files = await digest(model);
  for (const options of [{ hashAlgorithm: 'blake3' }, { shardSize: 5 }] as const) {
    const other = await digest(model, options);
    const error = t.throws(() => compareManifests(files, other), { instanceOf: InputError });
    t.is(error.code, 'MANIFESTS_INCOMPARABLE');
    t.regex(error.message, /^the manifests cannot be compared: one is of whole files by sha256, the other of /);
  }
  for (const nothing of [undefined, null, {}, '', { rootDigest: files.rootDigest }]) {
    const call = () => compareManifests(files, nothing as unknown as Manifest);
    t.is(t.throws(call, { instanceOf: InputError }).code, 'OPTION_INVALID');
  }
});
