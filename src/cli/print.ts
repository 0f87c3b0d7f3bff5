// SPDX-License-Identifier: Apache-2.0
// Writes to standard output and standard error, as fast as their readers read. A reader that went away wants no more:
// that is no error, and the exit code still says what the answer was.

import { writeSync } from 'node:fs';

import { InputError } from '../index.js';
import { stderr, stdout } from './terminal.js';

/**
 * A pipe that nobody filled before has room for so many bytes: to write no more of them at once waits for no reader. In
 * one that is full the write waits, and signals with it, unless whoever made the pipe wanted it otherwise.
 */
const ROOM = 4096;

let written = 0;

/** Prints a piece of the answer. */
export async function print(text: string): Promise<void> {
  const bytes = Buffer.from(text);
  const count = written + bytes.length <= ROOM && process.platform !== 'win32' ? writeAtOnce(bytes) : 0;
  written += bytes.length;
  if (count < bytes.length) await write(stdout(), bytes.subarray(count));
}

/** Prints what is not the answer. */
export async function printAside(text: string): Promise<void> {
  await write(stderr(), text);
}

/**
 * Writes without the stream that Node would make, for a pipe of network modules that take 2 ms to load, and says how
 * many bytes that were. On Windows only the stream knows what a console wants.
 */
function writeAtOnce(bytes: Buffer): number {
  try {
    return writeSync(1, bytes);
  } catch (error) {
    if (!isFailure(error)) throw error;
    if (error.code === 'EPIPE') return bytes.length;
    if (error.code === 'EAGAIN') return 0;
    throw unwritable(error);
  }
}

async function write(stream: NodeJS.WriteStream, text: string | Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    stream.write(text, (error: NodeJS.ErrnoException | null | undefined) => {
      if (!error || error.code === 'EPIPE') resolve();
      else reject(unwritable(error));
    });
  });
}

function isFailure(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error;
}

function unwritable(cause: Error): InputError {
  const hint = 'make room where the output goes, then try again';
  return new InputError('IO_ERROR', `cannot write the answer: ${cause.message}`, { hint, cause });
}
