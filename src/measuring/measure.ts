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
const SHARES = { data: 0.15, kernels: 0.12, cache: 0.25, disk: 0.25 };

/** Of the cores, so much in use by others is worth a word. */
const BUSY = 0.5;

/** What is brought into the page cache to be measured there, at most; and in how many stretches of the model. */
const MOST_CACHED = 512 * 2 ** 20;
const STRETCHES = 8;

/** Small files that are measured, at most. */
const MOST_SMALL = 4000;
const MOST_SMALL_BYTES = 128 * 2 ** 20;

/** Measures a model, or data made for it, and says what to expect. */
export async function measure(model: string | undefined, options: ResolvedBenchmark): Promise<Benchmark> {
  const started = performance.now();
  const machine = machineOf();
  const data = model === undefined ? await makeData(machine, options) : undefined;
  try {
    const path = model ?? data?.path ?? '';
    options.onStep({ step: 'listing files', share: 0 });
    const listed = await listModel(path, options);
    const sizes = listed.sizes();
    const { figures, sample } = await measureAll(listed, sizes, data, options);
    const facts = { ...figures, speeds: speedsOf(figures, coreFacts()), machine, options };
    const forecasts =
      data === undefined
        ? [await forecastOfModel({ path, model: listed, sizes, options }, facts, started)]
        : forecastsOfImagined(listed.seconds / sizes.length, facts);
    warnOfOthers(machine, options);
    const { kernels, reading, smallFiles } = figures;
    return { machine, kernels, reading, smallFiles, sample, forecasts, seconds: secondsSince(started) };
  } finally {
    data?.remove();
  }
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
  const small = { model, signal, parts: someSmallFiles(sizes, MOST_SMALL, MOST_SMALL_BYTES) };
  const kernels = await inTurn(kernelMeasurements(cores, signal), 'kernels', rate, options);
  const warm = await warmUp(space, options);
  const cached = await inTurn(warm.parts.length > 0 ? cacheMeasurements(warm, cores) : [], 'cache', rate, options);
  await touch(small);
  const smallCached = await inTurn(smallOf(small, 'cache', cores), 'cache', perFile, options, 0.3);
  const onDisk = await inTurn(space.parts.length > 0 ? diskMeasurements(space, cores) : [], 'disk', rate, options);
  const smallOnDisk = await inTurn(smallOf(small, 'disk', cores), 'disk', perFile, options, 0.3);
  const figures = {
    kernels,
    reading: [...cached, ...onDisk],
    smallFiles: [...smallCached, ...smallOnDisk],
    smallSize: bytesOf(small.parts) / Math.max(1, small.parts.length),
  };
  const sample: BenchmarkSample = {
    of: data === undefined ? 'model' : 'sample data',
    files: sizes.length,
    bytes: bytesIn(subjectOf(sizes, 0)),
    measuredBytes: bytesOf(warm.parts),
    measuredSmallFiles: small.parts.length,
    noDisk: onDisk.length + smallOnDisk.length > 0 ? null : whyNoDisk(),
  };
  return { figures, sample };
}

function smallOf(small: Space, source: 'cache' | 'disk', cores: Cores) {
  return small.parts.length > 0 ? smallMeasurements(small, source, cores) : [];
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
  const until = performance.now() + secondsFor('cache', options) * 500;
  const warm: Part[] = [];
  for (const stretch of pieceByPiece(space.parts, STRETCHES, bytes)) {
    await touch({ ...space, parts: stretch });
    warm.push(...stretch);
    if (performance.now() > until) break;
  }
  return { ...space, parts: warm };
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
