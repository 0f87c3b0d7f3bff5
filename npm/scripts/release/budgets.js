// SPDX-License-Identifier: Apache-2.0
// How large a package may be when it is installed, in bytes.

const FACADE = 1_000_000;
const PLATFORM = 3_000_000;

/**
 * What a package weighs, as a line; one that is too heavy is an error.
 * @param {import('./pack.js').Tarball} tarball
 * @returns {string}
 */
export function weigh({ name, size, unpackedSize }) {
  const most = name === 'model-signing' ? FACADE : PLATFORM;
  const line = `${name}: ${kilobytes(size)} packed, ${kilobytes(unpackedSize)} installed of at most ${kilobytes(most)}`;
  if (unpackedSize > most) throw new Error(`too large: ${line}`);
  return line;
}

/** @param {number} bytes */
function kilobytes(bytes) {
  return `${Math.ceil(bytes / 1000)} kB`;
}
