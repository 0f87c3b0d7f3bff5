// SPDX-License-Identifier: Apache-2.0
// The engine played through: what can be worked out by hand, and what holds for any plan.

import test, { type ExecutionContext } from 'ava';
import * as fc from 'fast-check';

import { type Pace, type Work, play } from '../../dist/measuring/schedule.js';

/** One core does 1 a second with one stream, 2 with two. */
const PACE: Pace = { byStreams: [1, 2], efficiency: 1, cores: 2 };

function near(t: ExecutionContext, work: Work, pace: Pace, seconds: number): void {
  const found = play(work, pace);
  t.true(Math.abs(found - seconds) < 1e-6 * seconds + 1e-9, `${found} and not ${seconds}`);
}

test('streams side by side', (t) => {
  near(t, { units: [], crumbs: 0, threads: 2 }, PACE, 0);
  near(t, { units: [100], crumbs: 0, threads: 2 }, PACE, 100);
  near(t, { units: [100, 100], crumbs: 0, threads: 1 }, PACE, 100);
  near(t, { units: [100, 100, 100, 100], crumbs: 0, threads: 2 }, PACE, 100);
  near(t, { units: [100, 100, 100, 100], crumbs: 0, threads: 1 }, PACE, 200);
  near(t, { units: [100, 50, 50], crumbs: 0, threads: 1 }, PACE, 100);
  near(t, { units: [1000, 10], crumbs: 0, threads: 2 }, PACE, 1000);
});

test('more threads than cores take turns', (t) => {
  near(t, { units: [100, 100, 100, 100], crumbs: 0, threads: 4 }, { ...PACE, cores: 1 }, 200);
});

test('crumbs go to whoever is free', (t) => {
  near(t, { units: [], crumbs: 100, threads: 2 }, PACE, 50);
  near(t, { units: [100], crumbs: 10, threads: 1 }, PACE, 110);
  near(t, { units: [100, 100], crumbs: 80, threads: 2 }, { ...PACE, byStreams: [1] }, 140);
});

test('cores that are in the way of each other', (t) => {
  near(t, { units: [100, 100, 100, 100], crumbs: 0, threads: 2 }, { ...PACE, efficiency: 0.5 }, 200);
  near(t, { units: [100], crumbs: 0, threads: 2 }, { ...PACE, efficiency: 0.5 }, 100);
});

test('a disk gives no more than it has, to one stream or to all', (t) => {
  near(t, { units: [100], crumbs: 0, threads: 2 }, { ...PACE, disk: { one: 0.5, all: 100 } }, 200);
  near(t, { units: [100, 100, 100, 100], crumbs: 0, threads: 2 }, { ...PACE, disk: { one: 1, all: 2 } }, 200);
});

test('whatever the plan: bounded by its longest stream and by all of its work, and never more threads for worse', (t) => {
  const units = fc.array(fc.integer({ min: 1, max: 1e9 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(units, fc.nat(1000), fc.integer({ min: 1, max: 8 }), (sizes, crumbs, threads) => {
      const sorted = sizes.toSorted((one, other) => other - one);
      const pace = { byStreams: [1e6, 2e6], efficiency: 1, cores: 8 };
      const seconds = play({ units: sorted, crumbs, threads }, pace);
      const bytes = sizes.reduce((sum, size) => sum + size, 0);
      const [longest = 0] = sorted;
      const least = Math.max(longest / 1e6, (bytes / 2e6 + crumbs) / threads);
      return seconds >= least * (1 - 1e-6) && seconds <= (bytes / 1e6 + 2 * crumbs) * (1 + 1e-6);
    }),
  );
  t.pass();
});

test('thousands of units on hundreds of cores are played in a moment', (t) => {
  const started = performance.now();
  const pace = { byStreams: [1e9, 2e9], efficiency: 0.8, cores: 256 };
  const units = Array.from({ length: 5000 }, (_, index) => 1e9 - index * 1000);
  t.true(play({ units, crumbs: 3, threads: 256 }, pace) > 0);
  t.true(performance.now() - started < 5000);
});
