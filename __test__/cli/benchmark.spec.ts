// SPDX-License-Identifier: Apache-2.0
// `model-signing benchmark` as a process: its answers, and that neither the model nor the temporary folder is any
// different afterwards.

import { chmodSync, lstatSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import test, { type ExecutionContext } from 'ava';
import type { Benchmark } from 'model-signing';

import { buildModel, pattern, scratch } from '../models.js';
import { command, ended, failed, start, withoutRights } from './command.js';

const SHORT = ['--duration', '300ms'];

/** An environment with a temporary folder of its own. */
function ownTemporary(t: ExecutionContext) {
  const folder = scratch(t);
  return { folder, env: { TMPDIR: folder } };
}

function jsonOf(t: ExecutionContext, { exit, stdout, stderr }: Awaited<ReturnType<typeof command>>): Benchmark {
  t.is(exit, 0, stderr);
  t.is(stdout.split('\n').length, 2);
  const { schemaVersion, ok, ...found } = JSON.parse(stdout) as Benchmark & { schemaVersion: number; ok: boolean };
  t.deepEqual([schemaVersion, ok], [1, true]);
  return found;
}

/** What is said where others use the machine, too, as other tests do. */
function withoutLoad(stderr: string): string {
  return stderr.replace(/^note: this machine is busy \(load [\d.]+ on \d+ cores?\): .*\n/m, '');
}

/** Every number of an answer is finite, and none below zero. */
function sane(t: ExecutionContext, value: unknown, path = ''): void {
  if (typeof value === 'number') t.true(Number.isFinite(value) && value >= 0, `${path} is ${value}`);
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) sane(t, member, `${path}.${name}`);
}

test('--json without a model: everything that is promised, and no data left', async (t) => {
  const { folder, env } = ownTemporary(t);
  const ran = await command(['benchmark', ...SHORT, '--json'], { env });
  const found = jsonOf(t, ran);
  t.regex(withoutLoad(ran.stderr), /^note: sample data of \d+ MB was made in a temporary folder for the run\n$/);
  t.deepEqual(readdirSync(folder), []);
  sane(t, found);
  t.deepEqual(Object.keys(found), ['machine', 'kernels', 'reading', 'smallFiles', 'sample', 'forecasts', 'seconds']);
  t.deepEqual(Object.keys(found.machine), [
    'cpu',
    'cores',
    'coresPresent',
    'load',
    'availableMemory',
    'sha256Kernel',
    'platform',
    'architecture',
  ]);
  const kinds = new Set(found.kernels.map(({ hashAlgorithm, threads }) => `${hashAlgorithm} ${threads}`));
  for (const name of ['sha256', 'blake2b', 'blake3']) t.true(kinds.has(`${name} 1`), name);
  for (const { value, runs } of [...found.kernels, ...found.reading, ...found.smallFiles])
    t.true(value > 0 && runs > 0);
  t.true(found.reading.some(({ source, manner }) => source === 'cache' && manner === 'copy'));
  t.like(found.sample, { of: 'sample data', files: 501 });
  t.deepEqual(
    found.forecasts.map(({ model }) => model),
    ['one file of 10 GB', 'eight files of 1.25 GB', '100000 files of 16 KiB'],
  );
  for (const { options, limits } of found.forecasts) {
    t.deepEqual(options[0]?.flags, []);
    t.true((limits.cache?.seconds ?? 0) > 0);
    for (const { cache, changesDigest, flags } of options) {
      t.is(cache?.kind, 'estimated');
      t.is(changesDigest, /shard|algorithm/.test(flags.join(' ')));
    }
  }
  t.is(found.forecasts[0]?.limits.cache?.limit, 'stream');
});

