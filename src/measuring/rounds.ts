// SPDX-License-Identifier: Apache-2.0
// Alternatives measured in turn, forwards and backwards, until the time is up: what disturbs the machine disturbs all
// of them alike. The first runs of each find out how much to give it, and do not count. What a run costs before it is
// under way is told apart by a shorter one: a whole model pays it once, and not again with every part of it.

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
  /** Runs once. `round` counts from 0, the trials included; the shorter run of a round is half a round later. */
  readonly run: (amount: number, round: number) => Promise<Timing | undefined>;
}

const ROUNDS = 5;
const MOST_ROUNDS = 25;

/** A run that is longer says no more, one that is shorter too little, whatever the time allows. */
const LONGEST = 0.5;
const SHORTEST = 0.004;

/** The part of a run that the shorter one has. */
const SHORTER = 0.25;

/** A start is at most such a part of a run; what seems more is a disturbance. */
const MOST_START = 0.5;

/** A trial says how much to give a run when it takes such a part of its time, and so many times what the least does. */
const TELLING = 0.25;
const LONGER = 2;
const GROWTH = 4;

/** What ran of one probe, all of it and the part. */
interface Runs {
  readonly long: Timing[];
  readonly short: Timing[];
}

/** Measures for about so many seconds, and once each at least. For each probe its runs; none where it could not run. */
export async function measureInTurn(
  probes: readonly Probe[],
  seconds: number,
  onStep: (share: number, name: string) => void,
): Promise<Timing[][]> {
  const until = performance.now() + seconds * 1000;
  const share = seconds / Math.max(1, probes.length) / (ROUNDS + 1) / (1 + SHORTER);
  const ready = await tryOut(probes, Math.min(LONGEST, Math.max(SHORTEST, share)), onStep);
  const found: Runs[] = probes.map(() => ({ long: [], short: [] }));
  const started = performance.now();
  for (let round = 1; round <= MOST_ROUNDS && ready.length > 0; round += 1) {
    for (const { probe, amount, index } of round % 2 === 1 ? ready : ready.toReversed()) {
      onStep(Math.min(1, (performance.now() - started) / Math.max(1, until - started)), probe.name);
      await keep(found[index]?.long, probe.run(amount, round));
      if (probe.least < probe.most) await keep(found[index]?.short, probe.run(amount * SHORTER, round + 0.5));
    }
    const perRound = (performance.now() - started) / round;
    if (performance.now() + perRound > until) break;
  }
  return found.map(underWay);
}

async function keep(timings: Timing[] | undefined, running: Promise<Timing | undefined>): Promise<void> {
  const timing = await running;
  if (timing) timings?.push(timing);
}

/** How much to give each: more and more, until a trial is long enough to tell, for the first may be all start. */
async function tryOut(probes: readonly Probe[], each: number, onStep: (share: number, name: string) => void) {
  const ready: { readonly probe: Probe; readonly index: number; readonly amount: number }[] = [];
  for (const [index, probe] of probes.entries()) {
    onStep(0, probe.name);
    let amount = Math.min(probe.most, probe.least);
    const first = await probe.run(amount, 0);
    let trial = first;
    const enough = Math.min(each, Math.max(each * TELLING, (first?.seconds ?? 0) * LONGER));
    while (trial && trial.seconds < enough && amount < probe.most) {
      amount = Math.min(probe.most, amount * GROWTH);
      trial = await probe.run(amount, 0);
    }
    if (trial === undefined) continue;
    const wanted = (amount * each) / Math.max(trial.seconds, 1e-6);
    ready.push({ probe, index, amount: Math.min(probe.most, Math.max(probe.least, wanted)) });
  }
  return ready;
}

/** What each long run did beyond a short one: its start is taken off. */
function underWay({ long, short }: Runs): Timing[] {
  if (short.length === 0) return long;
  const start = { bytes: middle(short.map(({ bytes }) => bytes)), seconds: middle(short.map((run) => run.seconds)) };
  return long.map((run) => {
    const bytes = run.bytes - start.bytes;
    if (bytes <= 0) return run;
    const least = ((run.seconds * bytes) / run.bytes) * (1 - MOST_START);
    return { bytes, seconds: Math.max(least, run.seconds - start.seconds) };
  });
}

function middle(figures: readonly number[]): number {
  return medianOf(figures).value;
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
