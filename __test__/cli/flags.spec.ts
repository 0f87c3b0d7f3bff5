// SPDX-License-Identifier: Apache-2.0
// Flags from the command line and the environment: values, errors that name their source, and which one wins.

import test from 'ava';

import { looksLike, normalizeFlags } from '../../dist/cli/flags.js';
import { buildModel, pattern } from '../models.js';
import { manifestOf } from '../oracle.js';
import { command, failed } from './command.js';

const FILES = { 'a.bin': pattern(3000, 1), b: pattern(10, 2) };

/** What a flag does not take. */
const WRONG: readonly (readonly [flag: string, value: string])[] = [
  ['hash-algorithm', 'md5'],
  ['hash-algorithm', ''],
  ['serialization', 'tar'],
  ...['0', '-1', '1.5', '1e3', '', '1 XB', 'GB', '9007199254740992', '9000TiB', '0x10'].map(
    (value) => ['shard-size', value] as const,
  ),
  ...['0', '-1', 'two', '', '1.5', '9999999999'].map((value) => ['threads', value] as const),
  ...['0', '-1s', 'soon', '', '1d'].map((value) => ['timeout', value] as const),
  ['total-timeout', '600h'],
  ['log-level', 'loud'],
  ['log-format', 'xml'],
];

test('sizes with and without units', async (t) => {
  const model = buildModel(t, FILES);
  for (const [text, shardSize] of [
    ['1000', 1000],
    ['1kB', 1000],
    ['1KiB', 1024],
    ['1 kb', 1000],
    ['1GB', 1e9],
    ['2TiB', 2 ** 41],
  ] as const) {
    const { stdout } = await command(['digest', model, '--json', '--shard-size', text]);
    const answer = JSON.parse(stdout) as { rootDigest: string; serialization: { shardSize: number } };
    t.is(answer.serialization.shardSize, shardSize);
    t.is(answer.rootDigest, manifestOf('model', FILES, { shardSize }).rootDigest);
  }
});

for (const [flag, value] of WRONG) {
  test(`--${flag} '${value}' is refused, on the command line and in the environment`, async (t) => {
    const variable = `MODEL_SIGNING_${flag.toUpperCase().replaceAll('-', '_')}`;
    const byFlag = failed(t, await command(['digest', 'x', `--${flag}=${value}`]), 'USAGE', 2);
    t.true(byFlag.includes(`--${flag}`), byFlag);
    const byVariable = failed(t, await command(['digest', 'x'], { env: { [variable]: value } }), 'USAGE', 2);
    t.true(byVariable.includes(variable), byVariable);
  });
}

test('every flag has a variable', async (t) => {
  const model = buildModel(t, {
    ...FILES,
    '.gitignore': '*',
    link: { link: 'b' },
    out: { link: '/dev/null' },
    skip: '1',
  });
  const env = {
    MODEL_SIGNING_HASH_ALGORITHM: 'blake2b',
    MODEL_SIGNING_SERIALIZATION: 'shards',
    MODEL_SIGNING_SHARD_SIZE: '1KiB',
    MODEL_SIGNING_IGNORE_PATHS: 'out',
    MODEL_SIGNING_IGNORE_GIT_PATHS: 'no',
    MODEL_SIGNING_ALLOW_SYMLINKS: 'TRUE',
    MODEL_SIGNING_ALLOW_EXTERNAL_SYMLINKS: '1',
    MODEL_SIGNING_THREADS: '2',
    MODEL_SIGNING_MMAP: 'off',
    MODEL_SIGNING_FILL_CACHE: 'yes',
    MODEL_SIGNING_JSON: 'on',
    MODEL_SIGNING_QUIET: 'true',
  };
  const { exit, stdout } = await command(['digest', model], { env });
  t.is(exit, 0);
  const { serialization } = JSON.parse(stdout) as { serialization: object };
  t.deepEqual(serialization, {
    method: 'shards',
    hashAlgorithm: 'blake2b',
    shardSize: 1024,
    allowSymlinks: true,
    ignorePaths: ['out'],
  });
});

test('a flag wins over its variable', async (t) => {
  const model = buildModel(t, { ...FILES, skip: '1' });
  const env = {
    MODEL_SIGNING_JSON: '1',
    MODEL_SIGNING_HASH_ALGORITHM: 'blake3',
    MODEL_SIGNING_IGNORE_PATHS: 'b',
    MODEL_SIGNING_ALLOW_SYMLINKS: '1',
  };
  const flags = ['--no-json', '--hash-algorithm', 'sha256', '--ignore-paths', 'skip', '--no-allow-symlinks'];
  const { stdout } = await command(['digest', model, ...flags], { env });
  t.is(stdout, `${manifestOf('model', FILES).rootDigest}\n`);
});

