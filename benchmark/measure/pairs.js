// SPDX-License-Identifier: Apache-2.0
// Alternatives measured in alternation, A B B A: what disturbs the machine disturbs all of them alike, and what one
// leaves behind for the next (a disk that rested, a warm CPU) does not always fall to the same one.
import { cost } from './command.js';
import { estimate } from './statistics.js';

/** @typedef {import('./command.js').Command} Command */
/** @typedef {import('./command.js').Cost} Cost */

/**
 * @typedef {object} Alternative
 * @property {string} name
 * @property {Command} command
 */

/**
 * @typedef {object} Contest
 * @property {Record<string, Cost[]>} costs per name, a cost per round
 * @property {(name: string, part: keyof Cost) => import('./statistics.js').Estimate} of
 * @property {(name: string, other: string, part: keyof Cost) => import('./statistics.js').Estimate} ratio of pairs that
 * ran one after the other
 */

/**
 * Runs every alternative once a round, forwards and backwards in turn.
 * @param {readonly Alternative[]} alternatives
 * @param {{ rounds: number, before?: () => void, onCost?: (name: string, round: number, cost: Cost) => void }} options
 * `before` brings the page cache into its state before each run
 * @returns {Contest}
 */
export function contest(alternatives, { rounds, before, onCost }) {
  /** @type {Record<string, Cost[]>} */
  const costs = Object.fromEntries(alternatives.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, command } of round % 2 === 0 ? alternatives : alternatives.toReversed()) {
      before?.();
      const found = cost(command);
      costs[name]?.push(found);
      onCost?.(name, round, found);
    }
  }
  /** @type {(name: string, part: keyof Cost) => number[]} */
  const parts = (name, part) => (costs[name] ?? []).map((found) => found[part]);
  return {
    costs,
    of: (name, part) => estimate(parts(name, part)),
    ratio: (name, other, part) => {
      const others = parts(other, part);
      return estimate(parts(name, part).map((value, round) => value / (others[round] ?? Number.NaN)));
    },
  };
}
