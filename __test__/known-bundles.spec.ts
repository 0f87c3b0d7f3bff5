// SPDX-License-Identifier: Apache-2.0
// Known bundles: files and folders of them.

import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { readKnownBundles } from '../dist/known-bundles.js';
import { leafHash } from '../dist/methods/merkle-tree.js';
import { bodyIn } from './methods/own-log.js';
import { signedBy } from './methods/sigstore-bundles.js';
import { buildModel, scratch, write } from './models.js';
import { sigstackTest } from './sigstack.js';

function listening() {
  const notes: string[] = [];
  return { notes, logger: { debug() {}, warn() {}, info: (message: string) => void notes.push(message) } };
}

sigstackTest('files, and folders in folders; what is no bundle there is passed over', async (t, stack) => {
  const model = buildModel(t, { a: '1' });
  const [one, two] = [await signedBy(stack, model, 1), await signedBy(stack, model, 2)];
  const folder = scratch(t);
  mkdirSync(join(folder, 'more', 'and more'), { recursive: true });
  write(join(folder, 'one.sig'), one);
  write(join(folder, 'more', 'and more', 'two.json'), two);
  write(join(folder, 'README'), 'hello');
  write(join(folder, 'empty'), '');
  symlinkSync(join(folder, 'one.sig'), join(folder, 'link'));
  const { notes, logger } = listening();
  const entries = await readKnownBundles([folder], logger);
  t.deepEqual(
    entries.map(({ leaf }) => leaf).toSorted(),
    [one, two].map((bundle) => leafHash(bodyIn(bundle)).toString('hex')).toSorted(),
  );
  t.deepEqual(notes, ['2 files in the folders of known bundles are no bundles']);
  t.is((await readKnownBundles([join(folder, 'one.sig'), join(folder, 'link')], logger)).length, 2);
});

test('a file that is named has to be a bundle', async (t) => {
  const folder = scratch(t);
  write(join(folder, 'text'), 'hello');
  write(join(folder, 'json'), '{}');
  for (const name of ['text', 'json', 'none', '\u001B[2Jnone']) {
    const error = await t.throwsAsync(readKnownBundles([join(folder, name)], listening().logger), {
      code: 'KNOWN_BUNDLE_INVALID',
    });
    t.notRegex(error?.message ?? '', /\p{Cc}/u);
  }
  t.deepEqual(await readKnownBundles([folder], listening().logger), []);
  t.deepEqual(await readKnownBundles([], listening().logger), []);
});
