// SPDX-License-Identifier: Apache-2.0
// Measuring in turn: the order, the time, and what does not count.

import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';

import { type Probe, measureInTurn, medianOf } from '../../dist/measuring/rounds.js';

function probe(name: string, order: string[], more: Partial<Probe> = {}): Probe {
  const run = async (amount: number, round: number) => {
    order.push(`${name}${round}`);
    await sleep(5);
    return { bytes: amount, seconds: 0.005 };
  };
  return { name, least: 10, most: 1000, run, ...more };
}

async function nothing(): Promise<undefined> {
  return undefined;
}

async function failing(): Promise<never> {
  throw new Error('no');
}

test('forwards and backwards, a trial of each first', async (t) => {
  const order: string[] = [];
  const found = await measureInTurn([probe('a', order), probe('b', order)], 0.2, () => {});
  t.deepEqual(order.slice(0, 8), ['a0', 'b0', 'a1', 'b1', 'b2', 'a2', 'a3', 'b3']);
  t.is(found[0]?.length, (order.length - 2) / 2);
  t.is(found[1]?.length, found[0]?.length);
});

test('without time once each', async (t) => {
  const order: string[] = [];
  await measureInTurn([probe('a', order), probe('b', order)], 0.000_001, () => {});
  t.deepEqual(order, ['a0', 'b0', 'a1', 'b1']);
  t.deepEqual(await measureInTurn([], 1, () => {}), []);
});

test('each gets about as much as there is time for', async (t) => {
  const [small, large] = await measureInTurn([probe('a', []), probe('b', [], { most: 20 })], 0.3, () => {});
  t.true((small ?? []).every(({ bytes }) => bytes > 20 && bytes <= 1000));
  t.true((large ?? []).every(({ bytes }) => bytes === 20));
});

test('what cannot run has no figures, and the others keep their places', async (t) => {
  const found = await measureInTurn([probe('a', [], { run: nothing }), probe('b', [])], 0.05, () => {});
  t.is(found[0]?.length, 0);
  t.true((found[1]?.length ?? 0) > 0);
});

test('what fails ends it', async (t) => {
  await t.throwsAsync(
    measureInTurn([probe('a', [], { run: failing })], 1, () => {}),
    { message: 'no' },
  );
});

test('the median, and half the span of the middle half', (t) => {
  t.deepEqual(medianOf([3, 1, 2]), { value: 2, spread: 0.5, runs: 3 });
  t.deepEqual(medianOf([5]), { value: 5, spread: 0, runs: 1 });
  t.deepEqual(medianOf([1, 1, 1, 1, 100]), { value: 1, spread: 0, runs: 5 });
  t.deepEqual(medianOf([1, 3]), { value: 2, spread: 0.5, runs: 2 });
});
