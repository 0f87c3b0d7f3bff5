// SPDX-License-Identifier: Apache-2.0
// A short secret from a file or a pipe. Read each time it is needed: what put it there may have put a fresh one.

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

import { InputError } from '../errors.js';
import { escape } from '../native.js';

const LARGEST_SECRET = 65_536;

/** Reads a secret; white space around it belongs to the file. */
export async function readSecretFile(path: string, what: string): Promise<string> {
  try {
    const file = await open(path, constants.O_RDONLY);
    try {
      return (await readBounded(file)).trim();
    } finally {
      await file.close();
    }
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'it is too long';
    const message = `${what} cannot be read: '${escape(path)}' (${why})`;
    throw new InputError('SECRET_UNREADABLE', message, { hint: 'check the path and its permissions', path, cause });
  }
}

async function readBounded(file: FileHandle): Promise<string> {
  const buffer = Buffer.alloc(LARGEST_SECRET + 1);
  try {
    let length = 0;
    for (let count = -1; count !== 0 && length < buffer.length; length += count) {
      count = (await file.read(buffer, length, buffer.length - length, null)).bytesRead;
    }
    if (length <= LARGEST_SECRET) return buffer.toString('utf8', 0, length);
    throw new Error('too long');
  } finally {
    buffer.fill(0);
  }
}
