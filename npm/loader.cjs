// SPDX-License-Identifier: Apache-2.0
// Finds, checks and loads the addon: a local build beside this file, else the platform package; on a system for which
// there is none, the same code as WebAssembly, if that was installed.
// Nothing here is taken from the environment. Before the file is opened as code, its version must equal the
// facade's and its SHA-256 must stand in checksums.json. Every failure names its cause and the next step.
// CommonJS, so that the command can load it without paying for the first ES module of a process.
'use strict';

const { createHash } = require('node:crypto');
const { closeSync, existsSync, openSync, readFileSync, readSync } = require('node:fs');
const path = require('node:path');
const { glibcVersion, usesMusl } = require('./c-library.cjs');

/** @typedef {typeof import('./binding.cjs')} Addon */
/** @typedef {{ version: string, files: Record<string, string> }} Checksums */
/** @typedef {{ platform: string, folder: string, version?: string }} Candidate A local build has the version of the table. */

const NODE_API = 9;
const BUILD_HINT = 'Build the addon from a checkout of the sources: npm run build.';

/** Every platform with a prebuilt package; `package.json#napi.targets` lists the same ones as Rust triples. */
const PLATFORMS = Object.freeze([
  'darwin-arm64',
  'darwin-x64',
  'linux-arm64-gnu',
  'linux-arm64-musl',
  'linux-ppc64-gnu',
  'linux-s390x-gnu',
  'linux-x64-gnu',
  'linux-x64-musl',
  'win32-arm64-msvc',
  'win32-x64-msvc',
]);

/**
 * What stands in on systems that are not in the list, and only there: the addon as WebAssembly, and the JavaScript that
 * starts it. Files of Windows cannot be named to it.
 */
const PORTABLE = 'wasm32-wasi';

/** @type {Addon | undefined} */
let loaded;

/**
 * Returns the addon's exports; the first call loads it, and a failed call can be repeated.
 * @returns {Addon}
 */
function loadAddon() {
  return (loaded ??= load());
}

/** @returns {Addon} */
function load() {
  checkNode();
  const platform = currentPlatform();
  const facade = readJson(path.join(__dirname, '..', 'package.json')).version;
  const candidate = localBuild(platform) ?? platformPackage(platform) ?? portablePackage(platform);
  if (candidate === undefined) throw explainMissing(platform, facade);
  const table = checksums();
  checkVersion([candidate.version ?? table.version, table.version], facade);
  for (const name of fileNames(candidate.platform)) checkContent(path.join(candidate.folder, name), name, table);
  return candidate.platform === PORTABLE ? start(candidate) : open(candidate);
}

function checkNode() {
  const offered = Number(process.versions['napi']);
  if (offered >= NODE_API) return;
  throw failure(
    'ADDON_UNLOADABLE',
    `Node.js ${process.version} is too old: the addon needs Node-API ${NODE_API}, this Node.js has ${offered}.`,
    'Use Node.js 20.19, 22.12, 24 or later.',
  );
}

/** @returns {string} */
function currentPlatform() {
  const { platform, arch } = process;
  if (platform === 'linux') return `linux-${arch}-${usesMusl() ? 'musl' : 'gnu'}`;
  return platform === 'win32' ? `win32-${arch}-msvc` : `${platform}-${arch}`;
}

/**
 * What a package has to have, the file that is loaded first.
 * @param {string} platform
 * @returns {[string, ...string[]]}
 */
function fileNames(platform) {
  const name = `model-signing.${platform}`;
  return platform === PORTABLE ? [`${name}.cjs`, `${name}.wasm`, `${name}.worker.cjs`] : [`${name}.node`];
}

/**
 * @param {string} platform
 * @returns {Candidate | undefined}
 */
function localBuild(platform) {
  const [file] = fileNames(platform);
  return existsSync(path.join(__dirname, file)) ? { platform, folder: __dirname } : undefined;
}

/**
 * The package in the nearest node_modules folder on the way up.
 * @param {string} platform
 * @returns {Candidate | undefined}
 */
function platformPackage(platform) {
  try {
    const description = describe(`model-signing-${platform}`);
    return { platform, folder: path.dirname(description), version: readJson(description).version };
  } catch {
    return undefined;
  }
}

/**
 * @param {string} platform
 * @returns {Candidate | undefined}
 */
function portablePackage(platform) {
  return hasPortable(platform) ? platformPackage(PORTABLE) : undefined;
}

/**
 * Never in the place of a native addon that is merely not installed.
 * @param {string} platform
 */
function hasPortable(platform) {
  return !PLATFORMS.includes(platform) && !platform.startsWith('win32-');
}

/**
 * Where a package's description is. `require.resolve` would look into NODE_PATH and folders of the home directory,
 * too; only where packages lie in no folders (Yarn Plug'n'Play) it has to be asked.
 * @param {string} name
 * @returns {string}
 */
function describe(name) {
  if (process.versions['pnp'] !== undefined) return require.resolve(`${name}/package.json`);
  let folder = __dirname;
  for (;;) {
    const description = path.join(folder, 'node_modules', name, 'package.json');
    if (existsSync(description)) return description;
    const above = path.dirname(folder);
    if (above === folder) throw new Error(`${name} is not installed`);
    folder = above;
  }
}

/**
 * @param {string} platform
 * @param {string} facade
 * @returns {Error}
 */
