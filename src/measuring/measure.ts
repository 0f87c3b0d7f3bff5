// SPDX-License-Identifier: Apache-2.0
// A benchmark from its beginning to its end: list, measure, forecast.

import os from 'node:os';

import type { Benchmark, BenchmarkMachine, BenchmarkSample, ResolvedBenchmark } from './answer.js';
import { type ListedModel, coreFacts, hashParts, listModel } from '../native.js';
import { bytesIn, subjectOf } from './forecast.js';
import { forecastsOfImagined, forecastOfModel } from './outlook.js';
import {
  type Cores,
  type Measurement,
  type Rows,
  type Space,
  cacheMeasurements,
  diskMeasurements,
  kernelMeasurements,
  smallMeasurements,
} from './probes.js';
import { type Timing, measureInTurn, medianOf } from './rounds.js';
import { type SampleData, makeSampleData } from './sample-data.js';
import { type Part, bytesOf, largeFiles, numbersOf, pieceByPiece, someSmallFiles } from './space.js';
import { type Figures, speedsOf } from './speeds.js';

/** What of the time each step may take; the rest is for ways that can be done as a whole. */
const SHARES = { listing: 0.03, data: 0.15, kernels: 0.12, cache: 0.25, disk: 0.25 };

/** How often a model is listed, the first time not counted. */
const MOST_LISTINGS = 5;

/** Of the cores, so much in use by others is worth a word. */
const BUSY = 0.5;

/** What is brought into the page cache to be measured there, at most; and in how many stretches of the model. */
const MOST_CACHED = 512 * 2 ** 20;
const STRETCHES = 8;

/** Multiples of it, without their whole parts, never lie close together. */
const GOLDEN = 0.618;

/** Small files that are measured, at most. */
const MOST_SMALL = 16_000;
const MOST_SMALL_BYTES = 128 * 2 ** 20;

/** Measures a model, or data made for it, and says what to expect. */
export async function measure(model: string | undefined, options: ResolvedBenchmark): Promise<Benchmark> {
  const started = performance.now();
  const machine = machineOf();
  const data = model === undefined ? await makeData(machine, options) : undefined;
  try {
    const path = model ?? data?.path ?? '';
    options.onStep({ step: 'listing files', share: 0 });
    const { listed, listing } = await list(path, options);
    const sizes = listed.sizes();
    const { figures, sample } = await measureAll(listed, sizes, data, options);
    const facts = { ...figures, speeds: speedsOf(figures, coreFacts()), machine, options };
    const forecasts =
      data === undefined
        ? [await forecastOfModel({ path, model: listed, sizes, listing, options }, facts, started)]
        : forecastsOfImagined(listing / sizes.length, facts);
    warnOfOthers(machine, options);
    const { kernels, reading, smallFiles } = figures;
    return { machine, kernels, reading, smallFiles, sample, forecasts, seconds: secondsSince(started) };
  } finally {
    data?.remove();
  }
}

/** Listed more than once where that is quick: what the first look brings from the disk is there for the others. */
async function list(path: string, options: ResolvedBenchmark): Promise<{ listed: ListedModel; listing: number }> {
  const listed = await listModel(path, options);
  const until = performance.now() + secondsFor('listing', options) * 1000;
  const times: number[] = [];
  while (times.length < MOST_LISTINGS && performance.now() < until)
    times.push((await listModel(path, options)).seconds);
  return { listed, listing: times.length > 0 ? medianOf(times).value : listed.seconds };
}

function machineOf(): BenchmarkMachine {
  const { threads, sha256Kernel } = coreFacts();
  const cpus = os.cpus();
  return {
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: threads,
    coresPresent: Math.max(threads, cpus.length),
    load: os.loadavg()[0] ?? 0,
    // Node.js has this from 20.13 and 22.0 on.
    availableMemory: process.availableMemory?.() ?? os.freemem(),
    sha256Kernel,
    platform: process.platform,
    architecture: process.arch,
  };
}

/** Who shares the cores with somebody measures the rest of them. */
function warnOfOthers({ cores, load }: BenchmarkMachine, { logger }: ResolvedBenchmark): void {
  if (load < cores * BUSY) return;
  logger.warn(`this machine is busy (load ${load.toFixed(1)} on ${cores} cores): figures will be too low, and vary`);
}

async function makeData(machine: BenchmarkMachine, options: ResolvedBenchmark): Promise<SampleData> {
  options.onStep({ step: 'making sample data', share: 0 });
  const data = await makeSampleData(machine.availableMemory, secondsFor('data', options), options.signal);
  options.logger.info(`sample data of ${Math.round(data.bytes / 1e6)} MB was made in a temporary folder for the run`);
  return data;
}

