// SPDX-License-Identifier: Apache-2.0
// What all commands have in common: a file for the output, which takes the place of nothing that matters, and a word
// about lists with commas.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';
import { sign } from 'model-signing';

import { keyFiles, pair } from '../keys.js';
import { buildModel, scratch, write } from '../models.js';
import { MAIN, command, failed } from './command.js';

const KEY = pair();

async function setting(t: ExecutionContext) {
  const cwd = scratch(t);
  const model = buildModel(t, { a: '1' });
  const key = keyFiles(cwd, KEY);
  await sign(model, { signer: KEY.signer, signature: join(cwd, 'model.sig') });
  const verify = async (...flags: string[]) =>
    command(['verify', 'key', model, '--public-key', key.public, ...flags], { cwd });
  return { cwd, model, key, verify };
}

test('--output-file takes the answer and the talk', async (t) => {
  const { cwd, verify } = await setting(t);
  const plain = await verify('--allow-symlinks');
  t.regex(plain.stderr, /^note: --allow-symlinks has no effect/);
  for (const flags of [['--output-file', 'out.txt'], ['--output_file=./out.txt']]) {
    t.deepEqual(await verify('--allow-symlinks', ...flags), { exit: 0, stdout: '', stderr: '' });
    const text = readFileSync(join(cwd, 'out.txt'), 'utf8');
    t.is(withoutTime(text), withoutTime(plain.stderr + plain.stdout));
  }
  t.deepEqual(
    readdirSync(cwd).filter((name) => name.includes('out.txt')),
    ['out.txt'],
  );
});

/** Runs the command in a folder that a shell changes to, which Node.js could not name. */
function inShell(script: string, ...args: string[]) {
  return spawnSync('sh', ['-c', script, 'sh', process.execPath, MAIN, ...args], { encoding: 'utf8' });
}

const onUnix = process.platform === 'win32' ? test.skip : test;
if (process.platform === 'win32') console.warn('SKIPPED 1 test: Windows keeps a working directory from being removed');

onUnix('a working directory that was removed is no matter to whole paths, and is told where it is one', async (t) => {
  const { cwd, model, key } = await setting(t);
  const gone = join(cwd, 'gone');
  const removed = `mkdir '${gone}' && cd '${gone}' && rmdir '${gone}' && exec "$@"`;
  const signs = ['sign', 'key', '--private-key', key.private];
  const verifies = ['verify', 'key', '--public-key', key.public];
  for (const args of [signs, verifies]) {
    t.is(inShell(removed, ...args, '--signature', join(cwd, 'x.sig'), model).status, 0);
    for (const path of ['.', model]) {
      const { status, stderr } = inShell(removed, ...args, path);
      t.is(status, 3, stderr);
      t.regex(stderr, /^error: the working directory does not exist any more \[IO_ERROR\]\nhint: .+\n$/);
    }
  }
});

const onLinux = process.platform === 'linux' ? test : test.skip;
if (process.platform !== 'linux') console.warn('SKIPPED 1 test: names that are not UTF-8 are certain on Linux only');

onLinux('a working directory whose name is not UTF-8 is one like any other', async (t) => {
  const { cwd, key } = await setting(t);
  const there = `mkdir -p '${cwd}/o/'"$(printf '\\377')"/model && cd '${cwd}/o/'* && echo 1 > model/a && exec "$@"`;
  for (const signature of ['x.sig', 'model/x.sig']) {
    const flags = ['--signature', signature, 'model'];
    const signed = inShell(there, 'sign', 'key', '--private-key', key.private, ...flags);
    t.is(signed.status, 0, signed.stderr);
    const strict = [...flags, '--no-hidden-files'];
    const verified = inShell(there, 'verify', 'key', '--public-key', key.public, ...strict);
    t.is(verified.status, 0, verified.stderr);
  }
});

test('as JSON: every line of the file is an object, the answer is the last', async (t) => {
  const { cwd, verify } = await setting(t);
  const flags = ['--json', '--log-format', 'json', '--log-level', 'debug', '--output-file', 'out.txt'];
  t.is((await verify('--allow-symlinks', ...flags)).stdout, '');
  const lines = readFileSync(join(cwd, 'out.txt'), 'utf8').trimEnd().split('\n');
  const [answer, ...talk] = lines.map((line) => JSON.parse(line) as Record<string, unknown>).toReversed();
  t.is(answer?.['ok'], true);
  t.true(talk.length >= 2);
  for (const line of talk) t.deepEqual(Object.keys(line), ['time', 'level', 'message']);
});

