// SPDX-License-Identifier: Apache-2.0
// A benchmark in plain words: what hashes here, what limits the model, what each option would give, what to do.

import {
  type Benchmark,
  type BenchmarkForecast,
  type BenchmarkLimit,
  type BenchmarkOption,
  type BenchmarkTime,
  type Median,
  escape,
} from '../index.js';

/**
 * The whole answer, line by line.
 *
 * @param sign - What comes after `sign` on the command line of this model, whatever is recommended.
 */
export function* benchmarkText(found: Benchmark, sign: readonly string[]): Generator<string> {
  yield* machine(found);
  yield* kernels(found);
  yield* reading(found);
  yield* smallFiles(found);
  yield* sample(found);
  for (const forecast of found.forecasts) {
    yield* limits(forecast);
    yield* options(forecast);
    yield* recommendation(forecast, sign);
  }
  yield* footnotes(found);
}

function* machine({ machine: { cpu, cores, coresPresent, sha256Kernel } }: Benchmark): Generator<string> {
  const of = cores < coresPresent ? ` of ${coresPresent}` : '';
  yield `${escape(cpu)}, ${plural(cores, 'core')}${of} for this process\n`;
  yield sha256Kernel === 'portable'
    ? 'SHA-256: this CPU has no instructions for it that are used here, so it is slow\n'
    : `SHA-256: by instructions of the CPU (${escape(sha256Kernel)}), two streams of data at once on each core\n`;
}

function* kernels({ kernels: found }: Benchmark): Generator<string> {
  yield '\nHashing memory, GB/s\n';
  for (const speed of found) {
    const { hashAlgorithm, streams, threads } = speed;
    const what = `${hashAlgorithm}, ${plural(threads, 'core')}, ${plural(streams, 'stream')}${threads > 1 ? ' each' : ''}`;
    yield row(what, withSpread(speed, gigabytes));
  }
}

const MANNERS = {
  map: 'page cache, looked at in place',
  copy: 'page cache, copied (--no-mmap)',
  direct: 'disk, past the cache',
  buffered: 'disk, through the cache (--fill-cache)',
} as const;

function* reading({ reading: found }: Benchmark): Generator<string> {
  if (found.length === 0) return;
  yield '\nReading and hashing large files, GB/s\n';
  for (const speed of found) {
    const { manner, hashAlgorithm, streams, threads } = speed;
    const what = `${MANNERS[manner]}: ${hashAlgorithm}, ${coresText(threads, streams)}`;
    yield row(what, withSpread(speed, gigabytes));
  }
}

function coresText(threads: number, streams: number): string {
  return threads === 1 ? `1 core, ${plural(streams, 'stream')}` : plural(threads, 'core');
}

function* smallFiles({ smallFiles: found }: Benchmark): Generator<string> {
  if (found.length === 0) return;
  yield '\nA small file, microseconds\n';
  for (const cost of found) {
    const from = cost.source === 'cache' ? 'page cache' : 'disk';
    yield row(`${from}, ${plural(cost.threads, 'core')}`, withSpread(cost, microseconds));
  }
}

function* sample({ sample: { of, bytes, measuredBytes, measuredSmallFiles, noDisk } }: Benchmark): Generator<string> {
  const parts = [
    ...(measuredBytes > 0 ? [`${size(measuredBytes)} of large files`] : []),
    ...(measuredSmallFiles > 0 ? [plural(measuredSmallFiles, 'small file')] : []),
  ];
  const whole = of === 'model' ? `the model's ${size(bytes)}` : `${size(bytes)} of sample data, now removed`;
  if (parts.length > 0) yield `\nMeasured on ${parts.join(' and ')}, out of ${whole}.\n`;
  if (noDisk !== null) yield `Nothing was measured from the disk:\n  ${noDisk}.\n`;
}

function* limits(forecast: BenchmarkForecast): Generator<string> {
  const { model, files, bytes, largest } = forecast;
  const share = bytes > 0 ? Math.round((100 * largest.bytes) / bytes) : 100;
  const name = largest.name === null ? '' : ` '${escape(largest.name)}'`;
  yield `\n${escape(model)}: ${plural(files, 'file')}, ${size(bytes)}; the largest${name} is ${share} % of the bytes\n`;
  for (const source of ['cache', 'disk'] as const) {
    const found = forecast.limits[source];
    if (found === null) continue;
    const where = source === 'cache' ? 'In the page cache' : 'From the disk';
    const { what, otherwise } = REASONS[found.limit];
    yield `  ${where} ${what(forecast)}.\n`;
    yield `    It takes ${time(found.seconds)}; ${otherwise} it would take ${time(found.secondsWithout)}.\n`;
  }
}

