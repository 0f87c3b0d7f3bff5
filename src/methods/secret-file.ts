// SPDX-License-Identifier: Apache-2.0
// A short secret from a file or a pipe. Read each time it is needed: what put it there may have put a fresh one.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

import { InputError } from '../errors.js';
import { escape } from '../native.js';

/** In bytes. */
const LARGEST_SECRET = 65_536;

/**
 * Reads a short secret, such as a password or a token, from a file or a pipe, which may take its time. One newline at
 * the end belongs to the file and not to the secret.
 *
 * @throws `InputError` `SECRET_UNREADABLE` when it cannot be read, or is longer than 64 KiB.
 */
export async function readSecretFile(path: string, what = 'the secret'): Promise<string> {
  try {
    return (await readBounded(path)).replace(/\r?\n$/, '');
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'it is too long';
    const message = `${what} cannot be read: '${escape(path)}' (${why})`;
    throw new InputError('SECRET_UNREADABLE', message, { hint: 'check the path and its permissions', path, cause });
  }
}

async function readBounded(path: string): Promise<string> {
  // Nobody may ever write to a pipe: neither opening nor reading it may block a thread, for the end of a process waits
  // for its threads.
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  const isPipe = fstatSync(file).isFIFO();
  const bytes = isPipe ? await readPipe(file) : readFile(file);
  try {
    if (bytes.length <= LARGEST_SECRET) return bytes.toString('utf8');
    throw new Error(`longer than ${LARGEST_SECRET} bytes`);
  } finally {
    bytes.fill(0);
  }
}

/** Reads to the end, or a byte more than is allowed. */
function readFile(file: number): Buffer {
  const buffer = Buffer.alloc(LARGEST_SECRET + 1);
  try {
    let length = 0;
    for (let count = -1; count !== 0 && length < buffer.length; length += count) {
      count = readSync(file, buffer, length, buffer.length - length, null);
    }
    return buffer.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

async function readPipe(file: number): Promise<Buffer> {
  const { Socket } = await import('node:net');
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of new Socket({ fd: file, readable: true, writable: false })) {
    pieces.push(piece);
    length += piece.length;
    if (length > LARGEST_SECRET) break;
  }
  return Buffer.concat(pieces);
}
