// SPDX-License-Identifier: Apache-2.0
// The arithmetic of logs against the definitions of RFC 6962, for every tree of up to some hundred leaves; and what is no
// proof.

import { randomBytes } from 'node:crypto';

import test from 'ava';
import * as fc from 'fast-check';

import {
  EMPTY_ROOT,
  LARGEST_TREE,
  isConsistent,
  isIncluded,
  leafHash,
  leftSize,
  nodeHash,
  rootOf,
} from '../../dist/methods/merkle-tree.js';
import { auditPath, consistencyProof, entriesUpTo, treeHash } from './merkle-oracle.js';

const MOST = 200;
const ENTRIES = entriesUpTo(MOST);
const ROOTS = Array.from({ length: MOST + 1 }, (_, size) => treeHash(ENTRIES, 0, size));

/** The tree of the first entries. */
function tree(size: number) {
  return { size: BigInt(size), root: ROOTS[size] ?? EMPTY_ROOT };
}

test('roots, for every size', (t) => {
  for (let size = 0; size <= MOST; size += 1) {
    t.deepEqual(rootOf(ENTRIES.slice(0, size).map((entry) => leafHash(entry))), ROOTS[size]);
  }
  const known = '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d';
  t.is(leafHash(Buffer.alloc(0)).toString('hex'), known, 'the hash of an empty entry, as RFC 6962 has it in its tests');
  t.is(EMPTY_ROOT.toString('hex'), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});

test('inclusion: every leaf of every tree, and nothing else with the same proof', (t) => {
  let count = 0;
  for (let size = 1; size <= MOST; size += 1) {
    for (let index = 0; index < size; index += 1) {
      const proof = auditPath(index, ENTRIES, size);
      const leaf = leafHash(ENTRIES[index] ?? randomBytes(1));
      const holds =
        isIncluded(leaf, BigInt(index), proof, tree(size)) &&
        !isIncluded(leafHash(randomBytes(8)), BigInt(index), proof, tree(size)) &&
        !isIncluded(leaf, BigInt(index), [...proof, randomBytes(32)], tree(size)) &&
        !(proof.length > 0 && isIncluded(leaf, BigInt(index), proof.slice(1), tree(size))) &&
        !(proof.length > 0 && isIncluded(leaf, BigInt(index), proof.slice(0, -1), tree(size))) &&
        !(size > 1 && isIncluded(leaf, BigInt((index + 1) % size), proof, tree(size)));
      if (!holds) t.fail(`leaf ${index} of ${size}`);
      count += 1;
    }
  }
  t.is(count, (MOST * (MOST + 1)) / 2);
});

test('the hash of a subtree is no leaf', (t) => {
  const left = treeHash(ENTRIES, 0, 2);
  t.is(nodeHash(left, treeHash(ENTRIES, 2, 4)).compare(tree(4).root), 0);
  t.false(isIncluded(left, 0n, [treeHash(ENTRIES, 2, 4)], tree(4)), 'although that way leads to the root');
  t.false(isIncluded(tree(4).root, 0n, [], tree(4)));
});

test('consistency: every pair of sizes, and nothing else with the same proof', (t) => {
  let count = 0;
  for (let size = 0; size <= MOST; size += 1) {
    for (let earlier = 0; earlier <= size; earlier += 1) {
      const proof = consistencyProof(earlier, ENTRIES, size);
      const [first, second] = [tree(earlier), tree(size)];
      const other = { size: second.size, root: randomBytes(32) };
      const holds =
        isConsistent(first, second, proof) &&
        !isConsistent(first, second, [...proof, randomBytes(32)]) &&
        (earlier === 0 || !isConsistent({ ...first, root: randomBytes(32) }, second, proof)) &&
        (earlier === 0 || !isConsistent(first, other, proof)) &&
        !(proof.length > 0 && isConsistent(first, second, proof.slice(1))) &&
        !(proof.length > 0 && isConsistent(first, second, proof.slice(0, -1))) &&
        !(proof.length > 0 && isConsistent(first, second, [randomBytes(32), ...proof.slice(1)]));
      if (!holds) t.fail(`${earlier} in ${size}`);
      count += 1;
    }
  }
  t.is(count, ((MOST + 1) * (MOST + 2)) / 2);
});

test('a proof is of its own sizes only', (t) => {
  for (let size = 2; size <= 40; size += 1) {
    for (let earlier = 1; earlier < size; earlier += 1) {
      const proof = consistencyProof(earlier, ENTRIES, size);
      for (let other = 1; other <= size; other += 1) {
        // The sizes are not hashed: only with the roots of those sizes does a proof fit.
        const fits = isConsistent(tree(other), tree(size), proof);
        if (fits !== (other === earlier)) t.fail(`${earlier} in ${size} as ${other}`);
      }
    }
  }
  t.pass();
});

test('a tree without leaves', (t) => {
  t.true(isConsistent(tree(0), tree(0), []));
  t.true(isConsistent(tree(0), tree(7), []));
  t.false(isConsistent(tree(0), tree(7), [randomBytes(32)]));
  t.false(isConsistent({ size: 0n, root: randomBytes(32) }, tree(7), []), 'it has one root');
  t.false(isConsistent(tree(0), { size: 0n, root: randomBytes(32) }, []));
  t.false(isIncluded(leafHash(Buffer.of(1)), 0n, [], tree(0)));
});

test('the same size', (t) => {
  t.true(isConsistent(tree(5), tree(5), []));
  t.false(isConsistent(tree(5), { size: 5n, root: randomBytes(32) }, []));
  t.false(isConsistent(tree(5), tree(5), [ROOTS[5] ?? EMPTY_ROOT]));
});

test('sizes and hashes that are none', (t) => {
  const proof = consistencyProof(3, ENTRIES, 7);
  t.true(isConsistent(tree(3), tree(7), proof));
  t.false(isConsistent(tree(7), tree(3), proof), 'a tree does not shrink');
  t.false(isConsistent({ ...tree(3), size: -3n }, tree(7), proof));
  t.false(isConsistent(tree(3), { ...tree(7), size: LARGEST_TREE + 1n }, proof));
  t.false(isConsistent({ ...tree(3), root: EMPTY_ROOT.subarray(1) }, tree(7), proof));
  t.false(isConsistent(tree(3), tree(7), [...proof.slice(1), Buffer.alloc(31)]));
  const path = auditPath(2, ENTRIES, 7);
  const leaf = leafHash(ENTRIES[2] ?? EMPTY_ROOT);
  t.true(isIncluded(leaf, 2n, path, tree(7)));
  for (const index of [-1n, 7n, LARGEST_TREE]) t.false(isIncluded(leaf, index, path, tree(7)));
  t.false(isIncluded(leaf.subarray(1), 2n, path, tree(7)));
});

test('the largest trees take no longer: 63 steps', (t) => {
  let root: Buffer = leafHash(Buffer.of(1));
  const path = Array.from({ length: 63 }, () => randomBytes(32));
  for (const other of path) root = nodeHash(root, other);
  const huge = { size: LARGEST_TREE, root };
  t.true(isIncluded(leafHash(Buffer.of(1)), 0n, path, huge));
  t.false(isIncluded(leafHash(Buffer.of(1)), 0n, path.slice(1), huge));
  t.false(isConsistent({ size: LARGEST_TREE - 1n, root }, huge, path));
  t.false(
    isIncluded(
      leafHash(Buffer.of(1)),
      0n,
      Array.from({ length: 100_000 }, () => root),
      huge,
    ),
  );
});

test('any bit of a proof matters', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: MOST }), fc.nat(), fc.nat(), fc.nat(), (size, one, two, bit) => {
      const earlier = 1 + (one % (size - 1));
      const proof = consistencyProof(earlier, ENTRIES, size);
      const changed = proof.map((hash) => Buffer.from(hash));
      const at = changed[two % changed.length] ?? EMPTY_ROOT;
      at[bit % 32] = (at[bit % 32] ?? 0) ^ (1 << (bit % 8));
      return !isConsistent(tree(earlier), tree(size), changed);
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test('random proofs prove nothing', (t) => {
  const hash = fc.uint8Array({ minLength: 31, maxLength: 33 });
  fc.assert(
    fc.property(
      fc.array(hash, { maxLength: 70 }),
      fc.bigInt(-5n, 2n ** 65n),
      fc.bigInt(-5n, 2n ** 65n),
      (proof, one, two) => {
        const trees = [one, two].map((size) => ({ size, root: Buffer.alloc(32, 7) }));
        const [first = tree(0), second = tree(0)] = trees;
        const isSame = one === two && proof.length === 0 && one > 0n && one <= LARGEST_TREE;
        return isConsistent(first, second, proof) === isSame && !isIncluded(Buffer.alloc(32), one, proof, second);
      },
    ),
  );
  t.pass();
});

test('halves', (t) => {
  for (let size = 2; size < 600; size += 1) {
    let half = 1;
    while (half * 2 < size) half *= 2;
    if (leftSize(BigInt(size)) !== BigInt(half)) t.fail(String(size));
  }
  t.is(leftSize(LARGEST_TREE), 2n ** 62n);
});