test('a wrong switch in the environment names its variable', async (t) => {
  for (const value of ['', 'maybe', '2']) {
    const what = failed(t, await command(['digest', 'x'], { env: { MODEL_SIGNING_MMAP: value } }), 'USAGE', 2);
    t.regex(what, /MODEL_SIGNING_MMAP/);
  }
});

test('a wrong variable does not matter where the flag is given', async (t) => {
  const { exit } = await command(['digest', buildModel(t, FILES), '--threads', '1'], {
    env: { MODEL_SIGNING_THREADS: 'x' },
  });
  t.is(exit, 0);
});

test('JSON asked for by the environment: failures are JSON, too, even usage errors', async (t) => {
  for (const args of [
    ['digest', 'no such model'],
    ['digest', '--nonsense', 'x'],
  ]) {
    const { stdout } = await command(args, { env: { MODEL_SIGNING_JSON: 'true' } });
    t.is((JSON.parse(stdout) as { ok: boolean }).ok, false);
  }
});

test('flags that only mean something together', async (t) => {
  failed(t, await command(['digest', 'x', '--allow-external-symlinks']), 'OPTION_INVALID', 2);
  failed(t, await command(['digest', 'x', '--serialization', 'files', '--shard-size', '1']), 'OPTION_INVALID', 2);
});

test('underscores in flags mean hyphens', async (t) => {
  const model = buildModel(t, { ...FILES, skip: '1' });
  const { stdout } = await command(['digest', model, '--ignore_paths', 'skip', '--shard_size=1000', '--no_mmap']);
  t.is(
    stdout,
    `${manifestOf('model', FILES, { shardSize: 1000, ignorePaths: ['.git', '.gitattributes', '.github', '.gitignore', 'skip'] }).rootDigest}\n`,
  );
});

test('a switch with a value is a switch, for those that are switches', (t) => {
  const switches = new Set(['mmap', 'a-b']);
  const given = ['--mmap=true', '--mmap=False', '--a_b=0', '--other=true=x', '--', '--mmap=true'];
  const wanted = ['--mmap', '--no-mmap', '--no-a-b', '--other=true=x', '--', '--mmap=true'];
  t.deepEqual(normalizeFlags(given, switches), wanted);
  t.deepEqual(normalizeFlags(['--no-mmap=true', '--no_a_b=false'], switches), ['--no-mmap', '--a-b']);
  for (const value of ['x', '', '{"a"="b"}', 'true=']) {
    t.throws(() => normalizeFlags([`--mmap=${value}`], switches), { code: 'USAGE', message: /^--mmap has the wrong/ });
  }
});

test('how errors will have to be told, as far as a command line looks like it', (t) => {
  const json: readonly (readonly [argv: string, variable: string, json: boolean])[] = [
    ['digest x', '', false],
    ['digest --json x', 'no', true],
    ['digest --json=true', '', true],
    ['digest --json=false', '1', false],
    ['digest --no-json', 'true', false],
    ['digest --no-json --json', '', true],
    ['digest --json --no-json', '', false],
    ['digest -- --json', '', false],
    ['digest', 'on', true],
    ['digest --json={}', '', false],
  ];
  for (const [argv, variable, wanted] of json) {
    t.is(looksLike(argv.split(' '), { MODEL_SIGNING_JSON: variable }).json, wanted, argv);
  }
  const formats: readonly (readonly [argv: string, variable: string, format: string])[] = [
    ['digest', '', 'text'],
    ['--log-format json digest', '', 'json'],
    ['digest --log_format=JSON', 'text', 'json'],
    ['digest --log-format text', 'json', 'text'],
    ['digest', 'Json', 'json'],
    ['digest --log-format', '', 'text'],
    ['digest -- --log-format json', '', 'text'],
  ];
  for (const [argv, variable, wanted] of formats) {
    t.is(looksLike(argv.split(' '), { MODEL_SIGNING_LOG_FORMAT: variable }).logFormat, wanted, argv);
  }
});

test('what stands behind a flag that takes a value is that value, whatever it looks like', (t) => {
  const valued = new Set(['pass-word']);
  const given = [
    '--pass_word',
    '--a_b',
    '--c_d',
    '--pass_word=--x',
    '--e_f',
    '--pass_word',
    '--',
    '--g_h',
    '--',
    '--i_j',
  ];
  const wanted = [
    '--pass-word',
    '--a_b',
    '--c-d',
    '--pass-word=--x',
    '--e-f',
    '--pass-word',
    '--',
    '--g-h',
    '--',
    '--i_j',
  ];
  t.deepEqual(normalizeFlags(given, new Set(), valued), wanted);
  t.deepEqual(normalizeFlags(['--pass_word=x', '--no-such=x'], new Set(), valued), ['--pass-word=x', '--no-such']);
});

test('only flags are rewritten, and only their names', (t) => {
  t.deepEqual(normalizeFlags(['a_b', '--c_d=e_f', '-g_h', '--', '--i_j']), ['a_b', '--c-d=e_f', '-g_h', '--', '--i_j']);
});
