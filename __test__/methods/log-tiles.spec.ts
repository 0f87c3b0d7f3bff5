// SPDX-License-Identifier: Apache-2.0
// Tiles: where they are, what is in them, and what can be proven from them; against the definitions of RFC 6962, and with
// tiles that lie.

import { randomBytes } from 'node:crypto';

import test from 'ava';
import * as fc from 'fast-check';

import {
  BrokenTile,
  type FetchTile,
  type TilePlace,
  TiledTree,
  entriesIn,
  hashesIn,
  tilePaths,
} from '../../dist/methods/log-tiles.js';
import { leafHash, nodeHash, rootOf } from '../../dist/methods/merkle-tree.js';
import { entriesUpTo, treeHash } from './merkle-oracle.js';

const ENTRIES = entriesUpTo(66_000);
const ROWS = rowsOf(ENTRIES.map((entry) => leafHash(entry)));
/** Around every edge of a tile of the lowest and the next level. */
const SIZES = [1, 2, 3, 255, 256, 257, 300, 511, 512, 513, 1000, 65_535, 65_536, 65_537, 65_792, 66_000];

test('paths, as C2SP has them', (t) => {
  t.deepEqual(path(0n, 0n), ['tile/0/000']);
  t.deepEqual(path(3n, 1_234_067n), ['tile/3/x001/x234/067']);
  t.deepEqual(path('entries', 999n), ['tile/entries/999']);
  t.deepEqual(path('entries', 1000n), ['tile/entries/x001/000']);
  t.deepEqual(path(1n, 5n, 112), ['tile/1/005.p/112', 'tile/1/005']);
  t.deepEqual(path(0n, 2n ** 55n), ['tile/0/x036/x028/x797/x018/x963/968']);
});

test('bundles of entries', (t) => {
  t.deepEqual(entriesIn(bundle(ENTRIES.slice(0, 3)), 3), ENTRIES.slice(0, 3));
  t.deepEqual(
    entriesIn(bundle([Buffer.alloc(0), Buffer.alloc(65_535, 1)]), 2).map(({ length }) => length),
    [0, 65_535],
  );
  t.deepEqual(entriesIn(bundle(ENTRIES.slice(0, 256)), 7), ENTRIES.slice(0, 7), 'the full one will do');
  const wrong = [
    [bundle(ENTRIES.slice(0, 3)), 2],
    [bundle(ENTRIES.slice(0, 3)), 4],
    [bundle(ENTRIES.slice(0, 3)).subarray(1), 3],
    [bundle(ENTRIES.slice(0, 3)).subarray(0, -1), 3],
    [Buffer.concat([bundle(ENTRIES.slice(0, 3)), Buffer.of(0)]), 3],
    [bundle(ENTRIES.slice(0, 257)), 256],
    [Buffer.alloc(0), 1],
    [Buffer.from('<html>not found</html>'), 1],
  ] as const;
  for (const [bytes, width] of wrong) t.throws(() => entriesIn(bytes, width), { instanceOf: BrokenTile });
});

test('tiles of hashes', (t) => {
  t.is(hashesIn(Buffer.alloc(64), 2).length, 2);
  t.is(hashesIn(Buffer.alloc(256 * 32), 2).length, 2);
  for (const length of [0, 63, 65, 32, 96, 257 * 32]) {
    t.throws(() => hashesIn(Buffer.alloc(length), 2), { instanceOf: BrokenTile });
  }
});

test('garbage is refused, and never anything else', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1000 }), fc.integer({ min: 1, max: 256 }), (bytes, width) => {
      for (const read of [entriesIn, hashesIn]) {
        try {
          if (read(bytes, width).length !== width) return false;
        } catch (error) {
          if (!(error instanceof BrokenTile)) return false;
        }
      }
      return true;
    }),
  );
  t.pass();
});

test('every bundle of a tree is proven, at every edge', async (t) => {
  for (const size of SIZES) {
    const tree = new TiledTree({ size: BigInt(size), root: rootUpTo(size) }, tilesOf(size));
    const last = Math.floor((size - 1) / 256);
    for (const number of new Set(
      [0, 1, Math.floor(last / 2), last - 1, last].filter((one) => one >= 0 && one <= last),
    )) {
      const entries = await tree.bundle(BigInt(number));
      t.deepEqual(
        entries,
        ENTRIES.slice(number * 256, Math.min(size, number * 256 + 256)),
        `bundle ${number} of ${size}`,
      );
    }
  }
});

test('growth is proven, from every size to every other around the edges', async (t) => {
  for (const size of SIZES) {
    const tree = new TiledTree({ size: BigInt(size), root: rootUpTo(size) }, tilesOf(size));
    for (const earlier of [0, ...SIZES, size - 1, Math.floor(size / 3)].filter((one) => one >= 0 && one <= size)) {
      t.true(await tree.grewFrom({ size: BigInt(earlier), root: rootUpTo(earlier) }), `${earlier} in ${size}`);
      if (earlier > 0) t.false(await tree.grewFrom({ size: BigInt(earlier), root: randomBytes(32) }));
    }
    t.false(await tree.grewFrom({ size: BigInt(size + 1), root: rootUpTo(size) }));
  }
});

