// SPDX-License-Identifier: Apache-2.0
// The conformance adapter as suites run it: a process with flags and an exit code.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import test, { type ExecutionContext } from 'ava';

import { ADAPTER, type Ended, command, failed } from '../cli/command.js';
import { keyFiles, pair } from '../keys.js';
import { CA, NO_OPENSSL, Pki } from '../methods/pki.js';
import { buildModel, pattern, scratch, write } from '../models.js';

const FILES = { 'a.bin': pattern(1000, 1), 'b/c': pattern(10, 2), '.gitignore': '*' };
const KEY = pair();
const OTHER = pair();

const pki = new Pki();
test.after.always(() => pki.remove());

test('help says what it is for', async (t) => {
  const nothing = await adapter();
  t.deepEqual([nothing.exit, nothing.stdout], [2, '']);
  const names = ['sign-model', 'verify-model', 'benchmark-model', 'capabilities'];
  for (const args of [['--help'], ...names.map((name) => [name, '--help'])]) {
    const { exit, stdout, stderr } = await adapter(...args);
    t.deepEqual([exit, stderr], [0, '']);
    t.regex(stdout, /^Usage: model-signing-conformance /);
    t.regex(stdout, /\nFor test suites only: /);
  }
  for (const name of names) t.true(nothing.stderr.includes(`\n  ${name}`), name);
});

test('every flag of the protocol, on every sub-command that has flags', async (t) => {
  const texts = ['method', 'model-path', 'output-bundle', 'bundle', 'private-key', 'public-key', 'signing-cert'];
  texts.push('identity', 'identity-provider', 'identity-token', 'trust-config', 'password', 'operation');
  const numbers = ['repeat', 'shard-size', 'chunk-size', 'max-workers'];
  for (const name of ['sign-model', 'verify-model', 'benchmark-model']) {
    const { stdout } = await adapter(name, '--help');
    for (const flag of [...texts, 'hash-algorithm']) t.regex(stdout, new RegExp(`^  --${flag} <value> `, 'm'));
    for (const flag of numbers) t.regex(stdout, new RegExp(`^  --${flag} <number> `, 'm'));
    for (const flag of ['cert-chain', 'ignore-paths']) t.regex(stdout, new RegExp(`^  --${flag} <value...> `, 'm'));
    for (const flag of ['ignore-unsigned-files', 'use-staging', 'allow-symlinks']) {
      t.regex(stdout, new RegExp(`^  --${flag} {2,}\\w`, 'm'));
    }
  }
});

test('capabilities tells the truth', async (t) => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const { exit, stdout, stderr } = await adapter('capabilities');
  t.deepEqual([exit, stderr], [0, '']);
  t.deepEqual(JSON.parse(stdout), {
    methods: ['key', 'certificate', 'sigstore'],
    flags: ['--trust-config', '--allow-symlinks', '--password', '--hash-algorithm', '--shard-size', '--max-workers'],
    hash_algorithms: ['sha256', 'blake2b', 'blake3'],
    benchmark_model: true,
    client_version: version,
  });
  t.deepEqual(await adapter('--version'), { exit: 0, stdout: `${version}\n`, stderr: '' });
});

test('keys: signed, verified, and not by anybody else, nor when changed', async (t) => {
  const { model, key, bundle, signs, verifies } = setting(t);
  silent(t, await adapter('sign-model', ...signs));
  t.deepEqual(namesIn(bundle), ['a.bin', 'b/c']);
  silent(t, await adapter('verify-model', ...verifies));
  const stranger = keyFiles(scratch(t), OTHER);
  const args = verifies.map((arg) => (arg === key.public ? stranger.public : arg));
  failed(t, await adapter('verify-model', ...args), 'HINT_MISMATCH', 1);
  write(join(model, 'b/c'), 'changed');
  failed(t, await adapter('verify-model', ...verifies), 'MODEL_MISMATCH', 1);
});

