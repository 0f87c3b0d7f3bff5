// SPDX-License-Identifier: Apache-2.0
// Medians and the noise around them.

/** @typedef {{ value: number, noise: number, count: number }} Estimate */

/**
 * The median, and how far the median of as many other runs may well lie from it.
 * @param {readonly number[]} samples
 * @returns {Estimate}
 */
export function estimate(samples) {
  const value = median(samples);
  // Of normal noise the median absolute deviation is 0.6745 standard deviations, and a median's standard error 1.2533
  // standard deviations over the root of the count; two standard errors hold 19 of 20.
  const deviation = median(samples.map((sample) => Math.abs(sample - value))) / 0.6745;
  return { value, noise: (2 * 1.2533 * deviation) / Math.sqrt(samples.length), count: samples.length };
}

/**
 * @param {readonly number[]} samples
 * @returns {number}
 */
export function median(samples) {
  const sorted = samples.toSorted((one, other) => one - other);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}