test('in words: what limits, what each option gives, what to do', async (t) => {
  const model = buildModel(t, { 'weights.bin': pattern(6_000_000, 1), 'config.json': '{}' });
  const { exit, stdout, stderr } = await command(['benchmark', '--model', model, ...SHORT]);
  t.deepEqual([exit, withoutLoad(stderr)], [0, '']);
  t.regex(stdout, /^Hashing memory, GB\/s\n {2}sha256, 1 core, 1 stream +\d+\.\d\d(?: ± \d+\.\d\d|, once)$/m);
  t.regex(stdout, /^model: 2 files, 6\.0 MB; the largest 'weights\.bin' is 100 % of the bytes$/m);
  t.regex(stdout, /^ {2}In the page cache .* limits? it: /m);
  t.regex(stdout, /^ {2}as it is +~?\d/m);
  t.regex(stdout, /^ {2}--hash-algorithm blake3 .*\*$/m);
  t.regex(stdout, /^ {2}Recommended: model-signing sign \S*model/m);
  for (const line of stdout.split('\n')) t.true(line.length <= 120, line);
});

test('what was measured once has no spread', async (t) => {
  const model = buildModel(t, { 'weights.bin': pattern(6_000_000, 1) });
  const { exit, stdout } = await command(['benchmark', '--model', model, '--duration', '1ms']);
  t.is(exit, 0);
  t.regex(stdout, /^ {2}sha256, 1 core, 1 stream +\d+\.\d\d, once$/m);
});

test('a model is what it was, and where it may not be written to all goes as well', async (t) => {
  const model = buildModel(t, { 'a.bin': pattern(2_000_000, 1), 'b/c': pattern(10, 2) });
  const look = () =>
    [model, join(model, 'a.bin'), join(model, 'b'), join(model, 'b/c')].map((path) => {
      const { ino, size, mode, mtimeMs, ctimeMs } = lstatSync(path);
      const content = lstatSync(path).isFile() ? readFileSync(path, 'base64') : readdirSync(path);
      return { ino, size, mode, mtimeMs, ctimeMs, content };
    });
  chmodSync(dirname(model), 0o755);
  for (const [path, mode] of [
    ['a.bin', 0o444],
    ['b/c', 0o444],
    ['b', 0o555],
    ['.', 0o555],
  ] as const)
    chmodSync(join(model, path), mode);
  const before = look();
  const nobody = await withoutRights();
  if (nobody === undefined) console.warn('SKIPPED: no user without rights to run the command as');
  const ran = await command(['benchmark', '--model', model, ...SHORT, '--json'], nobody);
  sane(t, jsonOf(t, ran));
  t.deepEqual(look(), before);
  for (const path of ['.', 'b']) chmodSync(join(model, path), 0o755);
});

test('one file, named by itself', async (t) => {
  const model = buildModel(t, { 'a.bin': pattern(2_000_000, 1) });
  const { forecasts } = jsonOf(t, await command(['benchmark', '--model', join(model, 'a.bin'), ...SHORT, '--json']));
  t.like(forecasts[0], { model: 'a.bin', files: 1, bytes: 2_000_000, largest: { name: 'a.bin', bytes: 2_000_000 } });
});

test('what is small is done as a whole, and the estimate is told beside it', async (t) => {
  const model = buildModel(t, { 'a.bin': pattern(1000, 1) });
  const { forecasts } = jsonOf(t, await command(['benchmark', '--model', model, '--duration', '2s', '--json']));
  const [usual] = forecasts[0]?.options ?? [];
  t.is(usual?.cache?.kind, 'measured');
  t.true((usual?.cache?.estimate ?? 0) > 0 && usual?.cache?.spread !== null);
});

test('a model far larger than the memory is measured in parts', async (t) => {
  const model = buildModel(t, { 'a.bin': { zeros: 4e12 } });
  const { forecasts, sample } = jsonOf(t, await command(['benchmark', '--model', model, ...SHORT, '--json']));
  t.like(forecasts[0], { bytes: 4e12, recommended: { flags: forecasts[0]?.recommended.flags } });
  t.is(forecasts[0]?.limits.cache?.limit, 'stream');
  t.true(sample.measuredBytes > 0 && sample.measuredBytes < 2e9);
  for (const { cache } of forecasts[0]?.options ?? []) t.is(cache?.kind, 'estimated');
  t.true((forecasts[0]?.options[0]?.cache?.seconds ?? 0) > 100);
});