test('a single file, a key under a password, links, and every recipe', async (t) => {
  const model = buildModel(t, { ...FILES, link: { link: 'a.bin' } });
  const folder = scratch(t);
  const key = keyFiles(folder, KEY, 'a password');
  const bundle = join(folder, 'x.sig');
  const common = ['--method', 'key', '--output-bundle', bundle, '--private-key', key.private];
  const verifies = ['--method', 'key', '--bundle', bundle, '--public-key', key.public, '--model-path'];
  const unlocked = [...common, '--password', 'a password'];
  silent(t, await adapter('sign-model', ...unlocked, '--model-path', join(model, 'a.bin')));
  t.deepEqual(namesIn(bundle), ['a.bin']);
  silent(t, await adapter('verify-model', ...verifies, join(model, 'a.bin')));
  failed(t, await adapter('sign-model', ...common, '--model-path', model), 'KEY_ENCRYPTED', 2);
  failed(t, await adapter('sign-model', ...unlocked, '--model-path', model), 'SYMLINK_FORBIDDEN', 1);
  const recipes: readonly (readonly [flags: string[], serialization: object])[] = [
    [[], { hash_type: 'sha256', method: 'files' }],
    [['--hash-algorithm', 'blake3', '--shard-size', '0'], { hash_type: 'blake3', method: 'files' }],
    [
      ['--hash-algorithm', 'blake2b', '--shard-size', '300', '--max-workers', '1', '--chunk-size', '4096'],
      { hash_type: 'blake2b', method: 'shards', shard_size: 300 },
    ],
  ];
  for (const [flags, serialization] of recipes) {
    silent(t, await adapter('sign-model', ...unlocked, '--model-path', model, '--allow-symlinks', ...flags));
    t.like(payloadOf(bundle).predicate.serialization, { ...serialization, allow_symlinks: true });
    silent(t, await adapter('verify-model', ...verifies, model, '--allow-symlinks'));
  }
});

test('lists: repeated, several values at once, both', async (t) => {
  const { model, bundle, signs, verifies } = setting(t, { ...FILES, d: '1', e: '2', 'f/g': '3' });
  const [d, e, f] = ['d', 'e', 'f'].map((name) => join(model, name)) as [string, string, string];
  for (const list of [
    ['--ignore-paths', d, '--ignore-paths', e, '--ignore-paths', f],
    ['--ignore-paths', d, e, f],
    ['--ignore-paths', d, e, '--ignore-paths', f],
  ]) {
    for (const args of [
      [...signs, ...list],
      [...list, ...signs],
    ]) {
      silent(t, await adapter('sign-model', ...args));
      t.deepEqual(namesIn(bundle), ['a.bin', 'b/c']);
    }
    silent(t, await adapter('verify-model', ...list, ...verifies));
  }
  write(join(model, 'new'), '1');
  write(join(model, 'newer'), '2');
  failed(t, await adapter('verify-model', ...verifies), 'MODEL_MISMATCH', 1);
  const both = ['--ignore-paths', join(model, 'new'), join(model, 'newer')];
  silent(t, await adapter('verify-model', ...verifies, ...both));
  failed(t, await adapter('verify-model', ...verifies, ...both.slice(0, 2)), 'MODEL_MISMATCH', 1);
  silent(t, await adapter('verify-model', '--ignore-unsigned-files', ...verifies));
});

(NO_OPENSSL === undefined ? test : test.skip)('certificates: chains in every spelling', async (t) => {
  const model = buildModel(t, FILES);
  const bundle = join(scratch(t), 'x.sig');
  const root = pki.issue('root', { extensions: CA });
  const first = pki.issue('first', { issuer: root, extensions: CA });
  const second = pki.issue('second', { issuer: first, extensions: CA });
  const leaf = pki.issue('leaf', { issuer: second, key: 'p384' });
  const stranger = pki.issue('stranger', { extensions: CA });
  const common = ['--method', 'certificate', '--model-path', model];
  const signs = [...common, '--private-key', leaf.key, '--signing-cert', leaf.certificate, '--output-bundle', bundle];
  const verifies = [...common, '--bundle', bundle];
  for (const chain of [
    ['--cert-chain', second.certificate, first.certificate, root.certificate],
    ['--cert-chain', second.certificate, '--cert-chain', first.certificate],
  ]) {
    silent(t, await adapter('sign-model', ...chain, ...signs));
    silent(t, await adapter('verify-model', ...verifies, '--cert-chain', root.certificate));
  }
  silent(t, await adapter('sign-model', ...signs));
  const { certificate } = root;
  failed(t, await adapter('verify-model', ...verifies, '--cert-chain', certificate), 'CERTIFICATE_UNTRUSTED', 1);
  const all = ['--cert-chain', second.certificate, first.certificate, '--cert-chain', certificate];
  silent(t, await adapter('verify-model', ...verifies, ...all));
  // What benchmark suites hand to every sub-command alike.
  silent(t, await adapter('verify-model', ...verifies, ...all, '--signing-cert', leaf.certificate));
  const { certificate: wrong } = stranger;
  failed(t, await adapter('verify-model', ...verifies, '--cert-chain', wrong), 'CERTIFICATE_UNTRUSTED', 1);
  failed(t, await adapter('verify-model', ...verifies), 'TRUST_ANCHOR_MISSING', 2);
  const mixed = signs.map((arg) => (arg === leaf.key ? stranger.key : arg));
  failed(t, await adapter('sign-model', ...mixed), 'CERTIFICATE_KEY_MISMATCH', 3);
  // A method looks at its own material only.
  const { public: publicKey } = keyFiles(scratch(t), KEY);
  const asKey = ['--method', 'key', '--model-path', model, '--bundle', bundle, '--public-key', publicKey];
  failed(t, await adapter('verify-model', ...asKey), 'MATERIAL_MISMATCH', 1);
});

