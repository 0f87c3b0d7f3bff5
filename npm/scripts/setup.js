// SPDX-License-Identifier: Apache-2.0
// Brings a checkout from any state to a built one: tools, packages, addon, TypeScript. Does only what is stale.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { refresh } from './freshness.js';
import { installPackages } from './packages.js';
import { ROOT, run, timed } from './run.js';
import { requireToolchain } from './toolchain.js';

/** Makes the checkout ready to run, and says what it did. */
export function setUp() {
  requireToolchain();
  const done = [packages(), addon(), typescript()];
  if (!done.includes(true)) console.log('-- set-up: everything is up to date');
}

function packages() {
  const inputs = ['package-lock.json', '.npmrc'];
  return refresh({ name: 'packages', inputs, outputs: ['node_modules/.package-lock.json'] }, () =>
    timed('packages', installPackages),
  );
}

function addon() {
  const inputs = ['Cargo.toml', 'Cargo.lock', 'crates', 'package.json', 'npm/scripts/build-addon.js'];
  return refresh({ name: 'addon', inputs, outputs: ['npm/checksums.json', 'npm/binding.d.cts'] }, () =>
    timed('addon', () => run('npm', ['run', '--silent', 'build:addon'])),
  );
}

function typescript() {
  const inputs = [
    'src',
    '__test__',
    'npm/loader.cjs',
    'npm/loader.d.cts',
    'npm/binding.d.cts',
    'npm/scripts',
    'benchmark',
  ];
  inputs.push('tsconfig.json', 'npm/tsconfig.json', 'package.json', 'package-lock.json');
  return refresh({ name: 'typescript', inputs, outputs: outputsOfPackage() }, () =>
    timed('TypeScript', () => run('npm', ['run', '--silent', 'build:ts'])),
  );
}

/** What package.json promises to be there. @returns {string[]} */
function outputsOfPackage() {
  const { exports, bin } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return [exports['.'].default, exports['.'].types, ...Object.values(bin)];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) setUp();
