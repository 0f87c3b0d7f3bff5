// SPDX-License-Identifier: Apache-2.0
// The house rules that a compiler does not hold: who imports whom, one door per foreign package, sizes, names, unsafe.

import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import test from 'ava';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** Every module of src/ in its row; a module imports from later rows only. `cli/` is one room. */
const ROWS: readonly (readonly string[])[] = [
  ['cli'],
  ['index', 'artifact'],
  ['sign', 'verify', 'trust', 'monitor', 'benchmark'],
  ['known-bundles', 'watch-state', 'measuring'],
  ['digest', 'bundle', 'methods', 'output'],
  ['manifest', 'inside', 'method'],
  ['native'],
  ['options'],
  ['option-reader'],
  ['errors', 'log', 'pieces'],
  ['error-codes'],
];

/** Who may import what is not ours. */
const DOORS: Readonly<Record<string, RegExp>> = {
  commander: /^cli\//,
  '#native': /^native\.ts$/,
  '@peculiar/asn1-cms': /^methods\//,
  '@peculiar/asn1-schema': /^methods\//,
  '@peculiar/asn1-tsp': /^methods\//,
  '@peculiar/asn1-x509': /^methods\//,
  '@sigstore/core': /^methods\/sigstore/,
  '@sigstore/protobuf-specs': /^methods\/sigstore/,
  '@sigstore/tuf': /^methods\/sigstore/,
  '@sigstore/verify': /^methods\/sigstore/,
  pkcs11js: /^methods\/pkcs11-module\.ts$/,
};

