// SPDX-License-Identifier: Apache-2.0
// The times of ways to hash a model, on one scale: measured where they were done, else estimated. What others do on the
// machine may slow down whole runs and not the parts that estimates are made of; a measured time beside an estimate
// would then tell of that, and not of the ways.

import type { BenchmarkTime, Median } from './answer.js';

/** One way: what it is expected to take, where that is known, and what it took, where it was done. */
export interface Outcome {
  readonly estimate: number | undefined;
  readonly measured: Median | undefined;
}

/** By how much the usual way took longer than estimated; 1 where it was not done. */
export function slowdown({ estimate, measured }: Outcome): number {
  return estimate === undefined || measured === undefined ? 1 : measured.value / estimate;
}

/** What to say of each way; the first is the usual one, by which the estimates of the others are corrected. */
export function timesOf(outcomes: readonly Outcome[]): (BenchmarkTime | null)[] {
  const [usual] = outcomes;
  const slower = usual === undefined ? 1 : slowdown(usual);
  return outcomes.map(({ estimate, measured }) => {
    if (estimate === undefined) return null;
    if (measured === undefined) return { seconds: estimate * slower, kind: 'estimated', estimate, spread: null };
    return { seconds: measured.value, kind: 'measured', estimate, spread: measured.spread };
  });
}
