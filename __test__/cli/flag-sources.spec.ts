// SPDX-License-Identifier: Apache-2.0
// Which source of a flag wins, and that a rule which nobody relaxed on the command line is named with who did.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';
import { sign } from 'model-signing';

import { keyFiles, pair } from '../keys.js';
import { buildModel, pattern, scratch, write } from '../models.js';
import { command, failed } from './command.js';

const KEY = pair();
const RELAXING = ['ignore-unsigned-files', 'ignore-paths', 'allow-external-symlinks', 'allow-legacy'];

async function setting(t: ExecutionContext) {
  const cwd = scratch(t);
  const model = buildModel(t, { 'a.bin': pattern(1000, 1) });
  const key = keyFiles(cwd, KEY);
  await sign(model, { signer: KEY.signer, signature: join(cwd, 'model.sig'), allowSymlinks: true });
  write(join(model, 'new'), '1');
  const verify = async (flags: readonly string[], env = {}) =>
    command(['verify', 'key', model, '--public-key', key.public, '--json', ...flags], { cwd, env });
  return { cwd, model, verify };
}

function remarksIn(stdout: string): readonly string[] {
  return (JSON.parse(stdout) as { remarks: readonly string[] }).remarks;
}

test('flag, then environment, then file, then default', async (t) => {
  const cwd = scratch(t);
  const model = buildModel(t, { 'a.bin': pattern(1000, 1) });
  writeFileSync(join(cwd, 'flags.json'), '{"hash-algorithm": "blake3", "json": true, "mmap": false}');
  const algorithmOf = async (args: readonly string[], env = {}): Promise<string> => {
    const { stdout } = await command(['digest', model, '--json', ...args], { cwd, env });
    return (JSON.parse(stdout) as { serialization: { hashAlgorithm: string } }).serialization.hashAlgorithm;
  };
  const file = ['--config', 'flags.json'];
  const env = { MODEL_SIGNING_HASH_ALGORITHM: 'blake2b' };
  t.is(await algorithmOf([]), 'sha256');
  t.is(await algorithmOf(file), 'blake3');
  t.is(await algorithmOf(file, env), 'blake2b');
  t.is(await algorithmOf([...file, '--hash-algorithm', 'sha256'], env), 'sha256');
});

test('a list and a switch are not mixed from several sources', async (t) => {
  const { cwd, model, verify } = await setting(t);
  writeFileSync(join(cwd, 'flags.json'), '{"ignore-paths": ["new"], "ignore-unsigned-files": true}');
  const strict = ['--config', 'flags.json', '--ignore-paths', 'b', '--no-ignore-unsigned-files'];
  const { exit, stdout } = await verify(strict);
  t.is(exit, 1, stdout);
  t.is((await verify(['--config', 'flags.json'], { MODEL_SIGNING_IGNORE_UNSIGNED_FILES: 'no' })).exit, 0, model);
});

test('the opposite of a switch has a variable, too', async (t) => {
  const { cwd, verify } = await setting(t);
  const tolerant = ['--ignore-unsigned-files'];
  t.is((await verify(tolerant)).exit, 0);
  const strict = async (env: NodeJS.ProcessEnv) => JSON.parse((await verify(tolerant, env)).stdout);
  t.like(await strict({ MODEL_SIGNING_NO_HIDDEN_FILES: 'true' }), { error: { code: 'HIDDEN_FILES' } });
  t.like(await strict({ MODEL_SIGNING_NO_HIDDEN_FILES: 'no' }), { ok: true });
  t.like(await strict({ MODEL_SIGNING_NO_HIDDEN_FILES: '' }), { error: { code: 'USAGE' } });
  const other = await command(['digest', 'm'], { cwd, env: { MODEL_SIGNING_NO_THREADS: 'x' } });
  failed(t, other, 'MODEL_NOT_FOUND', 3);
});