function explainMissing(platform, facade) {
  if (existsSync(path.join(__dirname, '..', 'Cargo.toml'))) {
    return failure('ADDON_MISSING', 'The addon of this checkout is not built yet.', 'Run: npm run build.');
  }
  if (!PLATFORMS.includes(platform)) {
    const portable = `Install the portable one, which is slower: npm install model-signing-${PORTABLE}@${facade}.`;
    const hint = hasPortable(platform) ? portable : BUILD_HINT;
    return failure('ADDON_MISSING', `There is no prebuilt addon for ${platform}.`, hint);
  }
  const other = PLATFORMS.find((name) => platformPackage(name) !== undefined);
  if (other !== undefined) {
    return failure(
      'ADDON_MISSING',
      `The installed addon is for ${other}, but this Node.js runs on ${platform}.`,
      'node_modules came from another system: remove it and install again on this one.',
    );
  }
  return failure(
    'ADDON_MISSING',
    `The package model-signing-${platform} is not installed: optional dependencies were omitted, or the lock file was written on another system.`,
    'Install again with: npm install --include=optional.',
  );
}

/**
 * @param {readonly string[]} versions
 * @param {string} facade
 */
function checkVersion(versions, facade) {
  for (const version of versions) {
    if (version === facade) continue;
    throw failure(
      'ADDON_MISMATCH',
      `The addon has version ${version}, model-signing has ${facade}: both must be the same.`,
      'Install model-signing again; in a checkout run: npm run build.',
    );
  }
}

/**
 * Guards against a damaged, mixed or replaced file. It cannot guard against someone who can write to this folder
 * while the process starts: they could as well change this loader.
 * @param {string} file
 * @param {string} name
 * @param {Checksums} table
 */
function checkContent(file, name, { files }) {
  const expected = Object.hasOwn(files, name) ? files[name] : undefined;
  if (expected === undefined) {
    throw failure(
      'ADDON_MISMATCH',
      `checksums.json has no entry for ${name}.`,
      'Install model-signing again; in a checkout run: npm run build.',
    );
  }
  if (!existsSync(file)) {
    throw failure('ADDON_MISMATCH', `${name} is missing from its package.`, 'Install model-signing again.');
  }
  const found = sha256(file);
  if (found === expected) return;
  throw failure(
    'ADDON_MISMATCH',
    `${name} is not the file that was built for this version: its SHA-256 is ${found}, expected ${expected}.`,
    'Install model-signing again; in a checkout run: npm run build.',
  );
}

/**
 * Piece by piece: memory for the whole file would cost more than its hash.
 * @param {string} file
 */
function sha256(file) {
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafeSlow(65536);
  const descriptor = openSync(file, 'r');
  try {
    for (;;) {
      const bytes = readSync(descriptor, piece);
      if (bytes === 0) return hash.digest('hex');
      hash.update(piece.subarray(0, bytes));
    }
  } finally {
    closeSync(descriptor);
  }
}

/**
 * @param {Candidate} candidate
 * @returns {Addon}
 */
function open({ platform, folder }) {
  const [file] = fileNames(platform);
  /** @type {{ exports: any }} */
  const module = { exports: {} };
  try {
    process.dlopen(module, path.toNamespacedPath(path.join(folder, file)));
  } catch (error) {
    throw explainUnloadable(error);
  }
  return module.exports;
}

/**
 * @param {Candidate} candidate
 * @returns {Addon}
 */
function start({ platform, folder }) {
  const [script, wasm = ''] = fileNames(platform).map((name) => path.join(folder, name));
  try {
    return require(script ?? '').instantiate(readFileSync(wasm));
  } catch (error) {
    const [text] = /** @type {Error} */ (error).message.split('\n', 1);
    throw failure('ADDON_UNLOADABLE', `The portable addon cannot be started: ${text}`, BUILD_HINT, error);
  }
}

/**
 * @param {any} error
 * @returns {Error}
 */
function explainUnloadable(error) {
  const text = String(error.message).split('\n', 1)[0] ?? '';
  const needed = /`GLIBC_([\d.]+)' not found/.exec(text)?.[1];
  if (needed !== undefined) {
    const message = `The addon needs glibc ${needed} or later, this system has ${glibcVersion() ?? 'another C library'}.`;
    return failure('ADDON_UNLOADABLE', message, `Use a newer system. ${BUILD_HINT}`, error);
  }
  if (error.code === 'ERR_DLOPEN_DISABLED') {
    const message = 'This Node.js was told not to load addons (--no-addons, or --permission without --allow-addons).';
    return failure('ADDON_UNLOADABLE', message, 'Remove --no-addons, or add --allow-addons.', error);
  }
  if (/ld-linux|libc\.so\.6: cannot|ld-musl|libc\.musl/.test(text)) {
    const message = `The addon was built for another C library than this system's (${glibcVersion() === undefined ? 'musl' : 'glibc'}).`;
    return failure('ADDON_UNLOADABLE', message, 'Remove node_modules and install again on this system.', error);
  }
  return failure('ADDON_UNLOADABLE', `The system refused to load the addon: ${text}`, BUILD_HINT, error);
}

/** @returns {Checksums} */
function checksums() {
  const file = path.join(__dirname, 'checksums.json');
  if (existsSync(file)) return readJson(file);
  throw failure(
    'ADDON_MISMATCH',
    'checksums.json, the list of the addons that belong to this version, is missing.',
    'Install model-signing again; in a checkout run: npm run build.',
  );
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/**
 * @param {'ADDON_MISSING' | 'ADDON_MISMATCH' | 'ADDON_UNLOADABLE'} code
 * @param {string} message
 * @param {string} hint
 * @param {unknown} [cause]
 */
function failure(code, message, hint, cause) {
  return Object.assign(new Error(message, cause === undefined ? undefined : { cause }), { code, hint });
}

module.exports = { PLATFORMS, PORTABLE, loadAddon };