/** Where `unsafe` may stand, and why it has to. */
const UNSAFE: readonly (readonly [where: RegExp, reason: string])[] = [
  [/^crates\/core\/src\/read\/(?:guard|map|block)\.rs$/, 'memory maps, their faults, and reads ahead of the hasher'],
  [/^crates\/core\/src\/tree\/nt\.rs$/, 'the calls of Windows that open files beneath a handle and list folders'],
  [/^crates\/core\/src\/sha256\//, 'instructions that only some CPUs have'],
  [/^crates\/core\/tests\/(?:faults|injected|oracle|sigbus)\.rs$/, 'tests that act on the system under the core'],
];

/** Longer than 300 lines, up to this many, and why it is one idea all the same. */
const LONG: Readonly<Record<string, readonly [most: number, reason: string]>> = {
  'crates/core/src/error.rs': [450, 'one enum: every error with its code, its path, its words and its hint'],
  '__test__/methods/timestamp.spec.ts': [350, 'every rule of a timestamp, each with the token that breaks it'],
  '__test__/methods/key-material.spec.ts': [450, 'every form of a key, and the error of each that is refused'],
  'crates/core/tests/statement.rs': [450, 'a table of statements and the code each is refused with'],
};

test('imports of src/ go one way', (t) => {
  for (const file of sources('src', '.ts')) {
    const own = rowOf(file);
    t.not(own, -1, `${file} has no place in the house: give it a row`);
    for (const specifier of imports(file).filter((name) => name.startsWith('.'))) {
      const target = join(file, '..', specifier).replace(/\.js$/, '.ts');
      if (own === 0) t.true(rowOf(target) <= 1, `${file} imports ${target}: what cli/ needs, the API has to offer`);
      else t.true(rowOf(target) > own || isBeside(target, file), `${file} imports ${target}`);
    }
  }
});

test('the back door is for conformance suites only', (t) => {
  for (const file of sources('src', '.ts')) {
    if (!imports(file).some((name) => name.endsWith('/artifact.js'))) continue;
    t.regex(file, /^src\/cli\/conformance\//, `${file} could sign or accept what is no statement about a model`);
  }
});

test('each foreign package has one door', (t) => {
  for (const file of sources('src', '.ts')) {
    for (const specifier of imports(file).filter((name) => !/^(?:\.|node:)/.test(name))) {
      t.regex(file.slice('src/'.length), DOORS[specifier] ?? /^$/, `${file} imports ${specifier}`);
    }
  }
});

test('a module of the core uses only those above it in lib.rs', (t) => {
  const order = [...code('crates/core/src/lib.rs').matchAll(/^(?:pub )?mod (\w+);/gm)].map(([, name]) => name);
  t.true(order.length > 10);
  for (const file of sources('crates/core/src', '.rs')) {
    const own = order.indexOf(/^crates\/core\/src\/(\w+)/.exec(file)?.[1]);
    for (const [, used = ''] of own === -1 ? [] : code(file).matchAll(/\bcrate::(\w+)/g)) {
      t.true(order.includes(used) && order.indexOf(used) <= own, `${file} uses crate::${used}`);
    }
  }
});

test('the core knows nothing of Node, and the binding only what the core offers to all', (t) => {
  const manifests = [readFileSync(join(ROOT, 'crates/core/Cargo.toml'), 'utf8')];
  for (const text of [...manifests, ...sources('crates/core/src', '.rs').map(code)]) t.notRegex(text, /\bnapi\b/);
  const binding = sources('crates/napi/src', '.rs').map(code).join('\n');
  for (const [, used = ''] of binding.matchAll(/^use (\w+)/gm)) {
    t.true(
      [
        'model_signing_core',
        'napi',
        'napi_derive',
        'std',
        'crate',
        'bundle',
        'convert',
        'manifest',
        'seal',
        'watch',
      ].includes(used),
      used,
    );
  }
});

test('unsafe stands only where it has to', (t) => {
  for (const file of [...sources('crates/core', '.rs'), ...sources('crates/napi', '.rs')]) {
    if (!/\bunsafe\s*(?:\{|fn\b|impl\b|extern\b|trait\b)/.test(code(file))) continue;
    t.true(
      UNSAFE.some(([where]) => where.test(file)),
      `${file} has unsafe code`,
    );
    const blocks = code(file).match(/\bunsafe\s*\{/g)?.length ?? 0;
    const reasons = readFileSync(join(ROOT, file), 'utf8').match(/\/\/ SAFETY:/g)?.length ?? 0;
    t.true(reasons >= blocks, `${file} has ${blocks} unsafe blocks and ${reasons} reasons`);
  }
});

test('every source says its licence in its first lines', (t) => {
  for (const file of all()) {
    const [first = '', second = ''] = readFileSync(join(ROOT, file), 'utf8').split('\n', 2);
    const line = first.startsWith('#!') ? second : first;
    t.regex(line, /^(?:\/\/|#) SPDX-License-Identifier: Apache-2\.0$/, file);
  }
});

test('a file holds one idea', (t) => {
  for (const file of all()) {
    const [most] = LONG[file] ?? [300];
    const lines = readFileSync(join(ROOT, file), 'utf8').split('\n').length - 1;
    t.true(lines <= most, `${file} has ${lines} lines`);
  }
  for (const file of Object.keys(LONG)) t.true(all().includes(file), `${file} is gone: take it from the list`);
});

test('no module is called after nothing', (t) => {
  for (const file of all())
    t.notRegex(file, /(?:^|\/)(?:utils?|helpers?|common|types|misc|shared|lib)(?:\/|\.(?!rs$)[^/]*$)/);
  for (const file of all()) t.notRegex(file, /(?:^|\/)(?:utils?|helpers?|common|types|misc)\.rs$/);
});

test('every test but a few stands for a module of src/', (t) => {
  const alone = new Set([
    'attacks',
    'benchmark/comment',
    'benchmark/gate',
    'benchmark/record',
    'bit-flips',
    'digest-run',
    'golden',
    'house',
    'install/consumer-types',
    'install/contents',
    'install/failures',
    'install/managers',
    'install/systems',
    'interop-sigstore',
    'interop/current',
    'interop/mutated',
    'interop/older',
    'loader',
    'namespace',
    'proxy',
    'package',
    'portable',
    'release/packages',
    'release/sbom',
    'sigstack',
    'sigstack-faults',
    'sigstack-login',
    'sigstack-python',
    'tamper',
    'target-runs',
    'targets',
    'vectors',
    'verify-run',
    'workflows',
    'cli/digest',
    'cli/other-tools',
    'cli/sign',
    'cli/timestamps',
    'cli/verify',
    'conformance/adapter',
    'conformance/bundles',
    'conformance/historical',
    'methods/certificate-hostile',
    'methods/sigstore-curves',
    'methods/sigstore-forged',
    'methods/certificate-vectors',
    'methods/sigstore-signing-faults',
    'methods/pkcs11-interop',
    'methods/timestamp-service',
  ]);
  for (const file of sources('__test__', '.spec.ts')) {
    const name = file.replace('__test__/', '').replace('.spec.ts', '');
    const modules = new Set([`src/${name}.ts`, `src/${name}.cts`, `src/${name.replace('cli/', 'cli/commands/')}.ts`]);
    t.true(alone.has(name) || sources('src', 'ts').some((module) => modules.has(module)), file);
  }
});

function all(): string[] {
  const typescript = ['src', '__test__'].flatMap((folder) => sources(folder, '.ts'));
  const rust = ['core', 'napi'].flatMap((crate) => sources(`crates/${crate}`, '.rs'));
  return [
    ...typescript,
    ...rust,
    ...sources('npm', '.js'),
    ...sources('__test__', '.py'),
    ...sources('__test__', '.go'),
  ];
}

/** The files of a folder that end so, relative to the root, with `/` everywhere. */
function sources(folder: string, end: string): string[] {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith(end)).map((name) => `${folder}/${name.replaceAll('\\', '/')}`);
}

/** The text without whole-line comments. */
function code(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8').replaceAll(/^\s*\/\/.*$/gm, '');
}

/** What a module imports: statically, dynamically, or to export it on. */
function imports(file: string): string[] {
  const specifiers = code(file).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^'\s]+)'/g);
  return [...specifiers].map(([, specifier = '']) => specifier);
}

/** Files of one folder below src/ are one room. */
function isBeside(target: string, file: string): boolean {
  return dirname(target) === dirname(file) && dirname(file) !== 'src';
}

function rowOf(file: string): number {
  const [name = ''] = file.replace('src/', '').replace(/\.ts$/, '').split('/');
  return ROWS.findIndex((row) => row.includes(name));
}
