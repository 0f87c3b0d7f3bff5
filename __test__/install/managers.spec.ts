// SPDX-License-Identifier: Apache-2.0
// The tarballs, installed into an empty folder by every package manager, and used there under every Node.js line.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { consumer, tryOut } from './consumer.js';
import { NPM, OTHERS, npm } from './managers.js';
import { LINES, nodeOf } from './nodes.js';
import { startRegistry } from './registry.js';
import { PACKAGE, TARBALLS, tarballOf } from './release.js';

const isShort = process.env['MODEL_SIGNING_INSTALL'] === 'short';
const registry = await startRegistry(TARBALLS);

test.after.always(() => registry.close());

/**
 * The one manager that takes a dependency's `engines` for an order; those of @sigstore begin with 22.22, though it runs
 * under all Node.js lines that we support.
 */
const OPTIONS: Readonly<Record<string, readonly string[]>> = { 'yarn classic': ['--ignore-engines'] };

for (const manager of isShort ? [NPM] : [NPM, ...OTHERS]) {
  test.serial(`installed with ${manager.name}`, async (t) => {
    t.timeout(600_000);
    const folder = consumer(t);
    const { status, stdout, stderr } = await manager.add(folder, registry.url, [
      'model-signing',
      ...(OPTIONS[manager.name] ?? []),
    ]);
    t.is(status, 0, stdout + stderr);
    await tryOut(t, folder, manager.start(folder, process.execPath, process.versions.node));
    for (const line of isShort ? [] : LINES) {
      const node = await nodeOf(t, line, folder);
      if (node !== undefined) await t.notThrowsAsync(tryOut(t, folder, manager.start(folder, node, line)), line);
    }
  });
}

test.serial('installed from the files of the tarballs alone', async (t) => {
  t.timeout(300_000);
  const folder = consumer(t);
  const files = [tarballOf('model-signing'), tarballOf(PACKAGE)];
  const { status, stderr } = await NPM.add(folder, registry.url, files);
  t.is(status, 0, stderr);
  await tryOut(t, folder, NPM.start(folder, process.execPath, process.versions.node));
});

test.serial('scripts of packages make no difference: there are none', async (t) => {
  t.timeout(300_000);
  const folder = consumer(t);
  const { status, stderr } = await npm(folder, registry.url, ['install', 'model-signing', '--ignore-scripts']);
  t.is(status, 0, stderr);
  t.false(existsSync(join(folder, 'node_modules', 'pkcs11js')));
  await tryOut(t, folder, NPM.start(folder, process.execPath, process.versions.node));
});
