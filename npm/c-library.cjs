// SPDX-License-Identifier: Apache-2.0
// Which C library this Node.js is linked to: an addon has to be built for the same one.
'use strict';

const { closeSync, openSync, readSync } = require('node:fs');

/**
 * Whether this Node.js is linked to musl. The name of its ELF interpreter says so in two reads of some bytes; the
 * diagnostic report, which costs milliseconds, is for a Node.js that has none.
 */
function usesMusl() {
  const interpreter = interpreterOf(process.execPath);
  return interpreter === undefined ? glibcVersion() === undefined : interpreter.includes('/ld-musl-');
}

/**
 * What the program header PT_INTERP of a 64-bit ELF file names. It may lie anywhere: tools that repack Node.js move it.
 * @param {string} file
 * @returns {string | undefined}
 */
function interpreterOf(file) {
  try {
    const executable = openSync(file, 'r');
    try {
      const page = new DataView(new ArrayBuffer(4096));
      readSync(executable, page, 0, 4096, 0);
      if (page.getUint32(0) !== 0x7f454c46 || page.getUint8(4) !== 2) return undefined;
      const little = page.getUint8(5) === 1;
      const size = page.getUint16(54, little);
      const table = size * page.getUint16(56, little);
      readSync(executable, page, 0, Math.min(table, 4096), Number(page.getBigUint64(32, little)));
      for (let at = 0; at + size <= Math.min(table, 4096); at += size) {
        if (page.getUint32(at, little) !== 3) continue;
        const name = Buffer.alloc(Math.min(Number(page.getBigUint64(at + 32, little)), 4096));
        readSync(executable, name, 0, name.length, Number(page.getBigUint64(at + 8, little)));
        return name.toString('latin1');
      }
    } finally {
      closeSync(executable);
    }
  } catch {
    // Without an answer here the report is asked.
  }
  return undefined;
}

/**
 * The version of glibc that runs here, if it is glibc.
 * @returns {string | undefined}
 */
function glibcVersion() {
  /** @type {any} */
  const report = process.report.getReport();
  return report.header.glibcVersionRuntime;
}

module.exports = { glibcVersion, usesMusl };