test('what is left out is left out', async (t) => {
  const model = buildModel(t, { a: '1', b: '2', '.gitignore': '*', link: { link: 'a' } });
  failed(t, await command(['benchmark', '--model', model, ...SHORT]), 'SYMLINK_FORBIDDEN', 1);
  const files = async (...flags: string[]) => {
    const args = ['benchmark', '--model', model, ...SHORT, '--json', ...flags];
    return jsonOf(t, await command(args)).forecasts[0]?.files;
  };
  t.is(await files('--ignore-paths', 'link'), 2);
  t.is(await files('--ignore-paths', 'link', '--no-ignore-git-paths'), 3);
  t.is(await files('--allow-symlinks', '--ignore-paths', 'b'), 2);
});

test('what cannot be measured fails as it does everywhere', async (t) => {
  const model = buildModel(t, { a: '1' });
  failed(t, await command(['benchmark', '--model', join(model, 'no')]), 'MODEL_NOT_FOUND', 3);
  failed(t, await command(['benchmark', '--model', buildModel(t, {})]), 'MODEL_EMPTY', 1);
  failed(t, await command(['benchmark', '--model', '']), 'OPTION_INVALID', 2);
  failed(t, await command(['benchmark', model]), 'USAGE', 2);
  failed(t, await command(['benchmark', '--duration', '0']), 'USAGE', 2);
  failed(t, await command(['benchmark', '--threads', '0']), 'USAGE', 2);
  failed(t, await command(['benchmark', '--hash-algorithm', 'sha256']), 'USAGE', 2);
  const inside = ['benchmark', '--model', model, ...SHORT, '--output-file', join(model, 'out')];
  failed(t, await command(inside), 'OUTPUT_IS_INPUT', 2);
  t.deepEqual(readdirSync(model), ['a']);
});

test('a file that may not be read is an error', async (t) => {
  const model = buildModel(t, { a: '1', b: '2' });
  const nobody = await withoutRights();
  if (nobody === undefined) {
    console.warn('SKIPPED: no user without rights to run the command as');
    t.pass();
    return;
  }
  chmodSync(dirname(model), 0o755);
  chmodSync(join(model, 'a'), 0);
  failed(t, await command(['benchmark', '--model', model, ...SHORT], nobody), 'PERMISSION_DENIED', 3);
});

test('names cannot act on the terminal', async (t) => {
  const model = buildModel(t, { '\u001B[2Jx\nRecommended: rm': pattern(100, 1) });
  const { stdout } = await command(['benchmark', '--model', model, ...SHORT]);
  t.notRegex(stdout.replaceAll('\n', ''), /\p{Cc}/u);
  t.notRegex(stdout, /^Recommended: rm/m);
});

test('the time for the whole run ends it, and the data goes', async (t) => {
  const { folder, env } = ownTemporary(t);
  const ran = await command(['benchmark', '--total-timeout', '1500ms', '--duration', '60s', '--quiet'], { env });
  failed(t, ran, 'TIMED_OUT', 4);
  t.deepEqual(readdirSync(folder), []);
});

/** At many moments, for the data is made by threads that nobody stops. */
for (const [signal, exit, waits] of [
  ...[0, 20, 50, 100, 200, 300, 500, 700, 1000, 3000].map((wait) => ['SIGINT', 130, wait] as const),
  ['SIGTERM', 143, 50],
  ['SIGHUP', 129, 50],
] as const) {
  test.serial(`${signal} after ${waits} ms ends it, and the data goes`, async (t) => {
    if (process.platform === 'win32') {
      t.pass();
      return;
    }
    const { folder, env } = ownTemporary(t);
    const child = start(['benchmark', '--quiet', '--duration', '60s'], { env });
    const end = ended(child);
    while (readdirSync(folder).length === 0) await sleep(5);
    await sleep(waits);
    child.kill(signal);
    t.deepEqual(await end, { exit, stdout: '', stderr: '' });
    t.deepEqual(readdirSync(folder), []);
  });
}
