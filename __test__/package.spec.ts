// SPDX-License-Identifier: Apache-2.0
// The package as it is published: what is in it, and that an installed copy works from ESM, CommonJS and the shell.

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import test, { type ExecutionContext } from 'ava';

import { keyFiles, pair } from './keys.js';
import { scratch, write } from './models.js';

interface Description {
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly engines: { readonly node: string };
}

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const PACKAGE = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Description;

/** Beside the compiled modules: what always goes along, and what goes along where it is there. */
const ALWAYS = [
  'LICENSE',
  'dist/cli/later.cjs',
  'dist/cli/program.cjs',
  'npm/binding.d.cts',
  'npm/c-library.cjs',
  'npm/checksums.json',
  'npm/loader.d.cts',
  'npm/loader.cjs',
  'package.json',
  ...['public', 'staging'].flatMap((instance) =>
    ['root.json', 'signing_config.json', 'trusted_root.json'].map((file) => `npm/trust/${instance}/${file}`),
  ),
];
const TEXTS = new Set(['CHANGELOG.md', 'README.md', 'SECURITY.md']);

test('holds the compiled modules, the loader and the texts, and nothing else', (t) => {
  const [packed] = JSON.parse(npm('pack', '--dry-run', '--json')) as [{ files: { path: string; mode: number }[] }];
  const found = packed.files.map(({ path }) => path).filter((path) => !TEXTS.has(path));
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  const compiled = files.flatMap((name) => {
    const [, stem, c = ''] = /^(.*)\.(c?)ts$/.exec(name) ?? [];
    // The command's modules are in its two files, and the adapter's too.
    const isBundled = c === '' && (stem === 'artifact' || /^cli[\\/]/.test(stem ?? ''));
    return stem === undefined || isBundled ? [] : [`dist/${stem}.${c}js`, `dist/${stem}.d.${c}ts`];
  });
  t.deepEqual(found.toSorted(), [...compiled, ...ALWAYS].toSorted());
  for (const command of Object.values(PACKAGE.bin)) {
    const mode = packed.files.find(({ path }) => path === command)?.mode ?? 0;
    if (process.platform !== 'win32') t.is(mode & 0o111, 0o111, command);
  }
});

test('runs nothing when it is installed', (t) => {
  const scripts = new Set(Object.keys(PACKAGE.scripts));
  for (const name of [
    'preinstall',
    'install',
    'postinstall',
    'prepare',
    'prepublish',
    'preprepare',
    'postprepare',
    'dependencies',
  ]) {
    t.false(scripts.has(name), name);
  }
  t.false(readdirSync(ROOT).includes('binding.gyp'));
});

test('offers one entry, one command under two names, and the adapter for test suites', (t) => {
  t.deepEqual(Object.keys(PACKAGE.exports), ['.', './package.json']);
  t.deepEqual(PACKAGE.bin, {
    'model-signing': 'dist/cli/main.cjs',
    'model-signing-conformance': 'dist/cli/conformance/main.cjs',
    model_signing: 'dist/cli/main.cjs',
  });
  const asn1 = ['cms', 'schema', 'tsp', 'x509'].map((name) => `@peculiar/asn1-${name}`);
  const sigstore = ['core', 'protobuf-specs', 'tuf', 'verify'].map((name) => `@sigstore/${name}`);
  t.deepEqual(Object.keys(PACKAGE.dependencies), [...asn1, ...sigstore, 'commander']);
  for (const version of Object.values(PACKAGE.dependencies)) t.regex(version, /^\d+\.\d+\.\d+$/);
});

test('an installed copy works from ESM, CommonJS and the shell', (t) => {
  const folder = install(t);
  write(join(folder, 'model', 'a'), 'abc');
  const { stdout: wanted } = spawnSync('node', [join(ROOT, 'dist/cli/main.cjs'), 'digest', 'model'], {
    cwd: folder,
    encoding: 'utf8',
  });
  t.regex(wanted, /^sha256:/);
  const print = `digest('model').then((manifest) => console.log(manifest.rootDigest))`;
  const esm = ['--input-type=module', '--eval', `import { digest } from 'model-signing'; await ${print};`];
  const commonjs = ['--input-type=commonjs', '--eval', `const { digest } = require('model-signing'); ${print};`];
  const runs: [string, string[]][] = [
    [process.execPath, esm],
    [process.execPath, commonjs],
    [join(folder, 'node_modules/.bin/model-signing'), ['digest', 'model']],
    [join(folder, 'node_modules/.bin/model_signing'), ['digest', 'model']],
  ];
  for (const [program, args] of runs) {
    const { stdout, stderr, status } = spawnSync(program, args, { cwd: folder, encoding: 'utf8' });
    t.deepEqual([stdout, stderr, status], [wanted, '', 0]);
  }
});