test('what is missing or wrong is named, and nothing is written', async (t) => {
  const { model, key, bundle, signs, verifies } = setting(t);
  for (const flag of ['--method', '--model-path', '--output-bundle', '--private-key']) {
    t.true(failed(t, await adapter('sign-model', ...without(signs, flag)), 'USAGE', 2).includes(flag), flag);
  }
  for (const flag of ['--method', '--model-path', '--bundle', '--public-key']) {
    t.true(failed(t, await adapter('verify-model', ...without(verifies, flag)), 'USAGE', 2).includes(flag), flag);
  }
  const certificate = signs.map((arg) => (arg === 'key' ? 'certificate' : arg));
  t.regex(failed(t, await adapter('sign-model', ...certificate), 'USAGE', 2), /--signing-cert is missing/);
  for (const method of ['sigstores', '', '\u001B[2J']) {
    const args = ['sign-model', ...without(signs, '--method'), `--method=${method}`];
    t.regex(
      failed(t, await adapter(...args), 'USAGE', 2),
      method === '' ? /--method is missing/ : /there is no method/,
    );
  }
  for (const [flag, value] of Object.entries({
    '--repeat': '-1',
    '--shard-size': '1.5',
    '--chunk-size': '',
    '--max-workers': '99999999999999999',
  })) {
    t.true(failed(t, await adapter('sign-model', ...signs, `${flag}=${value}`), 'USAGE', 2).includes(flag), value);
  }
  failed(t, await adapter('sign-model', ...signs, '--hash-algorithm', 'md5'), 'USAGE', 2);
  failed(t, await adapter('sign-model', ...signs, '--nonsense'), 'USAGE', 2);
  failed(t, await adapter('sign-model', ...signs, 'a-word'), 'USAGE', 2);
  failed(t, await adapter('sign', ...signs), 'USAGE', 2);
  failed(t, await adapter('sign-model', ...signs, '--model-path', join(model, 'nothing')), 'MODEL_NOT_FOUND', 3);
  failed(t, await adapter('sign-model', ...signs, '--private-key', `${key.private}x`), 'KEY_NOT_FOUND', 3);
  failed(t, await adapter('verify-model', ...verifies), 'BUNDLE_NOT_FOUND', 6);
  t.false(existsSync(bundle));
  writeFileSync(bundle, 'something else');
  failed(t, await adapter('sign-model', ...signs), 'OUTPUT_NOT_A_BUNDLE', 2);
  t.is(readFileSync(bundle, 'utf8'), 'something else');
});

test('the environment changes nothing', async (t) => {
  const { model, bundle, signs, verifies } = setting(t);
  const env = {
    MODEL_SIGNING_HASH_ALGORITHM: 'blake3',
    MODEL_SIGNING_IGNORE_PATHS: join(model, 'b'),
    MODEL_SIGNING_JSON: 'true',
    MODEL_SIGNING_PRIVATE_KEY: '/nonexistent',
  };
  silent(t, await command(['sign-model', ...signs], { env }, ADAPTER));
  t.is(payloadOf(bundle).predicate.serialization['hash_type'], 'sha256');
  t.deepEqual(namesIn(bundle), ['a.bin', 'b/c']);
  silent(t, await command(['verify-model', ...verifies], { env }, ADAPTER));
});

