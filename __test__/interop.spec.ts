// SPDX-License-Identifier: Apache-2.0
// The Python tool itself, in a virtual environment: what we sign it verifies, and what its releases sign we verify.
// Skipped, and said, where there is no python3 or where packages cannot be installed.

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import test, { type ExecutionContext } from 'ava';
import { type SignOptions, keyVerifier, sign, verify } from 'model-signing';

import { type Pair, keyFiles, pair } from './keys.js';
import { buildModel, pattern, scratch } from './models.js';
import { CURRENT, withPython } from './python.js';

const SCRIPT = fileURLToPath(new URL('../__test__/interop.py', import.meta.url));

/** Those before the one that our texts name, that signed what is out there. */
const OLDER = ['1.1.0'];

/** Names whose order differs between tools, bytes, an empty file, and files that are left out. */
const FILES = {
  'a.bin': pattern(1000, 1),
  'a/q': pattern(10, 2),
  'a-b': pattern(10, 3),
  'weights \u00E9 \u4E2D.bin': pattern(5000, 4),
  empty: '',
  '.gitignore': '*',
};
const CURVES = ['P-256', 'P-384', 'P-521'];

interface Task {
  readonly do: 'sign' | 'verify';
  readonly model: string;
  readonly signature: string;
  readonly key: string;
  readonly hash?: string;
  readonly shard_size?: number;
  readonly password?: string;
}

/** What our signer is told, and what the Python tool is told to do the same. */
const RECIPES: readonly (readonly [name: string, ours: SignOptions, python: Partial<Task>])[] = [
  ['files', {}, {}],
  ['shards', { shardSize: 300 }, { shard_size: 300 }],
  ['blake3', { hashAlgorithm: 'blake3' }, { hash: 'blake3' }],
];

test('what we sign, Python verifies', (t) =>
  withPython(t, CURRENT, async (python) => {
    const model = buildModel(t, FILES);
    const file = join(model, 'a.bin');
    const tasks: Task[] = [];
    for (const curve of CURVES) {
      const { folder, key, own } = setting(t, curve);
      for (const [name, options] of RECIPES) {
        const signature = join(folder, `${name}.sig`);
        await sign(model, { ...options, signer: own.signer, signature, compat: 'python' });
        tasks.push({ do: 'verify', model, signature, key: key.public });
      }
      const plain = join(folder, 'plain.sig');
      await sign(model, { signer: own.signer, signature: plain });
      tasks.push({ do: 'verify', model, signature: plain, key: key.public });
      const single = join(folder, 'single.sig');
      await sign(file, { signer: own.signer, signature: single, compat: 'python' });
      tasks.push({ do: 'verify', model: file, signature: single, key: key.public });
    }
    t.deepEqual(
      outcomes(python, tasks),
      tasks.map(() => null),
    );
  }));

test('what we sign, the Python command verifies; what was changed, it does not', (t) =>
  withPython(t, CURRENT, async (python) => {
    const model = buildModel(t, FILES);
    const { key, own } = setting(t, 'P-256');
    const signature = join(model, 'model.sig');
    await sign(model, { signer: own.signer, signature });
    const check = () => {
      const args = ['-m', 'model_signing', 'verify', 'key', model];
      return spawnSync(python, [...args, '--signature', signature, '--public_key', key.public], { encoding: 'utf8' });
    };
    const { status, stdout, stderr } = check();
    t.is(status, 0, stdout + stderr);
    writeFileSync(join(model, 'a-b'), 'changed');
    t.not(check().status, 0);
  }));

test('what Python signs, we verify', (t) =>
  withPython(t, CURRENT, async (python) => {
    const model = buildModel(t, FILES);
    const tasks = CURVES.flatMap((curve) => {
      const { folder, key } = setting(t, curve, 'a password');
      const task = { do: 'sign', key: key.private, password: 'a password' } as const;
      const signatures = RECIPES.map(([name, , how]) =>
        Object.assign({ model, signature: join(folder, `${name}.sig`) }, task, how),
      );
      return [...signatures, { ...task, model: join(model, 'a.bin'), signature: join(folder, 'single.sig') }];
    });
    await signsForUs(t, python, tasks);
  }));

for (const release of OLDER) {
  test(`what Python ${release} signs, we verify`, (t) =>
    withPython(t, CURRENT.replace(/^(model-signing==).*$/m, `$1${release}`), async (python) => {
      const model = buildModel(t, FILES);
      const tasks = CURVES.map((curve) => {
        const { folder, key } = setting(t, curve);
        return { do: 'sign', model, signature: join(folder, 'files.sig'), key: key.private } as const;
      });
      await signsForUs(t, python, tasks);
    }));
}

async function signsForUs(t: ExecutionContext, python: string, tasks: readonly Task[]): Promise<void> {
  t.deepEqual(
    outcomes(python, tasks),
    tasks.map(() => null),
  );
  for (const { model, signature, key } of tasks) {
    const verifier = keyVerifier({ publicKey: key.replace(/\.pem$/, '.pub') });
    await t.notThrowsAsync(verify(model, signature, { verifier }), signature);
    await t.throwsAsync(verify(model, signature, { verifier: pair().verifier }), { code: 'HINT_MISMATCH' });
  }
}

function setting(t: ExecutionContext, curve: string, password?: string) {
  const folder = join(scratch(t), curve);
  mkdirSync(folder);
  const own: Pair = pair(curve);
  return { folder, own, key: keyFiles(folder, own, password) };
}

function outcomes(python: string, tasks: readonly Task[]): unknown {
  const { stdout, stderr } = spawnSync(python, [SCRIPT], { input: JSON.stringify(tasks), encoding: 'utf8' });
  return stdout === '' ? stderr : JSON.parse(stdout);
}
