// SPDX-License-Identifier: Apache-2.0
// The scripts of a release: what they refuse, and that the same sources give the same bytes.

import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import test from 'ava';

import { scratch } from '../models.js';

interface Tarball {
  readonly name: string;
  readonly version: string;
  readonly file: string;
  readonly size: number;
  readonly unpackedSize: number;
}

type Platform = Readonly<Record<'name' | 'target' | 'packageName' | 'addon', string>>;

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const { sha256 } = await script<{ sha256: (file: string) => string }>('../addon');
const { weigh } = await script<{ weigh: (tarball: Tarball) => string }>('budgets');
const { pack } = await script<{ pack: (from: string, names: string[], to: string) => Tarball[] }>('pack');
const { platforms } = await script<{ platforms: () => Platform[] }>('platforms');
const { checkSums, steps } = await script<{
  checkSums: (release: string) => void;
  steps: (release: string) => { specifier: string; tag: string }[];
}>('publish');
const { builtAddons, stage } = await script<{
  builtAddons: (folder?: string) => Map<Platform, string>;
  stage: (addons: ReadonlyMap<Platform, string>, folder: string) => string[];
}>('stage');
const { setVersion, versions } = await script<{
  setVersion: (version: string, day: string, root: string) => void;
  versions: (root?: string) => string[];
}>('version');

const VERSIONED = ['package.json', 'package-lock.json', 'Cargo.toml', 'Cargo.lock', 'CHANGELOG.md'];

test('the packages and the crates have one version', (t) => {
  t.is(versions().length, 1);
});

test('a version is written everywhere, and nothing else is', (t) => {
  const root = checkout(t);
  const [old = ''] = versions(root);
  setVersion('9.8.7', '2030-01-31', root);
  t.deepEqual(versions(root), ['9.8.7']);
  t.true(readFileSync(join(root, 'CHANGELOG.md'), 'utf8').includes('\n## 9.8.7 (2030-01-31)\n'));
  for (const file of VERSIONED.slice(0, 4)) {
    const changed = lines(join(root, file)).filter((line, at) => line !== lines(join(ROOT, file))[at]);
    t.true(changed.length > 0 && changed.every((line) => /^ *"?version"?[:= ]+"9\.8\.7",?$/.test(line)), file);
    t.is(lines(join(root, file)).length, lines(join(ROOT, file)).length);
  }
  t.not(old, '9.8.7');
});

test('what is no version, or what has no changes to tell, is refused before anything is written', (t) => {
  const root = checkout(t);
  for (const bad of ['1.2', 'v1.2.3', '1.2.3 ', '01.2', '', '1.2.3-']) {
    t.throws(() => setVersion(bad, '2030-01-31', root), { message: /is not a version/ });
  }
  const before = versions(root);
  writeFileSync(join(root, 'CHANGELOG.md'), '# Changelog\n');
  t.throws(() => setVersion('9.8.7', '2030-01-31', root), { message: /nothing under "## Unreleased"/ });
  t.deepEqual(versions(root), before);
});

test('the same sources make the same tarballs', (t) => {
  const folder = scratch(t);
  const addons = builtAddons(join(folder, 'none'));
  const [first, second] = ['a', 'b'].map((name) => {
    const names = stage(addons, join(folder, name));
    return pack(join(folder, name), names, join(folder, `${name}-packed`)).map(({ file }) => sha256(file));
  });
  t.deepEqual(first, second);
  t.is(first?.length, addons.size + 1);
});

test('every module of the facade has those that it imports beside it, and is imported', (t) => {
  const folder = scratch(t);
  stage(builtAddons(join(folder, 'none')), join(folder, 'staged'));
  const dist = join(folder, 'staged', 'model-signing', 'dist');
  const modules = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
  const imported = modules.flatMap((name) => {
    const specifiers = readFileSync(join(dist, name), 'utf8').matchAll(/(?:from|import\(?)\s*["'](\.[^"']+)["']/g);
    return [...specifiers].map(([, specifier = '']) => join(name, '..', specifier));
  });
  t.true(modules.length > 50);
  t.deepEqual([...new Set([...imported, 'index.js'])].toSorted(), modules.toSorted());
});

test('an addon from target/addons goes before the one of this checkout', (t) => {
  const folder = scratch(t);
  const [platform] = builtAddons(folder).keys();
  if (platform === undefined) return void t.fail('this checkout has no addon');
  const { name, addon } = platform;
  mkdirSync(join(folder, name));
  writeFileSync(join(folder, name, addon), 'another');
  const found = [...builtAddons(folder)].find(([each]) => each.name === name);
  t.is(found?.[1], join(folder, name, addon));
});

test('a package that is too heavy is refused', (t) => {
  const size = { version: '1.0.0', file: '', size: 1 };
  t.regex(weigh({ ...size, name: 'model-signing', unpackedSize: 1_000_000 }), /1000 kB installed of at most 1000 kB/);
  t.throws(() => weigh({ ...size, name: 'model-signing', unpackedSize: 1_000_001 }), { message: /^too large: / });
  t.notThrows(() => weigh({ ...size, name: 'model-signing-linux-x64-gnu', unpackedSize: 3_000_000 }));
  t.throws(() => weigh({ ...size, name: 'model-signing-linux-x64-gnu', unpackedSize: 3_000_001 }));
});

test('the facade is handed over last, and nothing that is not of this release', (t) => {
  const release = scratch(t);
  const [version = ''] = versions();
  const names = [...platforms().map(({ packageName }) => packageName), 'model-signing'];
  for (const name of names) writeFileSync(join(release, `${name}-${version}.tgz`), name);
  t.deepEqual(
    steps(release).map(({ specifier, tag }) => `${specifier} ${tag}`),
    names.map((name) => `${name}@${version} ${name === 'model-signing' ? 'next' : 'latest'}`),
  );
  writeFileSync(join(release, 'model-signing-0.0.1.tgz'), 'old');
  t.throws(() => steps(release), { message: 'not of this release: model-signing-0.0.1.tgz' });
  rmSync(join(release, 'model-signing-0.0.1.tgz'));
  rmSync(join(release, `model-signing-${version}.tgz`));
  t.throws(() => steps(release), { message: `not in the release: model-signing-${version}.tgz` });
});

test('a file that was changed after it was put together is not handed over', (t) => {
  const release = scratch(t);
  writeFileSync(join(release, 'a'), 'a');
  writeFileSync(join(release, 'SHA256SUMS'), `${sha256(join(release, 'a'))}  a\n`);
  t.notThrows(() => checkSums(release));
  writeFileSync(join(release, 'a'), 'b');
  t.throws(() => checkSums(release), { message: 'a is not the file that was put together' });
});

function checkout(t: Parameters<typeof scratch>[0]): string {
  const root = scratch(t);
  for (const file of VERSIONED) copyFileSync(join(ROOT, file), join(root, file));
  return root;
}

function lines(file: string): string[] {
  return readFileSync(file, 'utf8').split('\n');
}

async function script<Exports>(name: string): Promise<Exports> {
  return (await import(new URL(`../../npm/scripts/release/${name}.js`, import.meta.url).href)) as Exports;
}
