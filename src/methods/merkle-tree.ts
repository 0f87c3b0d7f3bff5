// SPDX-License-Identifier: Apache-2.0
// The arithmetic of transparency logs (RFC 6962 section 2.1, RFC 9162 sections 2.1.3.2 and 2.1.4.2): hashes of trees, and
// whether a proof shows that an entry is in one, or that one grew from another. Sizes have up to 63 bits.

import { createHash } from 'node:crypto';

/** A tree is known by how many leaves it has, and by its root. */
export interface Tree {
  readonly size: bigint;
  readonly root: Buffer;
}

/** In bytes. */
export const HASH_SIZE = 32;

/** The largest number of leaves that is told apart from nonsense. */
export const LARGEST_TREE: bigint = 2n ** 63n - 1n;

const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);

/** The root of the tree without leaves. */
export const EMPTY_ROOT: Buffer = createHash('sha256').digest();

/** The hash of an entry. */
export function leafHash(entry: Uint8Array): Buffer {
  return createHash('sha256').update(LEAF).update(entry).digest();
}

/** The hash of two subtrees. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return createHash('sha256').update(NODE).update(left).update(right).digest();
}

/** The root over hashes of leaves, or of complete subtrees of one height. */
export function rootOf(hashes: readonly Uint8Array[]): Buffer {
  let row: Buffer[] = hashes.map((hash) => Buffer.from(hash));
  while (row.length > 1) {
    const above: Buffer[] = [];
    for (let at = 0; at < row.length; at += 2) {
      const [left, right] = row.slice(at, at + 2);
      if (left !== undefined) above.push(right === undefined ? left : nodeHash(left, right));
    }
    row = above;
  }
  return row[0] ?? EMPTY_ROOT;
}

/** How many leaves the left half has; there have to be two at least. */
export function leftSize(size: bigint): bigint {
  return 1n << BigInt((size - 1n).toString(2).length - 1);
}

/** Whether a proof shows that the leaf of a hash stands at an index of a tree. */
export function isIncluded(
  leaf: Uint8Array,
  index: bigint,
  proof: readonly Uint8Array[],
  { size, root }: Tree,
): boolean {
  if (index < 0n || index >= size || size > LARGEST_TREE || !areHashes([leaf, root, ...proof])) return false;
  let [at, last] = [index, size - 1n];
  let hash: Buffer = Buffer.from(leaf);
  for (const other of proof) {
    if (last === 0n) return false;
    if (isOdd(at) || at === last) {
      hash = nodeHash(other, hash);
      while (!isOdd(at) && at !== 0n) [at, last] = [at >> 1n, last >> 1n];
    } else hash = nodeHash(hash, other);
    [at, last] = [at >> 1n, last >> 1n];
  }
  return last === 0n && hash.equals(root);
}

/** Whether a proof shows that the second tree is the first one with leaves appended. */
export function isConsistent(first: Tree, second: Tree, proof: readonly Uint8Array[]): boolean {
  if (first.size < 0n || first.size > second.size || second.size > LARGEST_TREE) return false;
  if (!areHashes([first.root, second.root, ...proof]) || !(isSound(first) && isSound(second))) return false;
  if (first.size === second.size) return proof.length === 0 && first.root.equals(second.root);
  // Every tree begins with no leaves.
  if (first.size === 0n) return proof.length === 0;
  const [start, ...rest] = isPowerOfTwo(first.size) ? [first.root, ...proof] : proof;
  if (start === undefined) return false;
  let [at, last] = [first.size - 1n, second.size - 1n];
  while (isOdd(at)) [at, last] = [at >> 1n, last >> 1n];
  let [older, newer]: [Buffer, Buffer] = [Buffer.from(start), Buffer.from(start)];
  for (const other of rest) {
    if (last === 0n) return false;
    if (isOdd(at) || at === last) {
      [older, newer] = [nodeHash(other, older), nodeHash(other, newer)];
      while (!isOdd(at) && at !== 0n) [at, last] = [at >> 1n, last >> 1n];
    } else newer = nodeHash(newer, other);
    [at, last] = [at >> 1n, last >> 1n];
  }
  return last === 0n && older.equals(first.root) && newer.equals(second.root);
}

function isSound({ size, root }: Tree): boolean {
  return size !== 0n || root.equals(EMPTY_ROOT);
}

function areHashes(hashes: readonly Uint8Array[]): boolean {
  return hashes.every(({ length }) => length === HASH_SIZE);
}

function isOdd(number: bigint): boolean {
  return (number & 1n) === 1n;
}

function isPowerOfTwo(number: bigint): boolean {
  return number > 0n && (number & (number - 1n)) === 0n;
}
