// SPDX-License-Identifier: Apache-2.0
// Whether a ratio is worse than what is promised, or than what was recorded, by more than noise.
import { meets } from '../targets.js';

/** @typedef {'ok' | 'better' | 'no baseline' | 'SLOWER' | 'MISSED'} Verdict */
/** @typedef {{ value: number, noise: number }} Measured */

/** @type {readonly Verdict[]} */
export const VERDICTS = ['ok', 'better', 'no baseline', 'SLOWER', 'MISSED'];

/** A run cannot excuse itself: its own noise beyond this part of a target, or of what was recorded, counts for nothing. */
const MOST_MARGIN = 0.1;

/**
 * `MISSED`: beyond the target. `SLOWER`: kept the target, but beyond what was recorded. `better`: so much below what
 * was recorded that another baseline should be. Noise excuses both ways.
 * @param {Measured} found
 * @param {{ bound?: { atMost: number } | undefined, recorded?: Measured | undefined }} against
 * @returns {{ verdict: Verdict, allowed: number | null }} what the ratio may be at most, by both
 */
export function judge(found, { bound, recorded }) {
  const margin = bound === undefined ? 0 : Math.min(found.noise, MOST_MARGIN * bound.atMost);
  // Two runs differ by the noise of both. What was recorded was looked at when it was committed.
  const both = recorded === undefined ? 0 : recorded.noise + Math.min(found.noise, MOST_MARGIN * recorded.value);
  const limits = [
    ...(bound === undefined ? [] : [bound.atMost + margin]),
    ...(recorded === undefined ? [] : [recorded.value + both]),
  ];
  const allowed = limits.length === 0 ? null : Math.min(...limits);
  return { verdict: verdict(), allowed };

  /** @returns {Verdict} */
  function verdict() {
    if (bound !== undefined && !meets(found.value, bound, margin)) return 'MISSED';
    if (recorded === undefined) return 'no baseline';
    if (found.value > recorded.value + both) return 'SLOWER';
    return found.value < recorded.value - both ? 'better' : 'ok';
  }
}

/** @param {Verdict} verdict */
export function fails(verdict) {
  return verdict === 'MISSED' || verdict === 'SLOWER';
}

/**
 * What to record of several passes: their median, and how far one of them lay from it, which is what the next run may.
 * @param {readonly Measured[]} passes
 * @returns {Measured}
 */
export function settle(passes) {
  const sorted = passes.map(({ value }) => value).toSorted((one, other) => one - other);
  const value = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const between = Math.max(...sorted.map((each) => Math.abs(each - value)));
  const within = Math.max(...passes.map(({ noise }) => noise));
  return { value, noise: Math.max(between, within) };
}
