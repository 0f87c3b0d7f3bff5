// SPDX-License-Identifier: Apache-2.0
// The addon as WebAssembly, for systems without a native one: the same functions, from the same core. One file with all
// that it needs is made of this, so that the loader can check all of it.
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { instantiateNapiModuleSync } from '@emnapi/core';
import { createContext } from '@emnapi/runtime';
import { sharing, system } from './wasi.js';

/** In pages of 64 KiB: what the addon has from the start, its stack most of all, and what 32 bits can number. */
const MEMORY = { initial: 1280, maximum: 65_536, shared: true };

const WORKER = join(__dirname, 'model-signing.wasm32-wasi.worker.cjs');

/**
 * Starts the addon.
 * @param {Uint8Array<ArrayBuffer>} wasm
 */
export function instantiate(wasm) {
  const { napiModule } = instantiateNapiModuleSync(wasm, {
    context: createContext(),
    wasi: system(),
    reuseWorker: true,
    onCreateWorker: startWorker,
    overwriteImports: sharing(new WebAssembly.Memory(MEMORY)),
    beforeInit: ({ instance }) => register(instance.exports),
  });
  return withAbsolutePaths(napiModule.exports);
}

/** A thread that waits for work must not keep the process alive. */
function startWorker() {
  const worker = new Worker(WORKER, { env: {}, execArgv: [] });
  worker.unref();
  return worker;
}

/**
 * Tells the addon's classes and functions to Node-API.
 * @param {WebAssembly.Exports} exports
 */
function register(exports) {
  for (const [name, value] of Object.entries(exports)) {
    if (name.startsWith('__napi_register__') && typeof value === 'function') value();
  }
}

/**
 * The addon has no working folder, the caller has.
 * @param {any} addon
 */
function withAbsolutePaths(addon) {
  const { hashModel, openBundle, Statement } = addon;
  const { check } = Statement.prototype;
  /**
   * @this {any}
   * @param {string} model
   * @param {any} request
   * @param {any} watch
   */
  Statement.prototype.check = function checkModel(model, request, watch) {
    const { bundlePath } = request;
    const where = bundlePath === undefined ? {} : { bundlePath: absolute(bundlePath) };
    return check.call(this, absolute(model), { ...request, ...where }, watch);
  };
  return {
    ...addon,
    hashModel: (/** @type {string} */ model, /** @type {any[]} */ ...rest) => hashModel(absolute(model), ...rest),
    openBundle: (/** @type {string} */ path) => openBundle(absolute(path)),
  };
}

/**
 * As the system would find it: what `..` means behind a link is for the core to say.
 * @param {string} path
 */
function absolute(path) {
  return path === '' || path.startsWith('/') ? path : `${process.cwd()}/${path}`;
}