test('relaxed by the environment: the evidence names every variable', async (t) => {
  const { verify } = await setting(t);
  const env = {
    MODEL_SIGNING_IGNORE_UNSIGNED_FILES: 'true',
    MODEL_SIGNING_IGNORE_PATHS: 'new',
    MODEL_SIGNING_ALLOW_EXTERNAL_SYMLINKS: '1',
    MODEL_SIGNING_ALLOW_LEGACY: 'yes',
  };
  const { exit, stdout, stderr } = await verify([], env);
  t.is(exit, 0);
  const remarks = remarksIn(stdout);
  const wanted = RELAXING.map((flag) => {
    const name = `MODEL_SIGNING_${flag.toUpperCase().replaceAll('-', '_')}`;
    return `--${flag} was set by the environment variable ${name}`;
  });
  t.deepEqual(remarks.toSorted(), wanted.toSorted());
  t.is(stderr, remarks.map((remark) => `note: ${remark}\n`).join(''));
});

test('relaxed by a file: the evidence names flag and file', async (t) => {
  const { cwd, verify } = await setting(t);
  const file = { ignoreUnsignedFiles: true, ignore_paths: ['new'], allowExternalSymlinks: true, 'allow-legacy': true };
  writeFileSync(join(cwd, 'a\nb.json'), JSON.stringify(file));
  const { exit, stdout, stderr } = await verify(['--config', 'a\nb.json']);
  t.is(exit, 0);
  const wanted = RELAXING.map((flag) => `--${flag} was set by the file 'a\\nb.json'`);
  t.deepEqual(remarksIn(stdout).toSorted(), wanted.toSorted());
  t.is(stderr.split('\n').length, RELAXING.length + 1);
});

test('what was typed, or does not relax, needs no remark', async (t) => {
  const { cwd, verify } = await setting(t);
  const flags = RELAXING.map((flag) => (flag === 'ignore-paths' ? '--ignore-paths=new' : `--${flag}`));
  const env = {
    MODEL_SIGNING_IGNORE_UNSIGNED_FILES: 'true',
    MODEL_SIGNING_IGNORE_PATHS: 'b',
    MODEL_SIGNING_THREADS: '1',
  };
  t.deepEqual(remarksIn((await verify(flags, env)).stdout), []);
  const off = {
    MODEL_SIGNING_ALLOW_LEGACY: 'no',
    MODEL_SIGNING_ALLOW_EXTERNAL_SYMLINKS: '0',
    MODEL_SIGNING_FULL_DIFF: '1',
  };
  t.deepEqual(
    remarksIn((await verify(['--ignore-paths', 'new'], { ...off, MODEL_SIGNING_IGNORE_PATHS: '' })).stdout),
    [],
  );
  writeFileSync(join(cwd, 'flags.json'), '{"ignore-paths": [], "ignore-unsigned-files": false, "mmap": false}');
  t.is((await verify(['--config', 'flags.json'])).exit, 1);
});

test('where values come from is a detail for whoever looks for a fault; values are not told', async (t) => {
  const { cwd, model } = await setting(t);
  const key = keyFiles(cwd, KEY, 'open sesame');
  writeFileSync(join(cwd, 'flags.json'), '{"threads": 1}');
  const args = ['sign', 'key', model, '--private-key', key.private, '--config', 'flags.json', '--log-level', 'debug'];
  const { exit, stderr } = await command(args, { cwd, env: { MODEL_SIGNING_PASSWORD: 'open sesame' } });
  t.is(exit, 0);
  t.regex(stderr, /^debug: --password was set by the environment variable MODEL_SIGNING_PASSWORD$/m);
  t.regex(stderr, /^debug: --threads was set by the file 'flags\.json'$/m);
  t.notRegex(stderr, /sesame/);
});

test('flags of the program stand before the command, between and after', async (t) => {
  const { cwd, model } = await setting(t);
  const lines = [
    ['--log-level', 'debug', 'digest', model],
    ['digest', '--log_level=DEBUG', model],
    ['digest', model, '--log-level', 'Debug'],
  ];
  for (const args of lines) {
    const { stderr } = await command([...args, '--threads', '1'], { cwd, env: { MODEL_SIGNING_MMAP: 'no' } });
    t.is(stderr, 'debug: --mmap was set by the environment variable MODEL_SIGNING_MMAP\n');
  }
  failed(t, await command(['--threads', '1', 'digest', model], { cwd }), 'USAGE', 2);
});
