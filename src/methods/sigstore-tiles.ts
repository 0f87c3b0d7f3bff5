// SPDX-License-Identifier: Apache-2.0
// Logs of version 2: no index, so that entries are read one after the other, in bundles of which each is proven to be in
// the tree that the log signed; from where the last run stopped, or the newest.

import { VerificationError } from '../errors.js';
import { escape } from '../native.js';
import { concurrently } from './concurrent.js';
import { BrokenTile, TILE_WIDTH, type TilePlace, TiledTree, tilePaths } from './log-tiles.js';
import { HASH_SIZE, leafHash } from './merkle-tree.js';
import { failedCall } from './service-call.js';
import { type Head, openCheckpoint } from './sigstore-checkpoint.js';
import { checkHistory } from './sigstore-history.js';
import { askLog, logQuestion, seekInLog } from './sigstore-log.js';
import { type FoundEntry, type Reading, type ReadingTask, countLeftOut, lostEntry } from './sigstore-reading.js';
import type { Judgement } from './sigstore-sighting.js';

/** An entry has 65535 bytes at most, and two that say how many. */
const LARGEST_BUNDLE = TILE_WIDTH * (65_535 + 2);
const LARGEST_TILE = TILE_WIDTH * HASH_SIZE;
const LARGEST_CHECKPOINT = 65_536;
const CALLS = 4;
const WIDTH = BigInt(TILE_WIDTH);

/** Where a log is. */
type Place = Pick<ReadingTask, 'base' | 'patience'>;

/** The places of entries, the last one not included. */
interface Range {
  readonly from: bigint;
  readonly to: bigint;
}

interface ReadEntry {
  readonly index: bigint;
  readonly leaf: string;
  readonly judgement: Judgement;
}

/** Asks for a checkpoint where logs of this version have it; nothing where there is none, as with those of version 1. */
export async function checkpointOf({ base, patience }: Place): Promise<string | undefined> {
  const answer = await seekInLog(logQuestion(base, 'api/v2/checkpoint', patience, LARGEST_CHECKPOINT));
  return answer?.body.toString('utf8');
}

/** Reads on in a log, up to the tree of a checkpoint. */
export async function readTiledLog(task: ReadingTask, checkpoint: string): Promise<Reading> {
  const head = openCheckpoint(checkpoint, task.logs);
  const tree = new TiledTree(head, async (place) => fetchTile(task, place));
  const heads = await checkHistory(task.logs[0].url, task.seen, [head], async (earlier) =>
    whole(task, tree.grewFrom(earlier)),
  );
  const range = rangeOf(task, head);
  const entries = await readRange(task, tree, range);
  return {
    found: entries.flatMap((entry) => foundEntry(task, entry)),
    heads,
    memory: { log: task.logs[0].url, checkpoints: [head.note], next: String(range.to) },
    range: { from: String(range.from), to: String(range.to) },
    rest: restOf(task, range, head),
    remarks: [],
    leftOut: countLeftOut(entries.map(({ judgement }) => judgement)),
    problem: lostProblem(task, range, entries),
  };
}

/** From where the last run stopped, or as many of the newest as may be read. */
function rangeOf({ memory, limit }: ReadingTask, { size }: Head): Range {
  const most = BigInt(limit);
  const newest = size > most ? size - most : 0n;
  const from = memory?.next === undefined ? newest : BigInt(memory.next);
  return { from, to: from + most < size ? from + most : size };
}

async function readRange(task: ReadingTask, tree: TiledTree, { from, to }: Range): Promise<readonly ReadEntry[]> {
  const first = from / WIDTH;
  const bundles = from === to ? 0 : Number((to - 1n) / WIDTH - first) + 1;
  const numbers = Array.from({ length: bundles }, (_, at) => first + BigInt(at));
  const read = await concurrently(numbers, CALLS, async (number) => {
    const entries = await whole(task, tree.bundle(number));
    if (entries === undefined) throw unproven(task, number);
    const placed = entries.map((body, at) => ({ body, index: number * WIDTH + BigInt(at) }));
    const asked = placed.filter(({ index }) => index >= from && index < to);
    return asked.flatMap(({ body, index }) => judged(task, body, index));
  });
  return read.flat();
}

/** Of strangers nothing is kept: there may be very many. */
function judged({ lookout, knownPlaces }: ReadingTask, body: Buffer, index: bigint): ReadEntry[] {
  const judgement = lookout.judge(body);
  const isOfNote = judgement.isNamed || knownPlaces.has(String(index));
  if (!isOfNote) return [];
  return [{ index, leaf: leafHash(body).toString('hex'), judgement }];
}

/** A tile, or as much of the full one as there is now. */
async function fetchTile({ base, patience }: Place, place: TilePlace): Promise<Buffer> {
  const largest = place.level === 'entries' ? LARGEST_BUNDLE : LARGEST_TILE;
  const questions = tilePaths(place).map((path) => logQuestion(base, `api/v2/${path}`, patience, largest));
  const [last] = questions.slice(-1);
  for (const question of questions.slice(0, -1)) {
    const answer = await seekInLog(question);
    if (answer !== undefined) return answer.body;
  }
  if (last === undefined) throw new Error('every tile has a path');
  return (await askLog(last)).body;
}

/** What cannot be a tile is no answer. */
async function whole<T>({ base, patience }: Place, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (!(cause instanceof BrokenTile)) throw cause;
    throw failedCall(logQuestion(base, 'api/v2/tile', patience, LARGEST_BUNDLE), cause.message, cause);
  }
}

/** What is before the place where the last run stopped was read then. */
function restOf({ memory }: ReadingTask, { from, to }: Range, { size }: Head): string | undefined {
  const places = [
    ...(from > 0n && memory?.next === undefined ? [`entries 0 to ${from - 1n}`] : []),
    ...(to < size ? [`entries ${to} to ${size - 1n}`] : []),
  ];
  return places.length === 0 ? undefined : places.join(' and ');
}

/** A bundle that the user has says where its entry is. */
function lostProblem(
  task: ReadingTask,
  { from, to }: Range,
  entries: readonly ReadEntry[],
): VerificationError | undefined {
  const leaves = new Map(entries.map(({ index, leaf }) => [String(index), leaf]));
  const lost = task.known.find(({ index, leaf }) => {
    const place = BigInt(index);
    return place >= from && place < to && leaves.get(index) !== leaf;
  });
  return lost && lostEntry(task, lost);
}

function foundEntry({ knownLeaves }: ReadingTask, { index, leaf, judgement: { sighting } }: ReadEntry): FoundEntry[] {
  if (sighting === undefined) return [];
  return [{ ...sighting, isKnown: knownLeaves.has(leaf), index: String(index), promised: undefined }];
}

function unproven({ logs: [{ url }] }: ReadingTask, bundle: bigint): VerificationError {
  const message = `the entries from ${bundle * WIDTH} on are not those of the tree that the log '${escape(url)}' signed`;
  const hint = 'do not believe what this log says; run again, and ask whoever runs it if it stays so';
  return new VerificationError('LOG_PROOF_INVALID', message, { hint });
}
