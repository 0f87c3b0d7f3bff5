// SPDX-License-Identifier: Apache-2.0
// The command line around the commands: help, version, typos, and the same rules for every failure.

import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';

import test from 'ava';

import { buildModel } from '../models.js';
import { command, failed } from './command.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const onLinux = existsSync('/dev/full') ? test : test.skip;
if (!existsSync('/dev/full')) console.warn('SKIPPED 1 test: there is no /dev/full, which takes nothing');

test('nothing given: the help as talk, and a usage error', async (t) => {
  const { exit, stdout, stderr } = await command([]);
  t.deepEqual([exit, stdout], [2, '']);
  t.regex(stderr, /^Usage: model-signing /);
});

test('the version, fast or among other flags', async (t) => {
  for (const args of [['--version'], ['-V'], ['--version', 'digest']]) {
    t.deepEqual(await command(args), { exit: 0, stdout: `${version}\n`, stderr: '' });
  }
});

onLinux('a version that cannot be written is a failure, and no stack trace', async (t) => {
  const full = openSync('/dev/full', 'w');
  t.teardown(() => closeSync(full));
  const { exit, stderr } = await command(['--version'], { stdio: ['ignore', full, 'pipe'] });
  t.deepEqual([exit, stderr], [3, '']);
});

test('help names the commands and the exit codes', async (t) => {
  for (const args of [['--help'], ['-h'], ['help']]) {
    const { exit, stdout, stderr } = await command(args);
    t.deepEqual([exit, stderr], [0, '']);
    t.regex(stdout, /^Usage: model-signing .*\n(?:.*\n)*.*digest.*\n(?:.*\n)*Exit codes: 0 /);
  }
});

test('help for a command of a command is its own', async (t) => {
  const [first, second] = await Promise.all([command(['sign', 'key', '--help']), command(['help', 'sign', 'key'])]);
  t.regex(first.stdout, /^Usage: model-signing sign key /);
  t.deepEqual([second.stdout, second.exit], [first.stdout, 0]);
});

test('help for a command names every flag, its default and examples', async (t) => {
  const [first, second] = await Promise.all([command(['digest', '--help']), command(['help', 'digest'])]);
  t.deepEqual([first.exit, first.stderr], [0, '']);
  t.is(first.stdout, second.stdout);
  const flags = ['hash-algorithm', 'serialization', 'shard-size', 'ignore-paths', 'ignore-git-paths', 'allow-symlinks'];
  for (const flag of [...flags, 'allow-external-symlinks', 'threads', 'mmap', 'fill-cache', 'json', 'quiet']) {
    t.regex(first.stdout, new RegExp(`^  --${flag}\\b`, 'm'));
  }
  t.regex(first.stdout, /\(default:\s+sha256\)/);
  t.regex(first.stdout, /Examples:\n {2}\$ model-signing digest /);
  t.regex(first.stdout, /MODEL_SIGNING_SHARD_SIZE/);
  for (const line of first.stdout.split('\n')) t.true(line.length <= 120, line);
});

test('help for a command that does not exist, with a suggestion when one is near', async (t) => {
  t.regex((await command(['help', 'sgn'])).stderr, /hint: Did you mean sign\?/);
  failed(t, await command(['help', 'frobnicate']), 'USAGE', 2);
});

test('a wrong command line leads to the help that has its flags', async (t) => {
  const cases = [
    [['digest', 'x', 'y'], 'digest'],
    [['sign', 'key', 'x', 'y'], 'sign key'],
    [['--json', 'trust', 'show', 'x', '--no-json'], 'trust show'],
  ] as const;
  for (const [args, name] of cases) {
    const ended = await command(args);
    failed(t, ended, 'USAGE', 2);
    t.is(ended.stderr.split('\n')[1], `hint: see model-signing ${name} --help`);
  }
});

test('no command where one is needed: the help, and JSON for those who asked for it', async (t) => {
  for (const [args, name] of [
    [[], ''],
    [['trust'], 'trust '],
    [['pkcs11'], 'pkcs11 '],
  ] as const) {
    t.is((await command(args)).stdout, '');
    const { exit, stdout, stderr } = await command([...args, '--json']);
    t.is(exit, 2);
    t.true(stderr.startsWith(`Usage: model-signing ${name}`));
    const hint = `see model-signing ${name}--help`;
    t.deepEqual((JSON.parse(stdout) as { error: object }).error, {
      code: 'USAGE',
      message: 'no command is named',
      hint,
    });
  }
});

test('whatever was typed, what is said about it is short', async (t) => {
  for (const word of ['\u202E', '\u001B[', '\u{1F511}'].map((text) => text.repeat(2000))) {
    for (const args of [[word], ['digest', 'x', `--${word}`], ['digest', 'x', `-${word}`], ['help', word]]) {
      const ended = await command(args);
      failed(t, ended, 'USAGE', 2);
      t.true(Buffer.byteLength(ended.stderr) <= 4096);
    }
  }
});

test('the value of a flag that does not exist is not repeated: it may be a secret', async (t) => {
  const { stderr } = await command(['sign', 'key', 'x', '--pasword=sesame']);
  t.is(stderr, "error: unknown option '--pasword' [USAGE]\nhint: Did you mean --password?\n");
});

test('a command or flag that does not exist, with a suggestion when one is near', async (t) => {
  failed(t, await command(['frobnicate', 'x']), 'USAGE', 2);
  failed(t, await command(['digest', '--nonsense', 'x']), 'USAGE', 2);
  const typo = await command(['digets', 'x']);
  failed(t, typo, 'USAGE', 2);
  t.regex(typo.stderr, /hint: Did you mean digest\?/);
  const flag = await command(['digest', '--shard-sice', '1', 'x']);
  failed(t, flag, 'USAGE', 2);
  t.regex(flag.stderr, /hint: Did you mean --shard-size\?/);
});

test('a method that is not there', async (t) => {
  for (const step of ['sign', 'verify']) {
    const near = await command([step, 'kye', 'model']);
    t.is(near.exit, 2);
    t.is(near.stderr, "error: there is no method 'kye', and one model at a time [USAGE]\nhint: Did you mean key?\n");
    const far = await command([step, 'model', 'other']);
    t.regex(far.stderr, /hint: the methods are sigstore, key, certificate/);
  }
  t.regex((await command(['verify', 'pkcs11-certificate', 'model'])).stderr, /no method 'pkcs11-certificate'/);
});

test('too few and too many arguments', async (t) => {
  failed(t, await command(['digest']), 'USAGE', 2);
  failed(t, await command(['digest', 'a', 'b']), 'USAGE', 2);
  failed(t, await command(['digest', '']), 'OPTION_INVALID', 2);
});

test('a newline in what was typed ends no line', async (t) => {
  const what = failed(t, await command(['digest', 'x', '--a\nhint: evil']), 'USAGE', 2);
  t.regex(what, /--a\\nhint: evil/);
});

test('-- ends the flags', async (t) => {
  const model = buildModel(t, { '../--json': '1', '../--a_b': '2' });
  const cwd = `${model}/..`;
  for (const name of ['--json', '--a_b']) {
    const { exit, stdout } = await command(['digest', '--', name], { cwd });
    t.is(exit, 0);
    t.regex(stdout, /^sha256:[0-9a-f]{64}\n$/);
  }
  failed(t, await command(['digest', '--', 'no_such', '--quiet']), 'USAGE', 2);
});
