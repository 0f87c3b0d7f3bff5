// SPDX-License-Identifier: Apache-2.0
// Trees as RFC 6962 section 2.1 defines them, word by word and as slow as that is: what faster arithmetic is checked against.

import { createHash } from 'node:crypto';

/** MTH of a list of entries. What was hashed once is remembered as long as the list is. */
export function treeHash(entries: readonly Buffer[], from = 0, to: number = entries.length): Buffer {
  const known = HASHES.get(entries) ?? new Map<string, Buffer>();
  HASHES.set(entries, known);
  const hash = known.get(`${from} ${to}`) ?? newHash(entries, from, to);
  known.set(`${from} ${to}`, hash);
  return hash;
}

const HASHES = new WeakMap<readonly Buffer[], Map<string, Buffer>>();

function newHash(entries: readonly Buffer[], from: number, to: number): Buffer {
  if (from === to) return sha256();
  if (to - from === 1) return sha256(Buffer.of(0), entries[from] ?? Buffer.alloc(0));
  const middle = from + split(to - from);
  return sha256(Buffer.of(1), treeHash(entries, from, middle), treeHash(entries, middle, to));
}

/** PATH: the audit path of one of the first entries up to `to`. */
export function auditPath(index: number, entries: readonly Buffer[], to: number, from = 0): Buffer[] {
  if (to - from === 1) return [];
  const middle = from + split(to - from);
  return index < middle
    ? [...auditPath(index, entries, middle, from), treeHash(entries, middle, to)]
    : [...auditPath(index, entries, to, middle), treeHash(entries, from, middle)];
}

/** PROOF: that the tree of the first entries up to `to` is the one of the first `earlier` with more. */
export function consistencyProof(earlier: number, entries: readonly Buffer[], to: number): Buffer[] {
  return earlier === 0 ? [] : subproof(earlier, entries, 0, to, true);
}

function subproof(end: number, entries: readonly Buffer[], from: number, to: number, isWhole: boolean): Buffer[] {
  if (end === to) return isWhole ? [] : [treeHash(entries, from, to)];
  const middle = from + split(to - from);
  return end <= middle
    ? [...subproof(end, entries, from, middle, isWhole), treeHash(entries, middle, to)]
    : [...subproof(end, entries, middle, to, false), treeHash(entries, from, middle)];
}

/** Entries that differ. */
export function entriesUpTo(count: number): Buffer[] {
  return Array.from({ length: count }, (_, at) => Buffer.from(`entry ${at}`));
}

/** The largest power of two that is smaller. */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

function sha256(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
