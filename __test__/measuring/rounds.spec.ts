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

test('forwards and backwards, a trial of each first, and each time a shorter run after the long one', async (t) => {
  const order: string[] = [];
  const found = await measureInTurn([probe('a', order), probe('b', order)], 0.5, () => {});
  const rounds = order.filter((name) => !/^[ab]0$/.test(name));
  t.deepEqual(rounds.slice(0, 8), ['a1', 'a1.5', 'b1', 'b1.5', 'b2', 'b2.5', 'a2', 'a2.5']);
  t.regex(order.join(' '), /^(?:a0 )+(?:b0 )+a1 /);
  t.is(found[0]?.length, rounds.length / 4);
  t.is(found[1]?.length, found[0]?.length);
});

test('without time once each', async (t) => {
  const order: string[] = [];
  await measureInTurn([probe('a', order), probe('b', order)], 0.000_001, () => {});
  t.deepEqual(order, ['a0', 'b0', 'a1', 'a1.5', 'b1', 'b1.5']);
  t.deepEqual(await measureInTurn([], 1, () => {}), []);
});

test('each gets about as much as there is time for', async (t) => {
  const [small, large] = await measureInTurn([probe('a', []), probe('b', [], { most: 20 })], 0.3, () => {});
  t.true((small ?? []).every(({ bytes }) => bytes > 20 && bytes <= 1000));
  t.true((large ?? []).every(({ bytes }) => bytes === 15));
});

/** What runs with a start of so many seconds, and then does a thousand a second. */
function starting(start: number, amounts: number[], more: Partial<Probe> = {}): Probe {
  const run = async (amount: number) => {
    amounts.push(amount);
    return { bytes: amount, seconds: start + amount / 1000 };
  };
  return { name: 'starting', least: 1, most: 1e9, run, ...more };
}

test('what a run costs before it is under way does not count, however much of it that is', async (t) => {
  for (const start of [0, 0.002, 0.008]) {
    const [found = []] = await measureInTurn([starting(start, [])], 0.15, () => {});
    t.true(found.length > 0);
    for (const { bytes, seconds } of found) t.is((bytes / seconds).toFixed(6), '1000.000000', `${start}`);
  }
});

test('a trial that was all start says nothing of how much to give: it is given more', async (t) => {
  const amounts: number[] = [];
  await measureInTurn([starting(0.001, amounts)], 0.15, () => {});
  // 20 ms for a run: 1 and 4 take 2 and 5 ms.
  t.deepEqual(amounts.slice(0, 2), [1, 4]);
  t.is(amounts[2]?.toFixed(1), '16.0');
});

test('a shorter run that was disturbed takes no more than half off the long one', async (t) => {
  const [found = []] = await measureInTurn([{ name: 'a', least: 1, most: 1, run: disturbed }], 0.001, () => {});
  t.deepEqual(found[0], { bytes: 1, seconds: 1 });
  const [halved = []] = await measureInTurn([{ name: 'a', least: 4, most: 8, run: disturbed }], 0.001, () => {});
  t.deepEqual(halved[0], { bytes: 3, seconds: 0.375 });
});

async function disturbed(amount: number, round: number) {
  return { bytes: amount, seconds: round % 1 === 0 ? 1 : 3 };
}

test('what can only be done as a whole is done as a whole', async (t) => {
  const order: string[] = [];
  const found = await measureInTurn([probe('a', order, { least: 7, most: 7 })], 0.02, () => {});
  t.true(
    order.every((name) => /^a\d+$/.test(name)),
    order.join(' '),
  );
  t.true((found[0] ?? []).every(({ bytes, seconds }) => bytes === 7 && seconds === 0.005));
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
