// SPDX-License-Identifier: Apache-2.0
// From the figures of single measurements to the speeds that a forecast is made of. What could not be measured from
// files is taken from memory.

import type { KernelSpeed, ReadingSpeed, SmallFileCost } from './answer.js';
import type { HashAlgorithm } from '../options.js';
import type { DiskRates, FileCost, Rates, Speeds } from './forecast.js';
import type { Cores } from './probes.js';

/** All that was measured. */
export interface Figures {
  readonly kernels: readonly KernelSpeed[];
  readonly reading: readonly ReadingSpeed[];
  readonly smallFiles: readonly SmallFileCost[];
  /** How large small files are on average. */
  readonly smallSize: number;
}

/** The speeds. */
export function speedsOf(figures: Figures, cores: Cores): Speeds {
  const { reading, smallSize } = figures;
  const kernels = (name: HashAlgorithm): Rates => kernelRates(figures.kernels, name, cores);
  const mapped = (name: HashAlgorithm): Rates => cacheRates(reading, 'map', name, cores) ?? kernels(name);
  const cache = fileCost(figures.smallFiles, 'cache') ?? { oneThread: 0, allThreads: 0 };
  const disk = fileCost(figures.smallFiles, 'disk');
  const direct = diskRates(reading, 'direct');
  const buffered = diskRates(reading, 'buffered');
  return {
    cores: cores.threads,
    streams: cores.streams,
    mapped: { sha256: mapped('sha256'), blake2b: mapped('blake2b'), blake3: mapped('blake3') },
    copied: cacheRates(reading, 'copy', 'sha256', cores) ?? mapped('sha256'),
    ...(direct && { direct }),
    ...(buffered && { buffered }),
    small: { size: smallSize, cache, ...(disk && { disk }) },
  };
}

function cacheRates(
  reading: readonly ReadingSpeed[],
  manner: 'map' | 'copy',
  name: HashAlgorithm,
  cores: Cores,
): Rates | undefined {
  const own = reading.filter((speed) => speed.source === 'cache' && speed.manner === manner);
  return ratesOf(
    own.filter(({ hashAlgorithm }) => hashAlgorithm === name),
    name,
    cores,
  );
}

/** Cores that were measured with SHA-256 alone are taken to be as good for the others. */
function kernelRates(kernels: readonly KernelSpeed[], name: HashAlgorithm, cores: Cores): Rates {
  const of = (algorithm: HashAlgorithm) => kernels.filter(({ hashAlgorithm }) => hashAlgorithm === algorithm);
  const found = ratesOf(of(name), name, cores) ?? { oneStream: 1, oneCore: 1, allCores: 1 };
  const sha256 = ratesOf(of('sha256'), 'sha256', cores) ?? found;
  return { ...found, allCores: (found.oneCore * sha256.allCores) / sha256.oneCore };
}

function ratesOf(
  found: readonly Pick<KernelSpeed, 'streams' | 'threads' | 'value'>[],
  name: HashAlgorithm,
  { threads, streams }: Cores,
): Rates | undefined {
  const rate = (wanted: number, on: number): number | undefined =>
    found.find((speed) => speed.streams === wanted && speed.threads === on)?.value;
  const oneCore = rate(streams[name], 1);
  if (oneCore === undefined) return undefined;
  // Where others use the machine, more may have been slower than less; nobody would be told to use it then.
  const oneStream = rate(1, 1) ?? oneCore;
  const atLeast = Math.max(oneStream, oneCore);
  return { oneStream, oneCore: atLeast, allCores: Math.max(atLeast, rate(streams[name], threads) ?? oneCore) };
}

function diskRates(reading: readonly ReadingSpeed[], manner: 'direct' | 'buffered'): DiskRates | undefined {
  const own = reading.filter((speed) => speed.source === 'disk' && speed.manner === manner);
  const of = (name: HashAlgorithm): number | undefined =>
    own.findLast(({ hashAlgorithm }) => hashAlgorithm === name)?.value;
  const one = own.find(({ streams, threads }) => streams === 1 && threads === 1)?.value;
  const sha256 = of('sha256');
  if (one === undefined || sha256 === undefined) return undefined;
  const blake3 = of('blake3') ?? sha256;
  return { one, all: { sha256, blake3, blake2b: Math.max(sha256, blake3) } };
}

function fileCost(costs: readonly SmallFileCost[], source: 'cache' | 'disk'): FileCost | undefined {
  const own = costs.filter((cost) => cost.source === source);
  const oneThread = own.find(({ threads }) => threads === 1)?.value;
  if (oneThread === undefined) return undefined;
  return { oneThread, allThreads: own.find(({ threads }) => threads > 1)?.value ?? oneThread };
}
