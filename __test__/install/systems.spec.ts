// SPDX-License-Identifier: Apache-2.0
// Systems that a package does not fit: another C library, an older one, a Node.js out of range. What npm chooses there,
// and what the command says; by the real thing where it can be had.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { consumer } from './consumer.js';
import { npm } from './managers.js';
import { nodeOf } from './nodes.js';
import { nodeWithMusl, nodeWithOldGlibc } from './other-libraries.js';
import { command, refused } from './refusal.js';
import { startRegistry } from './registry.js';
import { ADDON, PACKAGE, PLATFORM, TARBALLS, descriptionOf, facadeFor, packageOf, tarballOf } from './release.js';

const MUSL = 'model-signing-linux-x64-musl';

test.serial('on musl, with node_modules made for glibc', async (t) => {
  const node = nodeWithMusl(t);
  if (node === undefined || PACKAGE !== 'model-signing-linux-x64-gnu') return void t.pass();
  const { folder } = await install(t, TARBALLS);
  await refused(
    t,
    folder,
    'ADDON_MISSING',
    [
      'The installed addon is for linux-x64-gnu, but this Node.js runs on linux-x64-musl.',
      'node_modules came from another system: remove it and install again on this one.',
    ],
    node,
  );
});

/** npm goes by the system's `ldd`, not by its Node.js, so it is told. */
test.serial('on musl npm chooses the package for musl, and it is the one that is loaded', async (t) => {
  const node = nodeWithMusl(t);
  if (node === undefined || PACKAGE !== 'model-signing-linux-x64-gnu') return void t.pass();
  const folder = consumer(t);
  const isBuilt = TARBALLS.some((tarball) => descriptionOf(tarball).name === MUSL);
  const addon = join(folder, 'public.pem');
  const standIn = [facadeFor(t, { 'linux-x64-musl': addon, 'linux-x64-gnu': addon }), tarballOf(PACKAGE)];
  const tarballs = isBuilt ? TARBALLS : [...standIn, packageOf(t, 'linux-x64-musl', addon)];
  await install(t, tarballs, { folder, args: ['--libc=musl'] });
  t.deepEqual(
    [MUSL, PACKAGE].map((name) => existsSync(join(folder, 'node_modules', name))),
    [true, false],
  );
  if (isBuilt) return void t.is((await command(folder, ['digest', 'my-model'], node)).status, 0);
  t.log('the package for musl is not built, so a text stands in for it');
  await refused(t, folder, 'ADDON_UNLOADABLE', ['The system refused to load the addon: ', 'Build the addon'], node);
});

test.serial('on glibc 2.31', async (t) => {
  const original = await nodeOf(t, '20.20.2', process.cwd());
  const node = original === undefined ? undefined : nodeWithOldGlibc(t, original);
  if (node === undefined || PACKAGE !== 'model-signing-linux-x64-gnu') return void t.pass();
  const { folder } = await install(t, TARBALLS);
  const needed = glibcOf(join(folder, 'node_modules', PACKAGE, ADDON));
  t.log(`this build of the addon needs glibc 2.${needed}`);
  if (needed <= 31) return void t.is((await command(folder, ['digest', 'my-model'], node)).status, 0);
  const text =
    /^error: The addon needs glibc 2\.(?:3[2-9]|[4-9]\d) or later, this system has 2\.31\. \[ADDON_UNLOADABLE\]\nhint: Use a newer system\. /;
  t.regex((await command(folder, ['digest', 'my-model'], node)).stderr, text);
  await refused(t, folder, 'ADDON_UNLOADABLE', ['The addon needs glibc 2.', 'Use a newer system. '], node);
});

test.serial('on a glibc that is older than any there is', async (t) => {
  const folder = consumer(t);
  const original = join((await install(t, TARBALLS)).folder, 'node_modules', PACKAGE, ADDON);
  const bytes = readFileSync(original);
  const at = bytes.indexOf('GLIBC_2.');
  if (at === -1) return void t.pass();
  const addon = join(folder, 'addon');
  writeFileSync(addon, bytes.fill('GLIBC_9.', at, at + 8));
  const tarballs = [facadeFor(t, { [PLATFORM]: addon }), packageOf(t, PLATFORM, addon)];
  await install(t, tarballs, { folder });
  await refused(t, folder, 'ADDON_UNLOADABLE', ['The addon needs glibc 9.', 'Use a newer system. ']);
});

test.serial('with Node.js releases that are too old', async (t) => {
  const { folder } = await install(t, TARBALLS);
  for (const release of ['16.20.2', '18.20.8', '20.11.1']) {
    const node = await nodeOf(t, release, folder);
    if (node === undefined) continue;
    const { status, stdout, stderr } = await command(folder, ['digest', 'my-model'], node);
    const lines = [`error: Node.js v${release} is too old for model-signing [ADDON_UNLOADABLE]`];
    t.deepEqual([status, stdout], [3, '']);
    t.is(stderr, [...lines, 'hint: use Node.js 20.19, 22.12, 24 or later', ''].join('\n'));
  }
  t.pass();
});

test.serial('outside the engines of the facade npm warns, and the addon is there all the same', async (t) => {
  const folder = consumer(t);
  const node = await nodeOf(t, '23.11.1', folder);
  if (node === undefined) return void t.pass();
  const { stderr } = await install(t, TARBALLS, { folder, node });
  t.regex(stderr, /EBADENGINE.*model-signing@/s);
  t.true(existsSync(join(folder, 'node_modules', PACKAGE, ADDON)));
  t.is((await command(folder, ['digest', 'my-model'], node)).status, 0);
});

test.serial('outside the engines of the facade it is not installed where that was asked for', async (t) => {
  const folder = consumer(t);
  const node = await nodeOf(t, '23.11.1', folder);
  if (node === undefined) return void t.pass();
  const registry = await startRegistry(TARBALLS);
  t.teardown(() => registry.close());
  const { status, stderr } = await npm(folder, registry.url, ['install', 'model-signing', '--engine-strict'], node);
  t.not(status, 0);
  t.regex(stderr, /EBADENGINE.*Required: \{"node":"\^20\.19\.0 \|\| \^22\.12\.0 \|\| >=24\.0\.0"\}/s);
});

interface Way {
  readonly folder?: string;
  readonly args?: readonly string[];
  readonly node?: string | undefined;
}

/** Installs with npm, as run by a Node.js, from a registry that holds these tarballs. */
async function install(t: ExecutionContext, tarballs: readonly string[], way: Way = {}) {
  t.timeout(300_000);
  const { folder = consumer(t), args = [], node } = way;
  const registry = await startRegistry(tarballs);
  t.teardown(() => registry.close());
  const { status, stderr } = await npm(folder, registry.url, ['install', 'model-signing', ...args], node);
  t.is(status, 0, stderr);
  return { folder, stderr };
}

/** The newest version of glibc 2 that an addon names. */
function glibcOf(file: string): number {
  const versions = readFileSync(file, 'latin1').matchAll(/GLIBC_2\.(\d+)/g);
  return Math.max(...[...versions].map(([, minor]) => Number(minor)));
}
