// SPDX-License-Identifier: Apache-2.0
// Key material from a file: regular files only, one small bounded read, errors that name the file.

import { type Stats, closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

import { type ErrorCode, InputError } from '../errors.js';
import { escape } from '../native.js';

/** No key or certificate that means something is larger. */
export const LARGEST_KEY_FILE = 1_048_576;

/** Never waits for the other end of a pipe or device. Windows knows no such flag. */
const FLAGS = constants.O_RDONLY | (process.platform === 'win32' ? 0 : constants.O_NONBLOCK);

/** Reads a file of keys. The caller owns the bytes, and wipes them if they are secret. */
export function readKeyFile(path: string): Buffer {
  const file = openKey(path);
  try {
    requireRegular(path, fstatSync(file));
    return readBounded(path, file);
  } catch (cause) {
    throw cause instanceof InputError ? cause : unreadable(path, cause);
  } finally {
    closeSync(file);
  }
}

function openKey(path: string): number {
  try {
    return openSync(path, FLAGS);
  } catch (cause) {
    throw unopened(path, cause);
  }
}

function requireRegular(path: string, stats: Stats): void {
  if (stats.isFile()) return;
  const what = stats.isDirectory() ? 'is a folder' : 'is not a regular file';
  throw failure('KEY_UNREADABLE', path, `${what}, not a key`, 'give the path of a file that holds the key');
}

/** The size that a file system tells may be wrong; the buffer's end is not. */
function readBounded(path: string, file: number): Buffer {
  const buffer = Buffer.alloc(LARGEST_KEY_FILE + 1);
  let length = 0;
  try {
    for (let count = -1; count !== 0 && length < buffer.length; length += count) {
      count = readSync(file, buffer, length, buffer.length - length, null);
    }
    if (length === 0) throw failure('KEY_EMPTY', path, 'is empty', 'give the file that holds the key');
    if (length <= LARGEST_KEY_FILE) return Buffer.from(buffer.subarray(0, length));
    throw failure('KEY_TOO_LARGE', path, 'is larger than 1 MiB, so it is no key', 'give the file that holds the key');
  } finally {
    buffer.fill(0, 0, length);
  }
}

function unopened(path: string, cause: unknown): InputError {
  const code = systemCode(cause);
  if (code !== 'ENOENT' && code !== 'ENOTDIR') return unreadable(path, cause);
  return failure('KEY_NOT_FOUND', path, 'does not exist', 'check the path', cause);
}

function unreadable(path: string, cause: unknown): InputError {
  const hint = 'check its permissions, and those of its folder';
  return failure('KEY_UNREADABLE', path, `cannot be read (${systemCode(cause) ?? 'unknown error'})`, hint, cause);
}

function systemCode(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
}

function failure(code: ErrorCode, path: string, what: string, hint: string, cause?: unknown): InputError {
  return new InputError(code, `the key file '${escape(path)}' ${what}`, { hint, path, cause });
}
