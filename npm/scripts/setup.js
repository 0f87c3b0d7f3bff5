// SPDX-License-Identifier: Apache-2.0
// Brings a checkout from any state to a built one: tools, packages, addon, TypeScript. Does only what is stale.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { refresh } from './freshness.js';
import { PKCS11, buildPkcs11, installPackages } from './packages.js';
import { ROOT, run, timed } from './run.js';
import { installSystemPackages } from './system-packages.js';
import { requireToolchain } from './toolchain.js';

/** Makes the checkout ready to run, and says what it did. */
export function setUp() {
  requireToolchain();
  const done = [packages(), pkcs11(), addon(), typescript()];
  if (!done.includes(true)) console.log('-- set-up: everything is up to date');
}

function packages() {
  const inputs = ['package-lock.json', '.npmrc'];
  return refresh({ name: 'packages', inputs, outputs: ['node_modules/.package-lock.json'] }, () =>
    timed('packages', installPackages),
  );
}

/** Where it cannot be compiled it is tried again with every set-up, which takes seconds. */
function pkcs11() {
  return refresh({ name: 'pkcs11js', inputs: ['package-lock.json'], outputs: [PKCS11] }, () =>
    timed('pkcs11js', buildPkcs11),
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
    'npm/c-library.cjs',
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

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  installSystemPackages();
  setUp();
}
