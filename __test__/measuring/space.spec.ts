// SPDX-License-Identifier: Apache-2.0
// Which bytes stand for a model: inside its files, never twice, no more than asked for.

import test from 'ava';
import * as fc from 'fast-check';

import { bytesOf, cut, fromRows, largeFiles, numbersOf, someSmallFiles } from '../../dist/measuring/space.js';

const MIB = 2 ** 20;

test('large files are whole, small ones left to themselves', (t) => {
  t.deepEqual(largeFiles([MIB, MIB + 1, 0, 5 * MIB]), [
    { file: 1, start: 0, end: MIB + 1 },
    { file: 3, start: 0, end: 5 * MIB },
  ]);
});

test('pieces lie evenly over all files, at the places the engine reads at', (t) => {
  t.deepEqual(cut(largeFiles([64 * MIB, 64 * MIB]), 2, 32 * MIB), [
    { file: 0, start: 0, end: 16 * MIB },
    { file: 1, start: 0, end: 16 * MIB },
  ]);
  t.deepEqual(cut(largeFiles([64 * MIB]), 2, 32 * MIB, 0.5), [
    { file: 0, start: 8 * MIB, end: 24 * MIB },
    { file: 0, start: 40 * MIB, end: 56 * MIB },
  ]);
  t.deepEqual([...numbersOf(cut(largeFiles([64 * MIB]), 1, 1e12))], [0, 0, 64 * MIB]);
});

test('whatever the files: pieces are inside them, apart from each other, and about as many bytes as asked for', (t) => {
  const sizes = fc.array(fc.integer({ min: MIB + 1, max: 200 * MIB }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(
      sizes,
      fc.integer({ min: 1, max: 16 }),
      fc.integer({ min: MIB, max: 300 * MIB }),
      fc.nat(100),
      (...all) => {
        const [files, pieces, bytes, phase] = all;
        const parts = cut(largeFiles(files), pieces, bytes, phase / 100);
        const total = files.reduce((sum, size) => sum + size, 0);
        const inside = parts.every(({ file, start, end }) => start >= 0 && start < end && end <= (files[file] ?? 0));
        const apart = parts.every((one, index) =>
          parts.every((other, at) => {
            return at === index || other.file !== one.file || other.end <= one.start || other.start >= one.end;
          }),
        );
        const slack = 2 * pieces * 4 * MIB + files.length * 4 * MIB;
        return inside && apart && bytesOf(parts) <= Math.min(total, bytes) + slack;
      },
    ),
  );
  t.pass();
});

test('of small files some of every size', (t) => {
  const sizes = Array.from({ length: 1000 }, (_, index) => index);
  const rows = someSmallFiles([...sizes, 5 * MIB], 10, 1e9);
  t.deepEqual(
    rows.map((row) => row.map(({ end }) => end)),
    [950, 850, 750, 650, 550, 450, 350, 250, 150, 50].map((size) => [size]),
  );
  t.is(someSmallFiles(sizes, 5000, 1e9).flat().length, 1000);
  t.is(someSmallFiles([MIB, MIB, MIB, MIB], 10, 2 * MIB).flat().length, 2);
  t.deepEqual(someSmallFiles([5 * MIB], 10, 1e9), []);
  t.is(someSmallFiles([0, 0], 10, 1e9).flat().length, 2);
});

test('small files come in rows of neighbours, as the engine takes them', (t) => {
  const equal = Array.from({ length: 100_000 }, () => 4096);
  const rows = someSmallFiles(equal, 16_000, 1e9);
  t.is(rows.length, 32);
  for (const row of rows) {
    t.is(row.length, 500);
    for (const [index, { file }] of row.entries()) t.is(file, (row[0]?.file ?? 0) + index);
  }
  const some = fromRows(rows, 4000);
  t.is(some.length, 4000);
  t.is(some.filter(({ file }, index) => index > 0 && file !== (some[index - 1]?.file ?? 0) + 1).length, 31);
});

test('whatever the small files: none twice, and about as many as asked for', (t) => {
  const sizes = fc.array(fc.integer({ min: 0, max: MIB }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 400 }), (all, most, files) => {
      const rows = someSmallFiles(all, most, Infinity);
      const parts = fromRows(rows, files);
      const names = parts.map(({ file }) => file);
      const isWhole = parts.every(({ file, start, end }) => start === 0 && end === all[file]);
      const isSorted = names.every((name, index) => index === 0 || name > (names[index - 1] ?? 0));
      const count = Math.min(all.length, most, files);
      return isWhole && isSorted && Math.abs(parts.length - count) <= rows.length;
    }),
  );
  t.pass();
});