async function measureAll(
  model: ListedModel,
  sizes: ArrayLike<number>,
  data: SampleData | undefined,
  options: ResolvedBenchmark,
): Promise<{ figures: Figures; sample: BenchmarkSample }> {
  const { signal } = options;
  const cores = coreFacts();
  const space = { model, signal, parts: largeFiles(sizes) };
  const chosen = someSmallFiles(sizes, MOST_SMALL, MOST_SMALL_BYTES);
  const kernels = await inTurn(kernelMeasurements(cores, signal), 'kernels', rate, options);
  const warm = await warmUp(space, options);
  const cached = await inTurn(warm.parts.length > 0 ? cacheMeasurements(warm, cores) : [], 'cache', rate, options);
  const small = await warmUpRows({ model, signal, rows: chosen }, options);
  const smallCached = await inTurn(smallOf(small, 'cache', cores), 'cache', perFile, options, 0.3);
  const onDisk = await inTurn(space.parts.length > 0 ? diskMeasurements(space, cores) : [], 'disk', rate, options);
  const smallOnDisk = await inTurn(smallOf(small, 'disk', cores), 'disk', perFile, options, 0.3);
  const figures = {
    kernels,
    reading: [...cached, ...onDisk],
    smallFiles: [...smallCached, ...smallOnDisk],
    smallSize: bytesOf(small.rows.flat()) / Math.max(1, small.rows.flat().length),
  };
  const sample: BenchmarkSample = {
    of: data === undefined ? 'model' : 'sample data',
    files: sizes.length,
    bytes: bytesIn(subjectOf(sizes, 0)),
    measuredBytes: bytesOf(warm.parts),
    measuredSmallFiles: small.rows.flat().length,
    noDisk: onDisk.length + smallOnDisk.length > 0 ? null : whyNoDisk(),
  };
  return { figures, sample };
}

function smallOf(small: Rows, source: 'cache' | 'disk', cores: Cores) {
  return small.rows.length > 0 ? smallMeasurements(small, source, cores) : [];
}

/** Measures some things against each other; what could not be measured is left out. */
async function inTurn<T>(
  measurements: readonly Measurement<T>[],
  step: keyof typeof SHARES,
  figure: (timing: Timing) => number,
  options: ResolvedBenchmark,
  part = 1,
) {
  const onStep = (share: number, name: string): void =>
    options.onStep({ step: name, share: (BEFORE[step] ?? 0) + share * SHARES[step] });
  const probes = measurements.map(({ probe }) => probe);
  const found = await measureInTurn(probes, secondsFor(step, options) * part, onStep);
  return measurements.flatMap(({ stands }, index) => {
    const figures = (found[index] ?? []).map(figure);
    return figures.length > 0 ? [{ ...stands, ...medianOf(figures) }] : [];
  });
}

const BEFORE: Readonly<Record<string, number>> = { kernels: 0.15, cache: 0.27, disk: 0.52 };

/** Brings some stretches of the model into the page cache, as much as there is time for; what is there is the space. */
async function warmUp(space: Space, options: ResolvedBenchmark): Promise<Space> {
  const { availableMemory } = machineOf();
  const bytes = Math.min(bytesOf(space.parts), MOST_CACHED, availableMemory / 4);
  return { ...space, parts: (await warmed(space, pieceByPiece(space.parts, STRETCHES, bytes), options)).flat() };
}

/** The same for rows of small files: from all over the model, should there be no time for all of them. */
async function warmUpRows(space: Rows, options: ResolvedBenchmark): Promise<Rows> {
  const places = space.rows.map((row, index) => ({ row, place: (index * GOLDEN) % 1 }));
  const spread = places.toSorted((one, other) => one.place - other.place).map(({ row }) => row);
  return { ...space, rows: await warmed(space, spread, options) };
}

async function warmed(space: Omit<Space, 'parts'>, all: readonly Part[][], options: ResolvedBenchmark) {
  const until = performance.now() + secondsFor('cache', options) * 500;
  const warm: Part[][] = [];
  for (const parts of all) {
    await touch({ ...space, parts });
    warm.push(parts);
    if (performance.now() > until) break;
  }
  return warm;
}

async function touch({ model, parts, signal }: Space): Promise<void> {
  if (parts.length === 0) return;
  await hashParts(model, numbersOf(parts), { hashAlgorithm: 'blake3', mmap: false, fillCache: true }, signal);
}

function whyNoDisk(): string {
  return process.platform === 'linux'
    ? 'the page cache does not let go of these files: they lie in memory, are being written or used, or are not yours'
    : 'this system has no way to take single files out of its cache';
}

function rate({ bytes, seconds }: Timing): number {
  return bytes / Math.max(seconds, 1e-9);
}

function perFile({ bytes: files, seconds }: Timing): number {
  return seconds / Math.max(1, files);
}

function secondsFor(step: keyof typeof SHARES, { duration }: ResolvedBenchmark): number {
  return (SHARES[step] * duration) / 1000;
}

function secondsSince(started: number): number {
  return (performance.now() - started) / 1000;
}
