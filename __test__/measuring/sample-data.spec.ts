// SPDX-License-Identifier: Apache-2.0
// Sample data: what is made, and that nothing of it stays.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import test from 'ava';

import { makeSampleData } from '../../dist/measuring/sample-data.js';
import { scratch } from '../models.js';

test.serial('one large file and small ones, all that is said, and gone at the end', async (t) => {
  const before = process.listenerCount('exit');
  const { path, bytes, remove } = await makeSampleData(1e9, 0.01, undefined);
  t.is(dirname(dirname(path)), tmpdir());
  const names = readdirSync(path);
  const sizes = names.map((name) => statSync(join(path, name)).size);
  t.is(
    sizes.reduce((sum, size) => sum + size, 0),
    bytes,
  );
  t.is(names.length, 501);
  t.true(Math.max(...sizes) >= 16 * 2 ** 20);
  t.is(process.listenerCount('exit'), before + 1);
  remove();
  t.false(existsSync(dirname(path)));
  t.is(process.listenerCount('exit'), before);
});

test.serial('it is not larger than the memory allows, however much time there is', async (t) => {
  const { bytes, remove } = await makeSampleData(8 * 40 * 2 ** 20, 60, undefined);
  remove();
  t.true(bytes < 50 * 2 ** 20);
});

test.serial('stopped while it is made, it is gone, too', async (t) => {
  const before = process.env['TMPDIR'];
  const own = scratch(t);
  process.env['TMPDIR'] = own;
  const reason = new Error('enough');
  await t.throwsAsync(makeSampleData(1e9, 60, AbortSignal.abort(reason)), { is: reason });
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  t.deepEqual(readdirSync(own), []);
});
