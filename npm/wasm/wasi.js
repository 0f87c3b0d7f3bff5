// SPDX-License-Identifier: Apache-2.0
// The system as the addon sees it: the files of this machine under their own paths; no arguments, no environment.

/** Each thread has one of its own: what is opened in one is not open in another. */
export function system() {
  const { WASI } = quietly(() => process.getBuiltinModule('node:wasi'));
  return new WASI({ version: 'preview1', args: [], env: {}, preopens: { '/': '/' } });
}

/**
 * The imports of the addon, as emnapi groups them, with the memory that all threads share.
 * @param {WebAssembly.Memory} memory
 */
export function sharing(memory) {
  return (/** @type {any} */ imports) => {
    imports.env = { ...imports.env, ...imports.napi, ...imports.emnapi, memory };
    return imports;
  };
}

/**
 * Node.js says once in each thread that this module of its own may change. Who reads that can do nothing about it.
 * @template Result
 * @param {() => Result} load
 * @returns {Result}
 */
function quietly(load) {
  const own = Object.getOwnPropertyDescriptor(process, 'emitWarning');
  process.emitWarning = () => {};
  try {
    return load();
  } finally {
    if (own !== undefined) Object.defineProperty(process, 'emitWarning', own);
  }
}