test('benchmark-model measures what it is told to', async (t) => {
  const { model, key, bundle, signs, verifies } = setting(t);
  const measured = async (...args: string[]): Promise<readonly number[]> => {
    const { exit, stdout, stderr } = await adapter('benchmark-model', ...args);
    t.deepEqual([exit, stderr], [0, '']);
    const answer = JSON.parse(stdout) as { times_ms: readonly number[] };
    t.deepEqual(Object.keys(answer), ['times_ms']);
    for (const time of answer.times_ms) t.true(time > 0 && time < 60_000, `${time}`);
    return answer.times_ms;
  };
  t.is((await measured('--operation', 'hash', '--model-path', model)).length, 5);
  const swept = ['--hash-algorithm', 'blake2b', '--shard-size', '100', '--max-workers', '2', '--repeat', '1'];
  t.is((await measured('--operation', 'hash', '--model-path', model, ...swept)).length, 1);
  t.is((await measured('--operation', 'sign', ...signs, '--repeat', '3', '--hash-algorithm', 'blake3')).length, 3);
  t.is(payloadOf(bundle).predicate.serialization['hash_type'], 'blake3');
  t.is((await measured('--operation', 'verify', ...verifies, '--repeat', '2')).length, 2);
  const chunked = ['--operation', 'hash', '--model-path', model, '--repeat', '1', '--chunk-size', '4096'];
  const { exit, stderr } = await adapter('benchmark-model', ...chunked);
  t.deepEqual([exit, stderr], [0, 'note: --chunk-size has no effect: reads are sized as they come\n']);
  failed(t, await adapter('benchmark-model', ...signs), 'USAGE', 2);
  failed(t, await adapter('benchmark-model', '--operation', 'dance', ...signs), 'USAGE', 2);
  failed(t, await adapter('benchmark-model', '--operation', 'sign', '--model-path', model), 'USAGE', 2);
  failed(t, await adapter('benchmark-model', '--operation', 'hash', '--model-path', `${model}x`), 'MODEL_NOT_FOUND', 3);
  writeFileSync(key.public, readFileSync(keyFiles(scratch(t), OTHER).public));
  failed(t, await adapter('benchmark-model', '--operation', 'verify', ...verifies), 'HINT_MISMATCH', 1);
});

test('a checkout has it as a file that suites can start', (t) => {
  const file = fileURLToPath(new URL('../../__test__/conformance/adapter', import.meta.url));
  const [program, args] = process.platform === 'win32' ? [process.execPath, [file]] : [file, []];
  const text = execFileSync(program, [...args, 'capabilities'], { encoding: 'utf8' });
  t.true((JSON.parse(text) as { benchmark_model: boolean }).benchmark_model);
});

function adapter(...args: readonly string[]): Promise<Ended> {
  return command(args, {}, ADAPTER);
}

function without(args: readonly string[], flag: string): string[] {
  return args.filter((arg, index) => arg !== flag && args[index - 1] !== flag);
}

/** All went well, and there was nothing to say. */
function silent(t: ExecutionContext, ended: Ended): void {
  t.deepEqual(ended, { exit: 0, stdout: '', stderr: '' });
}

function setting(t: ExecutionContext, files: Parameters<typeof buildModel>[1] = FILES) {
  const [model, folder] = [buildModel(t, files), scratch(t)];
  const key = keyFiles(folder, KEY);
  const bundle = join(folder, 'x.sig');
  const common = ['--method', 'key', '--model-path', model];
  const signs = [...common, '--output-bundle', bundle, '--private-key', key.private];
  return { model, key, bundle, signs, verifies: [...common, '--bundle', bundle, '--public-key', key.public] };
}

interface Payload {
  readonly predicate: {
    readonly serialization: Readonly<Record<string, unknown>>;
    readonly resources: readonly { readonly name: string }[];
  };
}

function payloadOf(bundle: string): Payload {
  const { dsseEnvelope } = JSON.parse(readFileSync(bundle, 'utf8')) as { dsseEnvelope: { payload: string } };
  return JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString()) as Payload;
}

function namesIn(bundle: string): string[] {
  return payloadOf(bundle).predicate.resources.map(({ name }) => name);
}
