// SPDX-License-Identifier: Apache-2.0
// Alternatives measured in turn, forwards and backwards, until the time is up: what disturbs the machine disturbs all
// of them alike. The first run of each finds out how much to give it, and does not count.

import type { Median } from './answer.js';

/** What one run came to. */
export interface Timing {
  readonly bytes: number;
  readonly seconds: number;
}

/** Something to be measured. */
export interface Probe {
  readonly name: string;
  /** The amounts that a run can be given, in bytes or whatever the probe counts in. */
  readonly least: number;
  readonly most: number;
  /** Runs once. `round` counts from 0, the trial included. */
  readonly run: (amount: number, round: number) => Promise<Timing | undefined>;
}

const ROUNDS = 5;
const MOST_ROUNDS = 25;

/** A run that is longer says no more, one that is shorter too little, whatever the time allows. */
const LONGEST = 0.5;
const SHORTEST = 0.004;

/** Measures for about so many seconds, and once each at least. For each probe its runs; none where it could not run. */
export async function measureInTurn(
  probes: readonly Probe[],
  seconds: number,
  onStep: (share: number, name: string) => void,
): Promise<Timing[][]> {
  const until = performance.now() + seconds * 1000;
  const each = Math.min(LONGEST, Math.max(SHORTEST, seconds / Math.max(1, probes.length) / (ROUNDS + 1)));
  const ready = await tryOut(probes, each, onStep);
  const found: Timing[][] = probes.map(() => []);
  const started = performance.now();
  for (let round = 1; round <= MOST_ROUNDS && ready.length > 0; round += 1) {
    for (const { probe, amount, index } of round % 2 === 1 ? ready : ready.toReversed()) {
      onStep(Math.min(1, (performance.now() - started) / Math.max(1, until - started)), probe.name);
      const timing = await probe.run(amount, round);
      if (timing) found[index]?.push(timing);
    }
    const perRound = (performance.now() - started) / round;
    if (performance.now() + perRound > until) break;
  }
  return found;
}

async function tryOut(probes: readonly Probe[], each: number, onStep: (share: number, name: string) => void) {
  const ready: { readonly probe: Probe; readonly index: number; readonly amount: number }[] = [];
  for (const [index, probe] of probes.entries()) {
    onStep(0, probe.name);
    const trial = await probe.run(Math.min(probe.most, probe.least), 0);
    if (trial === undefined) continue;
    const wanted = (Math.min(probe.most, probe.least) * each) / Math.max(trial.seconds, 1e-6);
    ready.push({ probe, index, amount: Math.min(probe.most, Math.max(probe.least, wanted)) });
  }
  return ready;
}

/** The median of some figures. */
export function medianOf(figures: readonly number[]): Median {
  const sorted = figures.toSorted((one, other) => one - other);
  const spread = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 2;
  return { value: quantile(sorted, 0.5), spread, runs: sorted.length };
}

function quantile(sorted: readonly number[], part: number): number {
  const at = (sorted.length - 1) * part;
  const [low = Number.NaN, high = low] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at - Math.floor(at));
}
