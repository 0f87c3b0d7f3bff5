// SPDX-License-Identifier: Apache-2.0
// What is in the tarballs and what an installation brings along: no scripts, no more packages than are listed here.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { scratch } from '../models.js';
import { npm } from './managers.js';
import { startRegistry } from './registry.js';
import { PACKAGE, TARBALLS, descriptionOf, tarballOf } from './release.js';

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

test('the facade asks for all platform packages, each of exactly its own version', (t) => {
  const { version, optionalDependencies } = descriptionOf(facade);
  const found = platforms.map(descriptionOf);
  t.deepEqual(optionalDependencies, Object.fromEntries(found.map(({ name }) => [name, version])));
  for (const platform of found) t.is(platform.version, version);
});

test('the facade knows the sum of every addon', (t) => {
  const { version, files } = JSON.parse(text(facade, 'npm/checksums.json')) as Record<string, unknown>;
  const sums = platforms.map((tarball) => {
    const [addon = ''] = descriptionOf(tarball).files ?? [];
    return [addon, createHash('sha256').update(bytes(tarball, addon)).digest('hex')];
  });
  t.deepEqual([version, files], [descriptionOf(facade).version, Object.fromEntries(sums)]);
});

test('a platform package holds the addon, and says where it fits', (t) => {
  for (const tarball of platforms) {
    const { name, os, cpu, libc, engines, license, files = [], dependencies } = descriptionOf(tarball);
    const [, system = '', architecture = '', library] = name.split('-').slice(1);
    t.deepEqual(list(tarball), ['LICENSE', 'README.md', ...files, 'package.json'].toSorted());
    if (system === 'wasi') continue;
    t.deepEqual([os, cpu], [[system], [architecture]]);
    t.deepEqual(libc, system === 'linux' ? [library === 'gnu' ? 'glibc' : library] : undefined);
    t.deepEqual([engines, license, dependencies], [{ node: '>=20' }, 'Apache-2.0', undefined]);
  }
});

test('no package has a script, and none is built where it is installed', (t) => {
  for (const tarball of TARBALLS) {
    t.is(descriptionOf(tarball).scripts, undefined);
    t.false(list(tarball).includes('binding.gyp'));
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

function list(tarball: string): string[] {
  const names = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split(/\r?\n/);
  return names.map((name) => name.replace('package/', '')).toSorted();
}

function text(tarball: string, file: string): string {
  return bytes(tarball, file).toString('utf8');
}

function bytes(tarball: string, file: string): Buffer {
  return execFileSync('tar', ['-xzOf', tarball, `package/${file}`], { maxBuffer: 2 ** 25 });
}