/** What limits, and how the world would have to be for it not to. */
interface Reason {
  readonly what: (forecast: BenchmarkForecast) => string;
  readonly otherwise: string;
}

const REASONS: Readonly<Record<BenchmarkLimit['limit'], Reason>> = {
  stream: {
    what: () => 'one stream limits it: the bytes of a large file are hashed one after the other, by one core',
    otherwise: 'split among all cores',
  },
  cores: { what: () => 'the cores limit it: all of them are busy hashing', otherwise: 'with twice as many' },
  disk: { what: () => 'the disk limits it: hashing waits for it', otherwise: 'from the page cache' },
  files: {
    what: ({ files }) => `the number of files limits it: ${plural(files, 'file')} to find, open, read and close`,
    otherwise: 'in a few large ones',
  },
};

function* options({ options: all }: BenchmarkForecast): Generator<string> {
  yield `\n  ${'what each option would give'.padEnd(30)}${'page cache'.padStart(18)}${'disk'.padStart(18)}\n`;
  const [usual] = all;
  for (const option of all) {
    const what = option.flags.length === 0 ? 'as it is' : option.flags.join(' ');
    const cells = (['cache', 'disk'] as const).map((source) => cell(option[source], usual?.[source]).padStart(18));
    yield `  ${what.padEnd(30)}${cells.join('')}${noteOf(option)}\n`;
  }
}

function cell(own: BenchmarkTime | null, usual: BenchmarkTime | null | undefined): string {
  if (own === null) return '-';
  const mark = own.kind === 'estimated' ? '~' : '';
  const factor = usual && own !== usual ? ` (${(usual.seconds / own.seconds).toFixed(2)}x)` : '';
  return `${mark}${time(own.seconds)}${factor}`;
}

function noteOf({ changesDigest }: BenchmarkOption): string {
  return changesDigest ? '  *' : '';
}

function* recommendation({ recommended: { flags, source } }: BenchmarkForecast, sign: readonly string[]) {
  const where = source === 'cache' ? 'in the page cache' : 'from the disk';
  const line = ['model-signing', 'sign', ...[...sign, ...flags].map(quoted)].join(' ');
  const why =
    flags.length === 0
      ? 'as it is: nothing is faster by so much that it would be worth it'
      : `the best ${where}; it changes what is signed *`;
  yield `\n  Recommended: ${line}\n    (${why})\n`;
}

/** As a shell takes it. */
function quoted(argument: string): string {
  const text = escape(argument);
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function* footnotes({ forecasts, sample: { of } }: Benchmark): Generator<string> {
  const all = forecasts.flatMap(({ options: ways }) => ways.flatMap(({ cache, disk }) => [cache, disk]));
  yield '\nTimes are those of hashing, without starting the command (about 0.1 s) and without the signature.\n';
  if (all.some((found) => found?.kind === 'estimated')) yield '~ is an estimate from what was measured of parts.\n';
  yield '* changes what is signed: choose before signing; nothing of it is less safe. Verifiers have to know it, too: this\n';
  yield '  tool reads all of it; of the Python tool only the library does: shards signed with --compat python, told their\n';
  yield '  size, and BLAKE3 from 1.1 on; its command reads neither; ask whoever verifies with another tool.\n';
  if (of === 'model') yield 'What was measured from the disk is no longer in the page cache; the model is as it was.\n';
}

function row(what: string, figure: string): string {
  return `  ${what.padEnd(66)}${figure.padStart(16)}\n`;
}

/** One run says nothing of how far others lie from it. */
function withSpread({ value, spread, runs }: Median, format: (figure: number) => string): string {
  return runs > 1 ? `${format(value)} ± ${format(spread)}` : `${format(value)}, once`;
}

function gigabytes(rate: number): string {
  return (rate / 1e9).toFixed(2);
}

function microseconds(seconds: number): string {
  return (seconds * 1e6).toFixed(1);
}

function size(bytes: number): string {
  if (bytes >= 1e12) return `${(bytes / 1e12).toFixed(1)} TB`;
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : plural(bytes, 'byte');
}

function time(seconds: number): string {
  if (seconds < 0.1) return `${(seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0)} ms`;
  if (seconds < 100) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  return seconds < 6000 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
