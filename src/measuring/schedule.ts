// SPDX-License-Identifier: Apache-2.0
// How long the engine takes for a plan: its threads take units, largest first, as many at a time as a core hashes side
// by side; what is left over goes to whoever is free. Played through, not guessed by a formula.

/** How fast one core is with some streams at once, and what all cores lose to each other. */
export interface Pace {
  /** Bytes a second of one core, by how many streams it hashes at once: the first is of one stream. */
  readonly byStreams: readonly number[];
  /** What all cores reach together, as a part of what they would reach if none were in the way of another. */
  readonly efficiency: number;
  /** Cores. */
  readonly cores: number;
  /** Bytes a second that one stream and all streams get from the disk. */
  readonly disk?: { readonly one: number; readonly all: number };
}

/** What is to be done. */
export interface Work {
  /** Bytes of each unit, largest first. */
  readonly units: readonly number[];
  /** Seconds of one core that can be shared out in any way: small files, and more units than are worth playing. */
  readonly crumbs: number;
  readonly threads: number;
}

/** A thread: the bytes left in each stream it hashes. */
interface Thread {
  readonly streams: number[];
}

/** Seconds until all is hashed. */
export function play({ units, crumbs, threads: count }: Work, pace: Pace): number {
  const threads: Thread[] = Array.from({ length: Math.max(1, count) }, () => ({ streams: [] }));
  const state = { next: 0, crumbs, seconds: 0 };
  for (;;) {
    for (const { streams } of threads) {
      while (streams.length < pace.byStreams.length && state.next < units.length)
        streams.push(units[state.next++] ?? 0);
    }
    if (threads.every(({ streams }) => streams.length === 0) && state.crumbs <= 0) return state.seconds;
    advance(threads, state, pace);
  }
}

/** To the next moment at which a stream, or the crumbs, come to their end. */
function advance(threads: readonly Thread[], state: { crumbs: number; seconds: number }, pace: Pace): void {
  const rates = threads.map(({ streams }) => streamRate(streams.length, pace));
  const free = threads.map(({ streams }) => (state.crumbs > 0 ? shareForCrumbs(streams.length, pace) : 0));
  const active = threads.filter(({ streams }, index) => streams.length > 0 || (free[index] ?? 0) > 0).length;
  const turn = Math.min(1, pace.cores / Math.max(1, active));
  const share = turn * kept(Math.min(active, pace.cores), pace);
  const wanted = threads.reduce((sum, { streams }, index) => {
    return sum + streams.length * (rates[index] ?? 0) * share * (1 - (free[index] ?? 0));
  }, 0);
  const reading = wanted > 0 ? Math.min(1, (pace.disk?.all ?? Infinity) / wanted) : 1;
  const speeds = rates.map((rate, index) => rate * share * (1 - (free[index] ?? 0)) * reading);
  const crumbling = free.reduce((sum, part) => sum + part * turn, 0);
  const ends = threads.flatMap(({ streams }, index) => streams.map((bytes) => bytes / (speeds[index] ?? 0)));
  const step = Math.min(...ends, ...(crumbling > 0 ? [state.crumbs / crumbling] : []));
  state.seconds += step;
  state.crumbs = crumbling * step >= state.crumbs * (1 - 1e-9) ? 0 : state.crumbs - crumbling * step;
  for (const [index, { streams }] of threads.entries()) {
    const done = (speeds[index] ?? 0) * step;
    for (let at = streams.length - 1; at >= 0; at -= 1) {
      const rest = (streams[at] ?? 0) - done;
      if (rest <= done * 1e-9 + 1e-3) streams.splice(at, 1);
      else streams[at] = rest;
    }
  }
}

/** Of each stream, on a core that hashes so many. */
function streamRate(streams: number, { byStreams, disk }: Pace): number {
  if (streams === 0) return 0;
  const rate = (byStreams[streams - 1] ?? 0) / streams;
  return Math.min(rate, disk?.one ?? Infinity);
}

/** A thread with a free place for a stream opens and reads small files in it, while its other streams wait. */
function shareForCrumbs(streams: number, { byStreams }: Pace): number {
  if (streams === 0) return 1;
  return streams < byStreams.length ? 0.5 : 0;
}

/** What so many busy cores keep of their speed. What crumbs lose was measured with them. */
function kept(busy: number, { cores, efficiency }: Pace): number {
  return busy <= 1 || cores <= 1 ? 1 : 1 / (1 + (1 / efficiency - 1) * ((busy - 1) / (cores - 1)));
}
