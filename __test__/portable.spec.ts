// SPDX-License-Identifier: Apache-2.0
// The addon as WebAssembly, where it was built (`npm run build:targets -- wasm32-wasi`): the command on a machine that
// says it has no native addon gives the same digests, signs, verifies and refuses; and the loader takes it only there,
// whole and unchanged.

import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import test, { type ExecutionContext } from 'ava';

import { digest } from 'model-signing';
import { keyFiles, pair } from './keys.js';
import { scratch } from './models.js';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const BUILT = join(ROOT, 'target', 'addons', 'wasm32-wasi');
const FILES = [
  'model-signing.wasm32-wasi.cjs',
  'model-signing.wasm32-wasi.wasm',
  'model-signing.wasm32-wasi.worker.cjs',
];
const isBuilt = FILES.every((file) => existsSync(join(BUILT, file))) && process.platform !== 'win32';
const portable = isBuilt ? test : test.skip;
const { checksums } = (await import(pathToFileURL(join(ROOT, 'npm', 'scripts', 'addon.js')).href)) as {
  checksums: (files: readonly string[]) => string;
};
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

if (!isBuilt) console.error('SKIPPED: the portable addon is not built; run: npm run build:targets -- wasm32-wasi');

portable('the digest of a model is that of the native addon, also of long files and through links', async (t) => {
  const { folder, model, run } = install(t);
  writeFileSync(join(model, 'large'), Buffer.alloc(70 << 20, 'model'));
  mkdirSync(join(model, 'sub'));
  writeFileSync(join(model, 'sub', 'é'), 'x');
  symlinkSync('sub', join(model, 'link'));
  for (const hashAlgorithm of ['sha256', 'blake2b', 'blake3'] as const) {
    for (const shards of [[], ['--serialization', 'shards', '--shard-size', '9000001']]) {
      const options = { hashAlgorithm, allowSymlinks: true };
      const cut = shards.length > 0 ? ({ serialization: 'shards', shardSize: 9_000_001 } as const) : {};
      const native = await digest(model, { ...options, ...cut });
      // Relative to a folder that WebAssembly knows nothing of; threads are asked for and not had.
      const args = ['digest', 'm', '--hash-algorithm', hashAlgorithm, '--allow-symlinks', '--threads', '4', ...shards];
      const found = run(args, folder);
      t.is(found.stdout.trim(), native.rootDigest);
      t.is(found.stderr, '');
    }
  }
});

portable('it signs and verifies with a key, and refuses what was changed', (t) => {
  const { folder, model, run } = install(t);
  const keys = keyFiles(folder, pair());
  const bundle = join(folder, 'model.sig');
  t.is(run(['sign', 'key', model, '--private-key', keys.private, '--signature', bundle]).status, 0);
  const verify = ['verify', 'key', model, '--public-key', keys.public, '--signature', bundle];
  t.is(run(verify).status, 0);
  t.is(run(['verify', 'key', 'm', '--public-key', keys.public, '--signature', 'model.sig'], folder).status, 0);
  writeFileSync(join(model, 'a'), 'two');
  const changed = run(verify);
  t.is(changed.status, 1);
  t.regex(changed.stderr, /changed/);
  writeFileSync(join(model, 'a'), 'one');
  symlinkSync('a', join(model, 'link'));
  const linked = run(verify);
  t.is(linked.status, 1);
  t.regex(linked.stderr, /'link' is a symbolic link/);
});

portable('the signature inside the model is known as such', (t) => {
  const { folder, model, run } = install(t);
  const keys = keyFiles(folder, pair());
  const bundle = join(model, 'model.sig');
  t.is(run(['sign', 'key', model, '--private-key', keys.private, '--signature', bundle]).status, 0);
  t.is(run(['verify', 'key', 'm', '--public-key', keys.public, '--signature', 'm/model.sig'], folder).status, 0);
});

portable('what is not there is told as by the native addon', (t) => {
  const { folder, run } = install(t);
  for (const [args, code] of [
    [['digest', 'none'], 'MODEL_NOT_FOUND'],
    [['digest', '/dev/null'], 'SPECIAL_FILE'],
  ] as const) {
    const { status, stderr } = run(args, folder);
    t.not(status, 0);
    t.true(stderr.includes(code), stderr);
  }
});

portable('each of its three files is checked, and has to be there', (t) => {
  for (const file of FILES) {
    const { own, run, model } = install(t);
    appendFileSync(join(own, file), ' ');
    t.regex(run(['digest', model]).stderr, new RegExp(`${file} is not the file that was built.*ADDON_MISMATCH`, 's'));
    rmSync(join(own, file));
    t.regex(run(['digest', model]).stderr, /is missing from its package.*ADDON_MISMATCH/s);
  }
});

portable('it has to be of the same version', (t) => {
  const { own, run, model } = install(t);
  writeFileSync(join(own, 'package.json'), JSON.stringify({ name: 'x', version: '0.0.9' }));
  t.regex(run(['digest', model]).stderr, /has version 0\.0\.9.*ADDON_MISMATCH/s);
});

portable('it never stands in for a native addon that is not installed', (t) => {
  const { run, model } = install(t);
  for (const arch of ['x64', 'arm64']) {
    const { status, stderr } = run(['digest', model], undefined, arch);
    t.not(status, 0);
    t.regex(stderr, /is not installed.*ADDON_MISSING/s);
  }
});

test('where there is no native addon and no portable one, the way to the portable one is told', (t) => {
  const { own, run, model } = install(t);
  rmSync(own, { recursive: true, force: true });
  const { stderr } = run(['digest', model]);
  t.regex(stderr, /There is no prebuilt addon for/);
  t.true(stderr.includes(`npm install model-signing-wasm32-wasi@${version}`), stderr);
});

/** The package and the portable one in a folder, as npm would leave them, and a model. */
function install(t: ExecutionContext) {
  const folder = scratch(t);
  const facade = join(folder, 'node_modules', 'model-signing');
  const own = join(folder, 'node_modules', 'model-signing-wasm32-wasi');
  for (const path of ['package.json', 'dist', 'npm/c-library.cjs', 'npm/loader.cjs', 'npm/trust']) {
    cpSync(join(ROOT, path), join(facade, path), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(facade, 'node_modules'));
  mkdirSync(own);
  for (const file of isBuilt ? FILES : []) cpSync(join(BUILT, file), join(own, file));
  writeFileSync(join(own, 'package.json'), JSON.stringify({ name: 'model-signing-wasm32-wasi', version }));
  const table = isBuilt ? checksums(FILES.map((file) => join(BUILT, file))) : JSON.stringify({ version, files: {} });
  writeFileSync(join(facade, 'npm', 'checksums.json'), table);
  const model = join(folder, 'm');
  mkdirSync(model);
  writeFileSync(join(model, 'a'), 'one');
  const run = (args: readonly string[], cwd = folder, arch = 'riscv64') => {
    const preload = join(folder, `${arch}.cjs`);
    writeFileSync(preload, `Object.defineProperty(process, 'arch', { value: '${arch}' });`);
    const command = ['--require', preload, join(facade, 'dist', 'cli', 'main.cjs'), ...args];
    return spawnSync(process.execPath, command, { cwd, encoding: 'utf8', timeout: 50_000 });
  };
  return { folder, model, own, run };
}
