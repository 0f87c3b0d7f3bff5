// SPDX-License-Identifier: Apache-2.0
// What is in the tarballs and what an installation brings along: no scripts, no more packages than are listed here.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { scratch } from '../models.js';
import { npm } from './managers.js';
import { startRegistry } from './registry.js';
import { PACKAGE, TARBALLS, descriptionOf, fileIn, filesIn, tarballOf } from './release.js';

/** Every package that a user gets with this one, and why: signatures of others are not ours to write anew. */
const INSTALLED = {
  'ASN.1 of certificates and timestamps': [
    '@peculiar/asn1-cms',
    '@peculiar/asn1-schema',
    '@peculiar/asn1-tsp',
    '@peculiar/asn1-x509',
    '@peculiar/asn1-x509-attr',
    '@peculiar/utils',
    'asn1js',
    'pvtsutils',
    'pvutils',
    'tslib',
  ],
  'second reader of Sigstore bundles': [
    '@sigstore/bundle',
    '@sigstore/core',
    '@sigstore/protobuf-specs',
    '@sigstore/verify',
  ],
  'updates of trust (TUF)': [
    '@gar/promise-retry',
    '@sigstore/tuf',
    '@tufjs/canonical-json',
    '@tufjs/models',
    'balanced-match',
    'brace-expansion',
    'debug',
    'minimatch',
    'ms',
    'tuf-js',
  ],
  'the command line': ['commander'],
};

const facade = tarballOf('model-signing');
const platforms = TARBALLS.filter((tarball) => tarball !== facade);

/** What fits every system and is therefore asked for by nobody: who needs it names it. */
const PORTABLE = 'model-signing-wasm32-wasi';

test('the facade asks for all native packages, each of exactly its own version', (t) => {
  const { version, optionalDependencies } = descriptionOf(facade);
  const found = platforms.map(descriptionOf);
  const native = found.map(({ name }) => name).filter((name) => name !== PORTABLE);
  t.deepEqual(optionalDependencies, Object.fromEntries(native.map((name) => [name, version])));
  for (const platform of found) t.is(platform.version, version);
});

test('the facade knows the sum of every file of an addon', (t) => {
  const { version, files } = JSON.parse(fileIn(facade, 'npm/checksums.json').toString()) as Record<string, unknown>;
  const sums = platforms.flatMap((tarball) => {
    const loaded = descriptionOf(tarball).files?.filter((file) => !file.endsWith('.md')) ?? [];
    return loaded.map((file) => [file, createHash('sha256').update(fileIn(tarball, file)).digest('hex')]);
  });
  t.deepEqual([version, files], [descriptionOf(facade).version, Object.fromEntries(sums)]);
});

test('a platform package holds the addon, and says where it fits', (t) => {
  for (const tarball of platforms) {
    const { name, os, cpu, libc, engines, license, files = [], dependencies } = descriptionOf(tarball);
    const [, system = '', architecture = '', library] = name.split('-').slice(1);
    t.deepEqual(filesIn(tarball), ['LICENSE', 'README.md', ...files, 'package.json'].toSorted());
    t.deepEqual([engines, license, dependencies], [{ node: '>=20' }, 'Apache-2.0', undefined]);
    const isPortable = name === PORTABLE;
    t.deepEqual([os, cpu], isPortable ? [undefined, undefined] : [[system], [architecture]]);
    t.deepEqual(libc, system === 'linux' ? [library === 'gnu' ? 'glibc' : library] : undefined);
  }
});

test('no package has a script, and none is built where it is installed', (t) => {
  for (const tarball of TARBALLS) {
    t.is(descriptionOf(tarball).scripts, undefined);
    t.false(filesIn(tarball).includes('binding.gyp'));
  }
});

test('an installation brings what is listed, and nothing that runs at once', async (t) => {
  t.timeout(300_000);
  const folder = scratch(t);
  const registry = await startRegistry(TARBALLS);
  t.teardown(() => registry.close());
  const { status, stderr } = await npm(folder, registry.url, ['install', 'model-signing']);
  t.is(status, 0, stderr);
  const lock = readFileSync(join(folder, 'node_modules', '.package-lock.json'), 'utf8');
  const { packages } = JSON.parse(lock) as { packages: Record<string, { hasInstallScript?: boolean }> };
  const names = Object.keys(packages).map((path) => path.split('node_modules/').at(-1) ?? '');
  t.deepEqual(names.toSorted(), [...Object.values(INSTALLED).flat(), 'model-signing', PACKAGE].toSorted());
  for (const [path, { hasInstallScript }] of Object.entries(packages)) t.not(hasInstallScript, true, path);
});
