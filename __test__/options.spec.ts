// SPDX-License-Identifier: Apache-2.0
// Options: defaults in one place, and every value that cannot be used is refused before a byte is read.

import test, { type ExecutionContext } from 'ava';
import { type DigestOptions, HASH_ALGORITHMS, InputError, digest } from 'model-signing';

import { resolveOptions } from '../dist/options.js';
import { buildModel } from './models.js';

const LOGGER = { debug() {}, info() {}, warn() {} };

const WRONG: Readonly<Record<string, readonly unknown[]>> = {
  hashAlgorithm: ['sha512', 'SHA256', '', 1, null, ['sha256'], 'toString'],
  serialization: ['file', '', null, true],
  shardSize: [0, -1, 1.5, Number.NaN, Infinity, 2 ** 53, '1', null, 1n],
  ignorePaths: ['a', [1], [null], null, { length: 0 }, ['a\0b'], ['a\uD800b']],
  ignoreGitPaths: ['true', 1, null],
  allowSymlinks: ['true', 1, null],
  allowExternalSymlinks: ['false', 0, null],
  threads: [0, -1, 1.5, 1025, '2', null, Number.NaN],
  mmap: ['on', 1, null],
  fillCache: ['off', 0, null],
  signal: [{ aborted: false }, new AbortController(), null],
  onProgress: ['log', {}, null],
  logger: [{}, console.log, { debug() {}, info() {} }, null],
};

test('the defaults', (t) => {
  const { logger, ...rest } = resolveOptions({});
  t.deepEqual(rest, {
    hashAlgorithm: 'sha256',
    serialization: 'files',
    shardSize: undefined,
    ignorePaths: [],
    ignoreGitPaths: true,
    allowSymlinks: false,
    allowExternalSymlinks: false,
    threads: undefined,
    mmap: true,
    fillCache: false,
    signal: undefined,
    onProgress: undefined,
  });
  for (const kind of ['debug', 'info', 'warn'] as const) t.is(logger[kind]('nobody hears this'), undefined);
});

test('every option can be given', (t) => {
  const options: Required<DigestOptions> = {
    hashAlgorithm: 'blake3',
    serialization: 'shards',
    shardSize: Number.MAX_SAFE_INTEGER,
    ignorePaths: ['a', 'b'],
    ignoreGitPaths: false,
    allowSymlinks: true,
    allowExternalSymlinks: true,
    threads: 1024,
    mmap: false,
    fillCache: true,
    signal: new AbortController().signal,
    onProgress: () => {},
    logger: LOGGER,
  };
  t.deepEqual({ ...resolveOptions(options) }, { ...options });
  t.deepEqual(Object.keys(WRONG).toSorted(), Object.keys(options).toSorted());
});

test('undefined is the same as nothing', (t) => {
  const nothing = Object.fromEntries(Object.keys(WRONG).map((name) => [name, undefined]));
  t.deepEqual(resolveOptions(nothing), resolveOptions({}));
});

for (const [name, values] of Object.entries(WRONG)) {
  test(`wrong values of ${name}`, async (t) => {
    for (const value of values) {
      const error = await refused(t, { [name]: value });
      t.true(error?.message.startsWith(`option ${name} `), String(value));
    }
  });
}

test('an unknown option is refused, and the known ones are listed', async (t) => {
  for (const name of ['ignoreGitPath', 'algorithm', 'toString', '__proto__x', '']) {
    const error = await refused(t, { [name]: true });
    t.is(error?.message, `there is no option "${name}"`);
    t.regex(error?.hint ?? '', /hashAlgorithm.*allowSymlinks.*logger/);
  }
});

test('what is not an object is refused', async (t) => {
  for (const options of [null, 'sha256', 1, [], () => {}]) await refused(t, options);
});

test('options that only mean something together', async (t) => {
  t.is(
    (await refused(t, { allowExternalSymlinks: true }))?.message,
    'option allowExternalSymlinks needs allowSymlinks',
  );
  t.regex((await refused(t, { serialization: 'files', shardSize: 1 }))?.message ?? '', /shardSize needs serialization/);
  t.is(resolveOptions({ shardSize: 1 }).serialization, 'shards');
  t.is(resolveOptions({ serialization: 'shards' }).shardSize, undefined);
});

test('a list changed after the call changes nothing', async (t) => {
  const ignorePaths = ['a'];
  const running = digest(buildModel(t, { a: '1', b: '2' }), { ignorePaths });
  ignorePaths[0] = 'b';
  t.deepEqual(
    [...(await running).resources].map(({ name }) => name),
    ['b'],
  );
});

test('the public list of algorithms is the one that is accepted', (t) => {
  t.deepEqual(HASH_ALGORITHMS, ['sha256', 'blake2b', 'blake3']);
  for (const hashAlgorithm of HASH_ALGORITHMS) t.is(resolveOptions({ hashAlgorithm }).hashAlgorithm, hashAlgorithm);
});

/** The model does not exist: whoever looked at it first would say so. */
async function refused(t: ExecutionContext, options: unknown) {
  const error = await t.throwsAsync<InputError>(digest('no such model', options as DigestOptions), {
    instanceOf: InputError,
    code: 'OPTION_INVALID',
  });
  t.truthy(error?.hint);
  t.false(error?.message.includes('\n'));
  return error;
}
