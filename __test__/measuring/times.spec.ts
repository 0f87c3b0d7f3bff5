// SPDX-License-Identifier: Apache-2.0
// Measured and estimated times beside each other: on one scale, and each said for what it is.

import test from 'ava';

import { slowdown, timesOf } from '../../dist/measuring/times.js';

const measured = (value: number) => ({ value, spread: 0.01, runs: 5 });

test('what was done is told as it was, what was not by as much off as the usual way', (t) => {
  const times = timesOf([
    { estimate: 1, measured: measured(2) },
    { estimate: 0.5, measured: measured(0.6) },
    { estimate: 0.8, measured: undefined },
    { estimate: undefined, measured: undefined },
  ]);
  t.deepEqual(times, [
    { seconds: 2, kind: 'measured', estimate: 1, spread: 0.01 },
    { seconds: 0.6, kind: 'measured', estimate: 0.5, spread: 0.01 },
    { seconds: 1.6, kind: 'estimated', estimate: 0.8, spread: null },
    null,
  ]);
});

test('where the usual way was not done, estimates are what they are', (t) => {
  const times = timesOf([
    { estimate: 1, measured: undefined },
    { estimate: 0.5, measured: measured(3) },
    { estimate: 0.8, measured: undefined },
  ]);
  t.deepEqual(
    times.map((time) => time?.seconds),
    [1, 3, 0.8],
  );
  t.is(slowdown({ estimate: undefined, measured: undefined }), 1);
  t.deepEqual(timesOf([]), []);
});