test('without the optional package pkcs11js only its methods fail, and say what to install', (t) => {
  const folder = install(t);
  write(join(folder, 'model', 'a'), 'abc');
  const model = ['model', '--pkcs11-uri', `pkcs11:object=a?module-path=${process.execPath}`];
  const command = join(folder, 'node_modules/.bin/model-signing');
  for (const args of [
    ['sign', 'pkcs11-key', ...model],
    ['verify', 'pkcs11-key', ...model, '--signature', 'x'],
    ['pkcs11', 'list'],
  ]) {
    const { stdout, stderr, status } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
    t.deepEqual([stdout, status], ['', 3]);
    t.regex(
      stderr,
      /^error: the package pkcs11js, .+ \[PKCS11_PACKAGE_MISSING\]\nhint: run: npm install pkcs11js .*\n$/,
    );
  }
  t.is(spawnSync(command, ['digest', 'model'], { cwd: folder }).status, 0);
});

test('the adapter of an installed copy signs and verifies', (t) => {
  const folder = install(t);
  write(join(folder, 'model', 'a'), 'abc');
  const key = keyFiles(folder, pair());
  const common = ['--method', 'key', '--model-path', join(folder, 'model')];
  const bundle = join(folder, 'model.sig');
  for (const args of [
    ['sign-model', ...common, '--output-bundle', bundle, '--private-key', key.private],
    ['verify-model', ...common, '--bundle', bundle, '--public-key', key.public],
  ]) {
    const program = join(folder, 'node_modules/.bin/model-signing-conformance');
    const { stdout, stderr, status } = spawnSync(program, args, { cwd: folder, encoding: 'utf8' });
    t.deepEqual([stdout, stderr, status], ['', '', 0]);
  }
});

test('the inside of an installed copy cannot be imported', (t) => {
  const folder = install(t);
  const code = `import('model-signing/dist/native.js').catch((error) => console.log(error.code))`;
  t.is(
    spawnSync(process.execPath, ['--eval', code], { cwd: folder, encoding: 'utf8' }).stdout,
    'ERR_PACKAGE_PATH_NOT_EXPORTED\n',
  );
});

test('the public names, no more and no fewer', async (t) => {
  const names = [
    'HASH_ALGORITHMS',
    'InputError',
    'LogForkError',
    'ModelMismatchError',
    'ModelSigningError',
    'SigningError',
    'VerificationError',
    'benchmark',
    'certificateSigner',
    'certificateVerifier',
    'checkPlainOutput',
    'compareManifests',
    'createSigner',
    'createVerifier',
    'digest',
    'escape',
    'initTrust',
    'isInsideModel',
    'keyHint',
    'keySigner',
    'keyVerifier',
    'listPkcs11',
    'looksLikePkcs11Uri',
    'parseJson',
    'pkcs11Signer',
    'pkcs11Verifier',
    'readSecretFile',
    'requireModel',
    'searchLog',
    'showTrust',
    'sign',
    'sigstoreSigner',
    'sigstoreVerifier',
    'updateTrust',
    'verify',
    'verifyBundle',
    'watchLog',
    'writeOutput',
  ];
  t.deepEqual(Object.keys(await import('model-signing')).toSorted(), names);
});

/** Unpacks what would be published, with the addon in a platform package, as npm would lay it out. */
function install(t: ExecutionContext): string {
  const folder = scratch(t);
  const modules = join(folder, 'node_modules');
  const copy = join(modules, 'model-signing');
  mkdirSync(copy, { recursive: true });
  // A package of its own, whatever lies in the folders above.
  writeFileSync(join(folder, 'package.json'), '{}');
  const [{ filename }] = JSON.parse(npm('pack', '--json', '--pack-destination', folder)) as [{ filename: string }];
  execFileSync('tar', ['-xzf', join(folder, filename), '-C', copy, '--strip-components=1']);
  symlinkSync(join(ROOT, 'node_modules', 'commander'), join(modules, 'commander'));
  mkdirSync(join(modules, '.bin'));
  for (const [name, file] of Object.entries(PACKAGE.bin))
    symlinkSync(join('..', 'model-signing', file), join(modules, '.bin', name));
  for (const addon of readdirSync(join(ROOT, 'npm')).filter((name) => name.endsWith('.node'))) {
    const name = `model-signing-${addon.split('.')[1]}`;
    mkdirSync(join(modules, name));
    cpSync(join(ROOT, 'npm', addon), join(modules, name, addon));
    writeFileSync(join(modules, name, 'package.json'), JSON.stringify({ name, version: PACKAGE.version }));
  }
  return folder;
}

function npm(...args: readonly string[]): string {
  return execFileSync('npm', [...args, '--ignore-scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}
