// SPDX-License-Identifier: Apache-2.0
// Where a module is looked for: a path, a folder, a name; and never anywhere else.

import { symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';

import test from 'ava';

import { InputError } from '../../dist/errors.js';
import { modulePathsFor, usualFolders } from '../../dist/methods/pkcs11-places.js';
import { parsePkcs11Uri } from '../../dist/methods/pkcs11-uri.js';
import { scratch, write } from '../models.js';

const find = async (query: string, ...given: string[]): Promise<readonly string[]> =>
  modulePathsFor(parsePkcs11Uri(`pkcs11:${query === '' ? '' : `?${query}`}`), given);

test('a path is taken as it is, there or not, and the URI counts more than the options', async (t) => {
  t.deepEqual(await find('module-path=/nowhere/m.so', '/other.so'), [resolve('/nowhere/m.so')]);
  t.deepEqual(await find('', '/a.so', 'b.so'), [resolve('/a.so'), resolve('b.so')]);
});

test('a folder of one module needs no name', async (t) => {
  const folder = scratch(t);
  for (const name of ['libone.so', 'readme', 'one.module', 'libone.la']) write(join(folder, name), '');
  t.deepEqual(await find(`module-path=${folder}`), [join(folder, 'libone.so')]);
  t.deepEqual(await find('', folder), [join(folder, 'libone.so')]);
  symlinkSync('libone.so', join(folder, 'libone.so.1'));
  t.deepEqual(await find('', folder), [join(folder, 'libone.so')], 'two names of one file are one module');
  write(join(folder, 'two.so'), '');
  await refused(t, find('', folder), /holds 2 libraries/);
  t.deepEqual(await find(`module-path=${folder}&module-name=two`), [join(folder, 'two.so')]);
  await refused(t, find('', scratch(t)), /holds no such module/);
  await refused(t, find(`module-path=${folder}&module-name=three`), /holds no such module/);
});

test('a name: without prefix and ending, in any case, the plainest file first', async (t) => {
  const folder = scratch(t);
  for (const name of ['libMine.so.1.2', 'libmine.so', 'mine.dylib', 'other.dll', 'libminer.so', 'mine.txt']) {
    write(join(folder, name), '');
  }
  for (const name of ['mine', 'MINE', 'libmine']) {
    t.deepEqual(await find(`module-name=${name}`, folder), [join(folder, 'libmine.so')]);
  }
  t.deepEqual(await find('module-name=other', folder), [join(folder, 'other.dll')]);
  t.deepEqual(await find('module-name=miner', join(folder, 'libminer.so')), [join(folder, 'libminer.so')]);
  await refused(t, find('module-name=mine.txt', folder), /there is no PKCS #11 module called 'mine.txt'/);
  await refused(t, find('module-name=mine', scratch(t), 'relative'), /there is no PKCS #11 module called/);
});

test('the usual folders are absolute, and those of each system', (t) => {
  const wanted: Readonly<Record<string, readonly RegExp[]>> = {
    linux: [
      /^\/usr\/lib\/[\w-]+-linux-gnu\w*\/pkcs11$/,
      /^\/usr\/lib64\/pkcs11$/,
      /^\/usr\/lib\/softhsm$/,
      /^\/usr\/lib$/,
    ],
    darwin: [/^\/opt\/homebrew\/lib\/softhsm$/, /^\/usr\/local\/lib\/pkcs11$/, /^\/Library\/OpenSC\/lib$/],
    win32: [/^C:\\Program Files\\OpenSC Project/, /^C:\\Windows\\System32$/, /^C:\\Program Files\\SoftHSM2\\lib$/],
  };
  for (const [platform, patterns] of Object.entries(wanted)) {
    const folders = usualFolders(platform, {});
    for (const pattern of patterns)
      t.true(
        folders.some((folder) => pattern.test(folder)),
        `${platform} ${pattern}`,
      );
    for (const folder of folders) t.regex(folder, /^(?:\/|[A-Z]:\\)/);
  }
});

async function refused(
  t: { regex: (text: string, wanted: RegExp) => unknown },
  promise: Promise<unknown>,
  words: RegExp,
) {
  const error = await promise.then(
    () => new Error('found'),
    (cause: unknown) => cause,
  );
  if (!(error instanceof InputError)) throw error;
  t.regex(`${error.code} ${error.message} (${error.hint})`, /^PKCS11_MODULE_NOT_FOUND .+ \(.+\)$/);
  t.regex(error.message, words);
}
