// SPDX-License-Identifier: Apache-2.0
// The file that --config names: what it may say, and that nothing in it is passed over.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { buildModel, pattern, scratch } from '../models.js';
import { manifestOf } from '../oracle.js';
import { command, failed } from './command.js';

const FILES = { 'a.bin': pattern(3000, 1), b: pattern(10, 2) };

test('every kind of flag, in every spelling', async (t) => {
  const model = buildModel(t, { ...FILES, skip: '1', other: '2' });
  const { rootDigest } = manifestOf('model', FILES, {
    shardSize: 1024,
    ignorePaths: ['.git', '.gitattributes', '.github', '.gitignore', 'other', 'skip'],
  });
  const ignored = { 'ignore-paths': ['skip', 'other'], threads: 2, mmap: false, 'total-timeout': '1h' };
  for (const file of [
    { 'shard-size': '1KiB', 'hash-algorithm': 'sha256', ...ignored },
    { shard_size: 1024, hash_algorithm: 'SHA256', ...ignored },
    { shardSize: '1024', hashAlgorithm: 'sha256', ...ignored },
  ]) {
    const { cwd, config } = fileOf(t, JSON.stringify(file, undefined, 2));
    t.deepEqual(await command(['digest', model, '--config', config], { cwd }), {
      exit: 0,
      stdout: `${rootDigest}\n`,
      stderr: '',
    });
  }
});

test('no file is searched for; one is named by a flag or by a variable', async (t) => {
  const model = buildModel(t, FILES);
  const { cwd } = fileOf(t, '{"hash-algorithm": "blake3"}', 'model-signing.json');
  const read = async (args: readonly string[], env = {}) =>
    (await command(['digest', model, ...args], { cwd, env })).stdout;
  const plain = `${manifestOf('model', FILES).rootDigest}\n`;
  t.is(await read([]), plain);
  const changed = await read(['--config', 'model-signing.json']);
  t.not(changed, plain);
  t.is(await read([], { MODEL_SIGNING_CONFIG: 'model-signing.json' }), changed);
  t.is((await command(['--config', 'model-signing.json', 'digest', model], { cwd })).stdout, changed);
});

test('a member for another command is no mistake: one file may serve several', async (t) => {
  const { cwd, config } = fileOf(t, '{"private-key": "a", "public-key": "b", "crl": ["c"], "json": true}');
  const { exit, stdout } = await command(['digest', buildModel(t, FILES), '--config', config], { cwd });
  t.deepEqual([exit, stdout[0]], [0, '{']);
});

/** Files that mean nothing, and what the error names besides the file. */
const WRONG: readonly (readonly [text: string, named: string])[] = [
  ['{"shard-sice": 1}', "'shard-sice'"],
  ['{"no-mmap": true}', "'no-mmap'"],
  ['{"config": "other.json"}', "'config'"],
  ['{"help": true}', "'help'"],
  ['{"version": true}', "'version'"],
  ['{"__proto__": 1}', "'__proto__'"],
  ['{"": 1}', "''"],
  ['{"threads": 1, "threads": 2}', "'threads' a second time"],
  ['{"threads": 1, "thr\\u0065ads": 2}', "'threads' a second time"],
  ['{"shard-size": 1, "shardSize": 2}', "'shardSize' twice"],
  ['{"threads": 0}', "'threads'"],
  ['{"threads": "two"}', "'threads'"],
  ['{"threads": 1.5}', "'threads'"],
  ['{"threads": true}', "'threads'"],
  ['{"threads": null}', "'threads'"],
  ['{"shard-size": 9007199254740992}', "'shard-size'"],
  ['{"mmap": "false"}', "'mmap'"],
  ['{"mmap": 1}', "'mmap'"],
  ['{"ignore-paths": {"a": 1}}', "'ignore-paths'"],
  ['{"ignore-paths": ["a", 1]}', "'ignore-paths'"],
  ['{"hash-algorithm": ["sha256"]}', "'hash-algorithm'"],
  ['{"hash-algorithm": "md5"}', "'hash-algorithm'"],
  ['{"ignore-paths": [{"a": 1, "a": 2}]}', "'a' a second time"],
  ['[]', 'object'],
  ['null', 'object'],
  ['"text"', 'object'],
  ['', 'not valid JSON'],
  ['{"threads": 1,}', 'not valid JSON'],
  ['{"threads": 1} {}', 'not valid JSON'],
  ['{"threads": 1} // one', 'not valid JSON'],
  ['\uFEFF{}', 'not valid JSON'],
];

for (const [text, named] of WRONG) {
  test(`refused: ${text}`, async (t) => {
    const { cwd, config } = fileOf(t, text);
    const what = failed(t, await command(['digest', 'no such model', '--config', config], { cwd }), 'USAGE', 2);
    t.true(what.includes(named), what);
    t.true(what.includes("'flags.json'"), what);
  });
}

test('names inside of values are no members, and text is no structure', async (t) => {
  const model = buildModel(t, { ...FILES, 'threads": 1, {[': '1', threads: '2' });
  const { cwd, config } = fileOf(t, '{"ignore-paths": ["threads\\": 1, {[", "threads"], "threads": 1, "quiet": true}');
  const { exit, stderr } = await command(['digest', model, '--config', config], { cwd });
  t.deepEqual([exit, stderr], [0, '']);
});

test('a file that cannot be read', async (t) => {
  const { cwd } = fileOf(t, '');
  writeFileSync(join(cwd, 'large'), ' '.repeat(1_048_577));
  const pipe = spawnSync('mkfifo', [join(cwd, 'pipe')]).status === 0 ? ['pipe'] : [];
  for (const config of ['no such file', '.', 'large', ...pipe]) {
    const ended = await command(['digest', 'x', '--config', config], { cwd });
    t.true(failed(t, ended, 'CONFIG_UNREADABLE', 3).includes(`'${config}'`));
  }
});

test('a file that is not UTF-8', async (t) => {
  const { cwd, config } = fileOf(t, '');
  writeFileSync(join(cwd, config), Buffer.from([0x7b, 0xe9, 0x7d]));
  t.true(failed(t, await command(['digest', 'x', '--config', config], { cwd }), 'USAGE', 2).includes('not UTF-8'));
});

test('a wrong value is not repeated where it may be a secret', async (t) => {
  const { cwd, config } = fileOf(t, '{"password": 271828}');
  const { exit, stderr } = await command(['sign', 'key', 'x', '--config', config], { cwd });
  t.is(exit, 2);
  t.notRegex(stderr, /271828/);
});

test('JSON asked for by the file: failures are JSON, too', async (t) => {
  const { cwd, config } = fileOf(t, '{"json": true}');
  const { exit, stdout } = await command(['digest', 'no such model', '--config', config], { cwd });
  t.is(exit, 3);
  t.is((JSON.parse(stdout) as { ok: boolean }).ok, false);
});

function fileOf(t: ExecutionContext, text: string, config = 'flags.json') {
  const cwd = scratch(t);
  writeFileSync(join(cwd, config), text);
  return { cwd, config };
}