test('a failure is told on stderr, and as JSON in the file', async (t) => {
  const { cwd, model, verify } = await setting(t);
  write(join(model, 'new'), '1');
  const { exit, stdout, stderr } = await verify('--json', '--output-file', 'out.txt');
  t.deepEqual([exit, stdout], [1, '']);
  t.regex(stderr, /^error: .*\[MODEL_MISMATCH\]\nhint: .*\n$/);
  const answer = JSON.parse(readFileSync(join(cwd, 'out.txt'), 'utf8')) as { ok: boolean; error: { code: string } };
  t.deepEqual([answer.ok, answer.error.code], [false, 'MODEL_MISMATCH']);
  failed(t, await verify('--output-file', 'out.txt'), 'MODEL_MISMATCH', 1);
  t.is(readFileSync(join(cwd, 'out.txt'), 'utf8'), '');
});

test('an output file that would take the place of something else', async (t) => {
  const { cwd, model, key, verify } = await setting(t);
  writeFileSync(join(cwd, 'flags.json'), '{}');
  cpSync(join(cwd, 'model.sig'), join(cwd, 'other.sig'));
  symlinkSync('target', join(cwd, 'link'));
  const cases: readonly (readonly [path: string, code: string, exit: number])[] = [
    [key.public, 'OUTPUT_IS_INPUT', 2],
    ['model.sig', 'OUTPUT_IS_INPUT', 2],
    ['other.sig', 'OUTPUT_IS_INPUT', 2],
    ['flags.json', 'OUTPUT_IS_INPUT', 2],
    [join(model, 'a'), 'OUTPUT_IS_INPUT', 2],
    [join(model, 'new.log'), 'OUTPUT_IS_INPUT', 2],
    ['link', 'OUTPUT_IS_LINK', 2],
    ['.', 'OUTPUT_NOT_A_FILE', 2],
    ['no/such/folder', 'OUTPUT_UNWRITABLE', 3],
  ];
  const before = snapshot([key.public, join(cwd, 'model.sig'), join(cwd, 'flags.json'), join(model, 'a')]);
  for (const [path, code, exit] of cases) {
    failed(t, await verify('--config', 'flags.json', '--output-file', path), code, exit);
  }
  t.deepEqual(snapshot([...before.keys()]), before);
  t.deepEqual(readdirSync(model), ['a']);
  const both = ['sign', 'key', model, '--private-key', key.private, '--signature', 'x.sig', '--output-file', './x.sig'];
  failed(t, await command(both, { cwd }), 'OUTPUT_IS_INPUT', 2);
  const byDefault = ['sign', 'key', model, '--private-key', key.private, '--output-file', 'model.sig'];
  failed(t, await command(byDefault, { cwd: scratch(t) }), 'OUTPUT_IS_INPUT', 2);
  t.false(existsSync(join(cwd, 'x.sig')));
  failed(t, await verify('--output-file', ''), 'USAGE', 2);
});

test('an older output is replaced', async (t) => {
  const { cwd, verify } = await setting(t);
  writeFileSync(join(cwd, 'out.txt'), 'what was there');
  t.is((await verify('--output-file', 'out.txt')).exit, 0);
  t.regex(readFileSync(join(cwd, 'out.txt'), 'utf8'), /^verified /);
});

test('a command line that is not understood leaves the output file alone', async (t) => {
  const { cwd, verify } = await setting(t);
  writeFileSync(join(cwd, 'out.txt'), 'what was there');
  failed(t, await verify('--output-file', 'out.txt', '--nonsense'), 'USAGE', 2);
  failed(t, await verify('--output-file', 'out.txt', '--threads', '0'), 'USAGE', 2);
  t.is(readFileSync(join(cwd, 'out.txt'), 'utf8'), 'what was there');
});

test('a comma is a letter, and who may have meant a list is told', async (t) => {
  const cwd = scratch(t);
  const model = buildModel(t, { a: '1', b: '2', 'c,d': '3' });
  const digest = async (...flags: string[]) => command(['digest', model, ...flags], { cwd });
  const { exit, stderr } = await digest('--ignore-paths', 'a,b');
  t.is(exit, 0);
  t.is(stderr, "note: --ignore-paths 'a,b' is taken as one path; repeat the flag for several\n");
  for (const path of [join(model, 'c,d'), 'c,d']) t.is((await digest('--ignore-paths', path)).stderr, '');
  const repeated = await digest('--ignore-paths', 'a', '--ignore_paths=b', '--json');
  const { resources } = JSON.parse(repeated.stdout) as { resources: readonly { name: string }[] };
  t.deepEqual(
    resources.map(({ name }) => name),
    ['c,d'],
  );
});

function snapshot(paths: readonly string[]): Map<string, string> {
  return new Map(paths.map((path) => [path, readFileSync(path, 'utf8')]));
}

function withoutTime(text: string): string {
  return text.replace(/^time: .*$/m, 'time');
}
