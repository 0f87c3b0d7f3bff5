// SPDX-License-Identifier: Apache-2.0
// What limits a model: whatever would help the most if there were no end of it. Each answer is a forecast of a world in
// which one thing is different.

import { type Source, type Speeds, type Subject, type Way, forecast } from './forecast.js';

/** One stream of bytes that no second core can help with; the cores; the disk; the number of files. */
export type Limit = 'stream' | 'cores' | 'disk' | 'files';

/** What limits, and what hashing would take without it. */
export interface Limited {
  readonly limit: Limit;
  readonly seconds: number;
  readonly secondsWithout: number;
}

/** Small enough for any number of cores. */
const SMALL_SHARD = 8e6;

/** How many times the cores there would be in the world that has more of them. */
const MORE_CORES = 2;

/** What helps as much as more cores would is the better answer: there are no more cores. */
const ORDER = ['disk', 'stream', 'files', 'cores'] as const;

/** Less than this is no difference. */
const CLEARLY = 0.98;

/** Files that the small ones are put together to. */
const FEW = 256;

/** What limits a model when it is hashed in some way. */
export function limitOf(subject: Subject, way: Way, speeds: Speeds, source: Source): Limited | undefined {
  const seconds = forecast(subject, way, speeds, source);
  if (seconds === undefined) return undefined;
  const fewer = withoutFiles(subject);
  const without: Readonly<Record<Limit, number | undefined>> = {
    disk: source === 'disk' ? forecast(subject, way, speeds, 'cache') : undefined,
    stream: forecast(subject, { ...way, shardSize: SMALL_SHARD }, speeds, source),
    files: forecast(fewer, way, speeds, source) ?? forecast(fewer, way, speeds, 'cache'),
    cores: forecast(subject, { ...way, threads: way.threads * MORE_CORES }, withMoreCores(speeds), source),
  };
  const limits = ORDER.flatMap((limit) => {
    const found = without[limit];
    return found === undefined ? [] : [{ limit, seconds, secondsWithout: Math.min(seconds, found) }];
  });
  return limits.reduce((most, one) => (one.secondsWithout < most.secondsWithout * CLEARLY ? one : most));
}

/** The same bytes in so few files that these cost nothing, and so many that all cores have some. */
function withoutFiles({ large, small }: Subject): Subject {
  const together = Array.from({ length: FEW }, () => small.bytes / FEW);
  const all = [...large, ...together].toSorted((one, other) => other - one);
  return { large: all, small: { files: 0, bytes: 0 }, listing: 0 };
}

/** Each of them as good as those that are there. */
function withMoreCores(speeds: Speeds): Speeds {
  const { cores, mapped, copied, small } = speeds;
  const more = <T extends { readonly allCores: number }>(rates: T): T => ({
    ...rates,
    allCores: rates.allCores * MORE_CORES,
  });
  return {
    ...speeds,
    cores: cores * MORE_CORES,
    mapped: { sha256: more(mapped.sha256), blake2b: more(mapped.blake2b), blake3: more(mapped.blake3) },
    copied: more(copied),
    small: {
      ...small,
      cache: spread(small.cache, cores),
      ...(small.disk && { disk: spread(small.disk, cores) }),
    },
  };
}

/** What all threads shared is shared by more of them. */
function spread(cost: { oneThread: number; allThreads: number }, cores: number) {
  const shared = cores > 1 ? ((cost.oneThread - cost.allThreads) * cores) / (cores - 1) : cost.oneThread;
  return { ...cost, allThreads: cost.oneThread - shared + shared / (cores * MORE_CORES) };
}
