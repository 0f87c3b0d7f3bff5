// SPDX-License-Identifier: Apache-2.0
// Map.groupBy, which Node.js 20 does not have.

/**
 * @template T
 * @param {readonly T[]} items
 * @param {(item: T) => string} name
 * @returns {Map<string, T[]>}
 */
export function grouped(items, name) {
  /** @type {Map<string, T[]>} */
  const groups = new Map();
  for (const item of items) groups.set(name(item), [...(groups.get(name(item)) ?? []), item]);
  return groups;
}
