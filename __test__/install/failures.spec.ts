// SPDX-License-Identifier: Apache-2.0
// Installations that something is missing from, or wrong with: each says its true cause and what to do next, from the
// command and from the library.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { consumer } from './consumer.js';
import { npm } from './managers.js';
import { command, refused } from './refusal.js';
import { startRegistry } from './registry.js';
import {
  ADDON,
  PACKAGE,
  PLATFORM,
  TARBALLS,
  descriptionOf,
  describe,
  facadeFor,
  packageOf,
  repack,
  tarballOf,
} from './release.js';

const VERSION = descriptionOf(tarballOf('model-signing')).version;

/** A system that this one is not. */
const OTHER = PLATFORM.startsWith('darwin') ? 'linux-x64-gnu' : 'darwin-arm64';

test('optional dependencies were omitted', async (t) => {
  const folder = await install(t, { args: ['--omit=optional'] });
  await refused(t, folder, 'ADDON_MISSING', [
    `The package ${PACKAGE} is not installed: optional dependencies were omitted, or the lock file was written on another system.`,
    'Install again with: npm install --include=optional.',
  ]);
  await install(t, { folder, args: ['--include=optional'] });
  t.is((await command(folder, ['digest', 'my-model'])).status, 0);
});

test('the registry does not have the package of this platform', async (t) => {
  const folder = await install(t, { tarballs: [tarballOf('model-signing')] });
  await refused(t, folder, 'ADDON_MISSING', [
    `The package ${PACKAGE} is not installed: `,
    'Install again with: npm install --include=optional.',
  ]);
});

test('node_modules was made for another system', async (t) => {
  const { folder, tarballs } = standIn(t, OTHER);
  const [os = '', cpu = ''] = OTHER.split('-');
  await install(t, { folder, tarballs, args: [`--os=${os}`, `--cpu=${cpu}`, '--libc=glibc'] });
  await refused(t, folder, 'ADDON_MISSING', [
    `The installed addon is for ${OTHER}, but this Node.js runs on ${PLATFORM}.`,
    'node_modules came from another system: remove it and install again on this one.',
  ]);
});

test('the addon is of another version than the facade', async (t) => {
  const newer = repack(t, tarballOf(PACKAGE), (path) =>
    describe(path, (description) => {
      description.version = '9.9.9';
    }),
  );
  const folder = consumer(t);
  const overrides = { [PACKAGE]: '9.9.9' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', version: '1.0.0', overrides }));
  await install(t, { folder, tarballs: [tarballOf('model-signing'), newer] });
  await refused(t, folder, 'ADDON_MISMATCH', [
    `The addon has version 9.9.9, model-signing has ${VERSION}: both must be the same.`,
    'Install model-signing again',
  ]);
});

test('the addon was changed', async (t) => {
  const folder = await install(t, {});
  const file = join(folder, 'node_modules', PACKAGE, ADDON);
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
  rmSync(file);
  writeFileSync(file, bytes);
  await refused(t, folder, 'ADDON_MISMATCH', [
    `${ADDON} is not the file that was built for this version: its SHA-256 is `,
    'Install model-signing again',
  ]);
});

test('the addon is not one', async (t) => {
  const { folder, tarballs } = standIn(t, PLATFORM);
  await install(t, { folder, tarballs });
  await refused(t, folder, 'ADDON_UNLOADABLE', ['The system refused to load the addon: ', 'Build the addon']);
});

test('the optional package for tokens is not installed', async (t) => {
  const folder = await install(t, {});
  const { status, stderr } = await command(folder, ['pkcs11', 'list']);
  t.is(status, 3);
  t.regex(stderr, /^error: the package pkcs11js, .+ \[PKCS11_PACKAGE_MISSING\]\nhint: run: npm install pkcs11js .*\n$/);
});

interface Installation {
  readonly folder?: string;
  readonly tarballs?: readonly string[];
  readonly args?: readonly string[];
}

/** Installs with npm from a registry that holds these tarballs. */
async function install(t: ExecutionContext, { folder = consumer(t), tarballs = TARBALLS, args = [] }: Installation) {
  t.timeout(300_000);
  const registry = await startRegistry(tarballs);
  t.teardown(() => registry.close());
  const { status, stderr } = await npm(folder, registry.url, ['install', 'model-signing', ...args]);
  t.is(status, 0, stderr);
  return folder;
}

/** A package of a platform whose addon is a text, and the facade that belongs to it. */
function standIn(t: ExecutionContext, platform: string) {
  const folder = consumer(t);
  const addon = join(folder, 'no-addon');
  writeFileSync(addon, 'not an addon');
  return { folder, tarballs: [facadeFor(t, { [platform]: addon }), packageOf(t, platform, addon)] };
}
