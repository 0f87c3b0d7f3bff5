// SPDX-License-Identifier: Apache-2.0
// A short secret from a file or a pipe. Read each time it is needed: what put it there may have put a fresh one.

import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';

import { InputError } from '../errors.js';
import { escape } from '../native.js';

/** In bytes. */
const LARGEST_SECRET = 65_536;

/** Between two looks at a pipe. */
const PAUSE_MS = 10;

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
  const buffer = Buffer.alloc(LARGEST_SECRET + 1);
  // Nobody may ever write to a pipe: neither opening nor reading it may block a thread, for the end of a process waits
  // for its threads. A Socket would close what Node closes once more when a worker thread ends, and by then the number
  // is somebody else's file: so it is looked at again and again.
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    let begun = !(fstatSync(file).isFIFO() && hasName(path));
    let length = 0;
    while (length < buffer.length) {
      const count = readNow(file, buffer.subarray(length));
      if (count === 0 && begun) return buffer.toString('utf8', 0, length);
      if (count !== 0) begun = true;
      if (count > 0) length += count;
      else await pause();
    }
    throw new Error(`longer than ${LARGEST_SECRET} bytes`);
  } finally {
    closeSync(file);
    buffer.fill(0);
  }
}

/** How many bytes came, 0 when nobody writes, -1 when whoever writes has not yet. */
function readNow(file: number, buffer: Buffer): number {
  try {
    return readSync(file, buffer);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EAGAIN') return -1;
    throw cause;
  }
}

async function pause(): Promise<void> {
  const { setTimeout: sleep } = await import('node:timers/promises');
  await sleep(PAUSE_MS);
}

/** A pipe that others find by its path may have nobody writing yet; one that a shell made has had somebody. */
function hasName(path: string): boolean {
  try {
    return !realpathSync.native(path).startsWith('/dev/fd/');
  } catch {
    return false;
  }
}