test('growth is proven for all sizes of a small tree', async (t) => {
  const roots = Array.from({ length: 301 }, (_, size) => treeHash(ENTRIES, 0, size));
  for (const size of [1, 7, 8, 100, 255, 256, 257, 300]) {
    const tree = new TiledTree({ size: BigInt(size), root: roots[size] ?? randomBytes(32) }, tilesOf(size));
    for (let earlier = 0; earlier <= size; earlier += 1) {
      const root = roots[earlier] ?? randomBytes(32);
      if (!(await tree.grewFrom({ size: BigInt(earlier), root }))) t.fail(`${earlier} in ${size}`);
    }
  }
  t.pass();
});

test('a tile that lies proves nothing', async (t) => {
  const size = 66_000;
  const root = rootUpTo(size);
  const fetch = tilesOf(size);
  const places: TilePlace[] = [];
  const noting: FetchTile = async (place) => {
    places.push(place);
    return fetch(place);
  };
  const honest = new TiledTree({ size: BigInt(size), root }, noting);
  t.truthy(await honest.bundle(3n));
  t.true(await honest.grewFrom({ size: 1000n, root: rootUpTo(1000) }));
  t.true(places.length > 4);
  for (const liar of places) {
    const lying: FetchTile = async (place) => {
      const bytes = Buffer.from(await fetch(place));
      const isLiar = place.level === liar.level && place.index === liar.index;
      // In tiles every hash is turned, in a bundle one letter of one entry.
      if (isLiar && place.level === 'entries') bytes[7] = (bytes[7] ?? 0) ^ 1;
      if (isLiar && place.level !== 'entries')
        for (let at = 0; at < bytes.length; at += 32) bytes[at] = (bytes[at] ?? 0) ^ 1;
      return bytes;
    };
    const tree = new TiledTree({ size: BigInt(size), root }, lying);
    const [entries, grew] = [await tree.bundle(3n), await tree.grewFrom({ size: 1000n, root: rootUpTo(1000) })];
    t.false(entries !== undefined && grew, `${liar.level} ${liar.index}`);
  }
});

test('a tile is fetched once, and only as wide as the tree', async (t) => {
  const places: string[] = [];
  const tree = new TiledTree({ size: 1000n, root: rootUpTo(1000) }, async (place) => {
    places.push(tilePaths(place)[0] ?? '');
    return tilesOf(1000)(place);
  });
  for (const number of [0n, 1n, 2n, 3n]) t.truthy(await tree.bundle(number));
  t.deepEqual(places.toSorted(), [
    'tile/0/003.p/232',
    'tile/1/000.p/3',
    'tile/entries/000',
    'tile/entries/001',
    'tile/entries/002',
    'tile/entries/003.p/232',
  ]);
});

test('what a tree that claims to be huge costs', async (t) => {
  const size = 2n ** 63n - 1n;
  let count = 0;
  const tree = new TiledTree({ size, root: randomBytes(32) }, async ({ level, width }) => {
    count += 1;
    return level === 'entries' ? bundle(ENTRIES.slice(0, width)) : Buffer.alloc(width * 32, 5);
  });
  t.is(await tree.bundle(size / 256n), undefined);
  t.is(await tree.bundle(0n), undefined);
  t.false(await tree.grewFrom({ size: size - 2n, root: randomBytes(32) }));
  t.true(count < 80, String(count));
});

/** Serves the tiles of the first entries. */
function tilesOf(size: number): FetchTile {
  return async ({ level, index, width }) => {
    const start = Number(index) * 256;
    if (level === 'entries') return bundle(ENTRIES.slice(start, Math.min(size, start + width)));
    const row = ROWS[Number(level) * 8] ?? [];
    const count = Math.floor(size / 256 ** Number(level));
    return Buffer.concat(row.slice(start, Math.min(count, start + width)));
  };
}

function bundle(entries: readonly Buffer[]): Buffer {
  return Buffer.concat(entries.flatMap((entry) => [Buffer.of(entry.length >> 8, entry.length & 255), entry]));
}

/** The hashes of all complete subtrees, by height. */
function rowsOf(leaves: readonly Buffer[]): Buffer[][] {
  const rows = [[...leaves]];
  for (let row = rows[0] ?? []; row.length > 1;) {
    row = Array.from({ length: Math.floor(row.length / 2) }, (_, at) =>
      nodeHash(row[2 * at] ?? Buffer.alloc(0), row[2 * at + 1] ?? Buffer.alloc(0)),
    );
    rows.push(row);
  }
  return rows;
}

const roots = new Map<number, Buffer>();

function rootUpTo(size: number): Buffer {
  const root = roots.get(size) ?? rootOf((ROWS[0] ?? []).slice(0, size));
  roots.set(size, root);
  return root;
}

function path(level: TilePlace['level'], index: bigint, width = 256): readonly string[] {
  return tilePaths({ level, index, width });
}
