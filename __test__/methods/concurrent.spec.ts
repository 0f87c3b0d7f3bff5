// SPDX-License-Identifier: Apache-2.0
// A few at a time.

import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';

import { concurrently } from '../../dist/methods/concurrent.js';

test('all items, in their order, and so many at a time', async (t) => {
  let [running, most] = [0, 0];
  const items = Array.from({ length: 20 }, (_, at) => at);
  const results = await concurrently(items, 4, async (item) => {
    running += 1;
    most = Math.max(most, running);
    await sleep(20 - item);
    running -= 1;
    return item * 2;
  });
  t.deepEqual(
    results,
    items.map((item) => item * 2),
  );
  t.is(most, 4);
  t.deepEqual(await concurrently([], 4, async () => t.fail()), []);
});

test('after a failure nothing new begins', async (t) => {
  const begun: number[] = [];
  const work = concurrently([0, 1, 2, 3, 4, 5, 6, 7], 2, async (item) => {
    begun.push(item);
    await sleep(5);
    if (item === 1) throw new Error('no');
  });
  await t.throwsAsync(work, { message: 'no' });
  const count = begun.length;
  await sleep(50);
  t.true(begun.length <= count && count <= 4);
});
