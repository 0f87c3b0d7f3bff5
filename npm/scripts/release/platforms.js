// SPDX-License-Identifier: Apache-2.0
// What is published: the facade and a package for each platform. The one place that knows how a Rust target, npm's
// words for a system and the names of our packages belong together.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { usesMusl } from '../../c-library.cjs';
import { PORTABLE, addonFiles, addonLicences } from '../addon.js';
import { ROOT } from '../run.js';

/**
 * @typedef {object} Platform
 * @property {string} name as the loader calls it: `linux-x64-gnu`
 * @property {string} target the Rust target it is built for
 * @property {string} packageName
 * @property {string} addon the compiled file, and mostly all that the package is for
 * @property {readonly string[]} files what the loader checks, the addon first
 * @property {string} [licences] of what others wrote
 * @property {string[]} [os] npm installs the package only where these three fit
 * @property {string[]} [cpu]
 * @property {string[]} [libc]
 */

/** @typedef {{ name: string, version: string, description: string, license: string, repository?: unknown, napi: { targets: string[] } } & Record<string, any>} Description */

/** By the first part of a Rust target. @type {Readonly<Record<string, string>>} */
const CPUS = { x86_64: 'x64', aarch64: 'arm64', s390x: 's390x', powerpc64le: 'ppc64', wasm32: 'wasm32' };

/** By what a Rust target says of its C library. @type {Readonly<Record<string, string>>} */
const LIBRARIES = { gnu: 'glibc', musl: 'musl' };

/** The package.json of the checkout. @returns {Description} */
export function description() {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
}

/** Every platform with a package of its own: the targets of package.json. @returns {Platform[]} */
export function platforms() {
  return description().napi.targets.map(platformOf);
}

/** The name of the platform that this process runs on. @returns {string} */
export function ownPlatform() {
  const { platform, arch } = process;
  if (platform === 'linux') return `linux-${arch}-${usesMusl() ? 'musl' : 'gnu'}`;
  return platform === 'win32' ? `win32-${arch}-msvc` : `${platform}-${arch}`;
}

/**
 * @param {string} target
 * @returns {Platform}
 */
function platformOf(target) {
  const [first = '', , system = '', library = ''] = target.split('-');
  const cpu = CPUS[first];
  if (cpu === undefined) throw new Error(`package.json#napi.targets: no package is known for ${target}`);
  // For any system; who needs it installs it by its name.
  if (cpu === 'wasm32') return named(PORTABLE, { target });
  if (system === 'darwin') return named(`darwin-${cpu}`, { target, os: [system], cpu: [cpu] });
  if (system === 'windows') return named(`win32-${cpu}-msvc`, { target, os: ['win32'], cpu: [cpu] });
  const libc = LIBRARIES[library];
  if (system !== 'linux' || libc === undefined) throw new Error(`package.json#napi.targets: no package for ${target}`);
  return named(`linux-${cpu}-${library}`, { target, os: [system], cpu: [cpu], libc: [libc] });
}

/**
 * @param {string} name
 * @param {Pick<Platform, 'target' | 'os' | 'cpu' | 'libc'>} rest
 * @returns {Platform}
 */
function named(name, rest) {
  const files = addonFiles(name);
  const licences = addonLicences(name);
  const own = licences === undefined ? {} : { licences };
  return { name, packageName: `model-signing-${name}`, addon: files[0], files, ...own, ...rest };
}
