// SPDX-License-Identifier: Apache-2.0
// How an addon is built, for this machine or another, and what the loader later checks it against.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ROOT } from './run.js';

/**
 * The arguments of the program `napi` that build the addon into a folder of the repository.
 * @param {string} folder
 * @param {readonly string[]} [extra] which target, and how
 */
export function napiBuild(folder, extra = []) {
  const fixed = ['--manifest-path', 'crates/napi/Cargo.toml', '--output-dir', folder, '--release', '--platform'];
  return ['build', ...fixed, '--no-js', '--dts', 'binding.d.cts', ...extra, '--', '--locked'];
}

/** The one that is no native addon, but WebAssembly and the JavaScript that starts it. */
export const PORTABLE = 'wasm32-wasi';

/**
 * The files that the addon of a platform is, the compiled one first.
 * @param {string} platform
 * @returns {[string, ...string[]]}
 */
export function addonFiles(platform) {
  const name = `model-signing.${platform}`;
  return platform === PORTABLE ? [`${name}.wasm`, `${name}.cjs`, `${name}.worker.cjs`] : [`${name}.node`];
}

/**
 * The licences of what others wrote and the files of an addon hold as text.
 * @param {string} platform
 * @returns {string | undefined}
 */
export function addonLicences(platform) {
  return platform === PORTABLE ? `model-signing.${platform}.licences.md` : undefined;
}

/**
 * What checksums.json says: the addons that belong to this version.
 * @param {readonly string[]} addons
 */
export function checksums(addons) {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const files = Object.fromEntries(addons.map((file) => [basename(file), sha256(file)]));
  return `${JSON.stringify({ version, files }, undefined, 2)}\n`;
}

/** @param {string} file */
export function sha256(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
