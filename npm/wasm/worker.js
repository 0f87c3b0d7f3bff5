// SPDX-License-Identifier: Apache-2.0
// A thread of the addon. It is started by emnapi, told which module and memory are meant, and used again.
import { parentPort } from 'node:worker_threads';
import { MessageHandler, instantiateNapiModuleSync } from '@emnapi/core';
import { sharing, system } from './wasi.js';

if (parentPort === null) throw new Error('this file is a thread of the addon, started by it');
const port = parentPort;
/** @param {any} message */
const postMessage = (message) => port.postMessage(message);

const handler = new MessageHandler({
  postMessage,
  onLoad: ({ wasmModule, wasmMemory }) =>
    instantiateNapiModuleSync(wasmModule, {
      childThread: true,
      wasi: system(),
      postMessage,
      overwriteImports: sharing(wasmMemory),
    }),
});
port.on('message', (data) => handler.handle({ data }));
