// SPDX-License-Identifier: Apache-2.0
// Logs that are read in tiles (C2SP tlog-tiles): where a tile is, what is in one, and the proofs that can be put together
// from them. Nothing here is believed: whoever uses a proof checks it against a root that the log signed.

import { HASH_SIZE, type Tree, isConsistent, isIncluded, leafHash, leftSize, nodeHash, rootOf } from './merkle-tree.js';

/** How many hashes or entries a full tile has. */
export const TILE_WIDTH = 256;

/** Eight rows of the tree are one row of tiles. */
const ROWS = 8n;
const WIDTH = BigInt(TILE_WIDTH);

/** Fetches a tile by its path, or the full one that came to stand for a partial one. */
export type FetchTile = (place: TilePlace) => Promise<Uint8Array>;

/** Which tile, and how much of it: level, index and width of a tile of hashes, or of entries. */
export interface TilePlace {
  readonly level: bigint | 'entries';
  readonly index: bigint;
  readonly width: number;
}

/** What is said of a tile that cannot be one. */
export class BrokenTile extends Error {}

/** The path of a tile, and where it is looked for when it has been filled meanwhile; the last is the full one. */
export function tilePaths({ level, index, width }: TilePlace): readonly string[] {
  const full = `tile/${level}/${indexPath(index)}`;
  return width === TILE_WIDTH ? [full] : [`${full}.p/${width}`, full];
}

/** The number in groups of three digits; all but the last have an x. */
function indexPath(index: bigint): string {
  const digits = index.toString();
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const groups = padded.match(/\d{3}/g) ?? [];
  return groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/');
}

/** The hashes in a tile; of a full tile that stands for a partial one, the first. */
export function hashesIn(bytes: Uint8Array, width: number): readonly Buffer[] {
  if (bytes.length !== width * HASH_SIZE && bytes.length !== TILE_WIDTH * HASH_SIZE) {
    throw new BrokenTile('gave a tile of another length than it should');
  }
  return Array.from({ length: width }, (_, at) => Buffer.from(bytes.subarray(at * HASH_SIZE, (at + 1) * HASH_SIZE)));
}

/** The entries in a bundle, each after its length in two bytes. */
export function entriesIn(bytes: Uint8Array, width: number): readonly Buffer[] {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: Buffer[] = [];
  for (let at = 0; at < content.length;) {
    const start = at + 2;
    const end = start <= content.length ? start + content.readUInt16BE(at) : Number.POSITIVE_INFINITY;
    if (end > content.length || entries.length === TILE_WIDTH) throw new BrokenTile('gave entries that are cut off');
    entries.push(content.subarray(start, end));
    at = end;
  }
  if (entries.length !== width && entries.length !== TILE_WIDTH) {
    throw new BrokenTile('gave more or fewer entries than it should');
  }
  return entries.slice(0, width);
}

/** A tree that is read in tiles. */
export class TiledTree {
  readonly #tree: Tree;
  readonly #fetch: FetchTile;
  readonly #tiles = new Map<string, Promise<readonly Buffer[]>>();

  constructor(tree: Tree, fetch: FetchTile) {
    this.#tree = tree;
    this.#fetch = fetch;
  }

  /** The entries of a bundle, if the tree has them there: proven all at once, as the one subtree that they are. */
  async bundle(index: bigint): Promise<readonly Buffer[] | undefined> {
    const start = index * WIDTH;
    const width = this.#widthAt(0n, index);
    const entries = entriesIn(await this.#fetch({ level: 'entries', index, width }), width);
    const subtree = rootOf(entries.map((entry) => leafHash(entry)));
    const proof = await this.#path(start, 0n, this.#tree.size);
    const above = { size: (this.#tree.size + WIDTH - 1n) / WIDTH, root: this.#tree.root };
    return isIncluded(subtree, index, proof, above) ? entries : undefined;
  }

  /** Whether this tree grew from an earlier one. */
  async grewFrom(earlier: Tree): Promise<boolean> {
    const { size } = this.#tree;
    if (earlier.size > size) return false;
    const isTrivial = earlier.size === size || earlier.size === 0n;
    const proof = isTrivial ? [] : await this.#subproof(earlier.size, 0n, size, true);
    return isConsistent(earlier, this.#tree, proof);
  }

  /** The siblings on the way from a bundle to the root, lowest first. */
  async #path(start: bigint, from: bigint, to: bigint): Promise<Buffer[]> {
    if (to - from <= WIDTH) return [];
    const middle = from + leftSize(to - from);
    return start < middle
      ? [...(await this.#path(start, from, middle)), await this.#subtree(middle, to)]
      : [...(await this.#path(start, middle, to)), await this.#subtree(from, middle)];
  }

  /** RFC 6962, section 2.1.2. */
  async #subproof(size: bigint, from: bigint, to: bigint, isWhole: boolean): Promise<Buffer[]> {
    if (size === to - from) return isWhole ? [] : [await this.#subtree(from, to)];
    const middle = from + leftSize(to - from);
    return size <= middle - from
      ? [...(await this.#subproof(size, from, middle, isWhole)), await this.#subtree(middle, to)]
      : [...(await this.#subproof(size - (middle - from), middle, to, false)), await this.#subtree(from, middle)];
  }

  /** The hash of the leaves from here to there; where they are no complete subtree, of two that are nearer to one. */
  async #subtree(from: bigint, to: bigint): Promise<Buffer> {
    const size = to - from;
    const height = BigInt(size.toString(2).length - 1);
    if (size === 1n << height) return this.#node(height, from >> height);
    const middle = from + leftSize(size);
    return nodeHash(await this.#subtree(from, middle), await this.#subtree(middle, to));
  }

  /** A complete subtree stands in the tile below it, or is the root over some of its hashes. */
  async #node(height: bigint, index: bigint): Promise<Buffer> {
    const level = height / ROWS;
    const first = index << (height % ROWS);
    const tile = await this.#tile(level, first / WIDTH);
    const at = Number(first % WIDTH);
    return rootOf(tile.slice(at, at + 2 ** Number(height % ROWS)));
  }

  async #tile(level: bigint, index: bigint): Promise<readonly Buffer[]> {
    const key = `${level} ${index}`;
    const width = this.#widthAt(level, index);
    const tile = this.#tiles.get(key) ?? this.#fetch({ level, index, width }).then((bytes) => hashesIn(bytes, width));
    this.#tiles.set(key, tile);
    return tile;
  }

  /** How many hashes a tile has in a tree of this size. */
  #widthAt(level: bigint, index: bigint): number {
    const left = (this.#tree.size >> (level * ROWS)) - index * WIDTH;
    return left < WIDTH ? Number(left) : TILE_WIDTH;
  }
}
