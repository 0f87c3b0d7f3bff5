// SPDX-License-Identifier: Apache-2.0
// How long hashing a model would take in some way, from what was measured here. Pure: the same measurements give the
// same forecast.

import type { HashAlgorithm } from '../options.js';
import { type Pace, type Work, play } from './schedule.js';
import { SMALL } from './space.js';

/** Where the bytes come from. */
export type Source = 'cache' | 'disk';

/** Bytes a second. */
export interface Rates {
  /** One stream, alone on its core. */
  readonly oneStream: number;
  /** One core with as many streams as it gains from. */
  readonly oneCore: number;
  /** All cores. */
  readonly allCores: number;
}

/** Seconds for a small file, from opening to closing, its hashing included; per file of all that were hashed. */
export interface FileCost {
  readonly oneThread: number;
  readonly allThreads: number;
}

/** What was measured; what could not be is missing. */
export interface Speeds {
  /** Threads that use all cores. */
  readonly cores: number;
  /** Streams that a core is given. */
  readonly streams: Readonly<Record<HashAlgorithm, number>>;
  /** Large files in the page cache, looked at through maps. */
  readonly mapped: Readonly<Record<HashAlgorithm, Rates>>;
  /** The same copied, with SHA-256. */
  readonly copied: Rates;
  /** Large files on the disk: what one stream gets, and what many get. */
  readonly direct?: DiskRates;
  /** The same read through the page cache. */
  readonly buffered?: DiskRates;
  /** Small files, of the size that they have on average. */
  readonly small: { readonly size: number; readonly cache: FileCost; readonly disk?: FileCost };
}

/** Bytes a second from the disk, hashed at the same time: one stream of SHA-256, and many of each algorithm. */
export interface DiskRates {
  readonly one: number;
  readonly all: Readonly<Record<HashAlgorithm, number>>;
}

/** What is to be hashed. */
export interface Subject {
  /** Bytes of every file that is not small, largest first. */
  readonly large: readonly number[];
  readonly small: { readonly files: number; readonly bytes: number };
  /** Seconds to list all of it. */
  readonly listing: number;
}

/** A way to hash it. */
export interface Way {
  readonly hashAlgorithm: HashAlgorithm;
  /** Whole files without. */
  readonly shardSize?: number;
  readonly threads: number;
  readonly mmap: boolean;
  readonly fillCache: boolean;
}

/** BLAKE3 is hashed in pieces of this size by the engine. */
const PIECE = 32 * 2 ** 20;

/** More units than this are so many that it does not matter in which order the last of them go. */
const MOST_UNITS = 5000;

/** What a subject is, from the sizes of its files. */
export function subjectOf(sizes: ArrayLike<number>, listing: number): Subject {
  const all = Array.from(sizes);
  const small = all.filter((size) => size <= SMALL);
  const large = all.filter((size) => size > SMALL).toSorted((one, other) => other - one);
  return { large, small: { files: small.length, bytes: sum(small) }, listing };
}

/** All bytes of a subject. */
export function bytesIn({ large, small }: Subject): number {
  return sum(large) + small.bytes;
}

/** Seconds it would take; nothing where the measurements say nothing about it. */
export function forecast(subject: Subject, way: Way, speeds: Speeds, source: Source): number | undefined {
  // Small files have a cost of their own, wherever they are.
  const pace = paceOf(way, speeds, subject.large.length === 0 ? 'cache' : source);
  const cost = smallCost(subject, way, speeds, source);
  if (pace === undefined || cost === undefined) return undefined;
  const { units, overflow } = unitsOf(subject, way);
  const crumbs = cost.shared * subject.small.files + overflow / fastest(pace);
  const work: Work = { units, crumbs, threads: Math.min(way.threads, Math.max(1, units.length + subject.small.files)) };
  return subject.listing + cost.alone * subject.small.files + play(work, pace);
}

/** What threads take, largest first; and the bytes of those that are too many to be looked at one by one. */
function unitsOf({ large }: Subject, { hashAlgorithm, shardSize = Infinity }: Way) {
  const most = hashAlgorithm === 'blake3' ? Math.min(shardSize, PIECE) : shardSize;
  const units: number[] = [];
  let overflow = 0;
  for (const size of large) {
    const whole = Math.floor(size / most);
    const rest = most === Infinity ? size : size - whole * most;
    const room = Math.max(0, Math.min(MOST_UNITS - units.length, most === Infinity ? 0 : whole));
    for (let count = 0; count < room; count += 1) units.push(most);
    if (most !== Infinity) overflow += (whole - room) * most;
    if (rest > 0 && units.length < MOST_UNITS) units.push(rest);
    else overflow += rest;
  }
  return { units: units.toSorted((one, other) => other - one), overflow };
}

function paceOf(way: Way, speeds: Speeds, source: Source): Pace | undefined {
  const { cores } = speeds;
  // What comes from the disk is never looked at through maps.
  const isMapped = way.mmap || source === 'disk' || way.hashAlgorithm !== 'sha256';
  const rates = isMapped ? speeds.mapped[way.hashAlgorithm] : speeds.copied;
  const efficiency = Math.min(1.1, Math.max(0.01, rates.allCores / (rates.oneCore * cores)));
  const pace = { byStreams: byStreams(rates, speeds.streams[way.hashAlgorithm]), efficiency, cores };
  if (source === 'cache') return pace;
  const disk = way.fillCache ? speeds.buffered : speeds.direct;
  return disk && { ...pace, disk: { one: oneFromDisk(disk, way, speeds), all: disk.all[way.hashAlgorithm] } };
}

/** Where hashing held up the one stream that was measured, another algorithm may get more. */
function oneFromDisk({ one }: DiskRates, { hashAlgorithm }: Way, { mapped }: Speeds): number {
  return hashAlgorithm === 'sha256' || one < 0.85 * mapped.sha256.oneStream ? one : Infinity;
}

/** Measured with one stream and with all; in between it is taken for a straight line. */
function byStreams({ oneStream, oneCore }: Rates, streams: number): number[] {
  return Array.from({ length: streams }, (_, index) => {
    return streams === 1 ? oneCore : oneStream + ((oneCore - oneStream) * index) / (streams - 1);
  });
}

/** What of a small file's cost any thread can do, and what is done by one while the others wait. */
function smallCost({ small }: Subject, way: Way, speeds: Speeds, source: Source) {
  if (small.files === 0) return { shared: 0, alone: 0 };
  const measured = source === 'cache' ? speeds.small.cache : speeds.small.disk;
  if (measured === undefined) return undefined;
  const { cores } = speeds;
  const together = cores > 1 ? ((measured.oneThread - measured.allThreads) * cores) / (cores - 1) : measured.oneThread;
  const shared = Math.min(measured.oneThread, Math.max(0, together));
  const alone = Math.max(0, measured.oneThread - shared);
  const sha256 = 1 / speeds.mapped.sha256.oneCore;
  const more = (1 / speeds.mapped[way.hashAlgorithm].oneCore - sha256) * speeds.small.size;
  const other = (small.bytes / small.files - speeds.small.size) / speeds.mapped[way.hashAlgorithm].oneCore;
  return { shared: Math.max(shared / 10, shared + more + other), alone };
}

function fastest({ byStreams: rates }: Pace): number {
  return rates.at(-1) ?? 1;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
