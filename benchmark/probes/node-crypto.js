// SPDX-License-Identifier: Apache-2.0
// SHA-256 of every file of a folder by Node's own crypto, one stream after the other: node-crypto.js FOLDER
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const chunk = Buffer.alloc(1 << 20);
for (const entry of readdirSync(process.argv[2] ?? '.', { withFileTypes: true, recursive: true })) {
  if (entry.isFile()) console.log(digest(join(entry.parentPath, entry.name)), entry.name);
}

/** @param {string} path */
function digest(path) {
  const hash = createHash('sha256');
  const handle = openSync(path, 'r');
  for (let read = 1; read > 0;) {
    read = readSync(handle, chunk);
    hash.update(chunk.subarray(0, read));
  }
  closeSync(handle);
  return hash.digest('hex');
}
