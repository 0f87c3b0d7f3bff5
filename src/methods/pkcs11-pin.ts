// SPDX-License-Identifier: Apache-2.0
// Where a PIN comes from: the URI, the file it names, the caller. It is fetched when it is needed, and not before.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';

import { InputError } from '../errors.js';
import { escape } from '../native.js';
import type { Password } from './password.js';
import type { Pkcs11Uri } from './pkcs11-uri.js';

/** No token takes a longer PIN. */
const LONGEST_PIN = 1024;

/** Never waits for the other end of a pipe or device. Windows knows no such flag. */
const FLAGS = constants.O_RDONLY | (process.platform === 'win32' ? 0 : constants.O_NONBLOCK);

/** Where the PIN of a URI comes from. */
export interface PinSource {
  /** Whether asking for the PIN would ask a person: a token with a pin pad of its own does that better. */
  readonly isPerson: boolean;
  /** Fetches the PIN; nothing where there is none. The caller wipes it. */
  fetch(): Promise<Buffer | undefined>;
}

/** Says where the PIN comes from: what the URI says counts first, then the caller's own. */
export function pinSourceOf(uri: Pkcs11Uri, pin: Password | undefined): PinSource {
  const { pinValue, pinSource } = uri;
  if (pinValue !== undefined) return { isPerson: false, fetch: async () => checked(pinValue) };
  if (pinSource !== undefined) return { isPerson: false, fetch: async () => readPin(pinPath(pinSource)) };
  if (typeof pin !== 'function')
    return { isPerson: false, fetch: async () => (pin === undefined ? pin : checked(pin)) };
  return { isPerson: true, fetch: async () => checked(await pin()) };
}

/** The file that a pin-source names: `file:` or an absolute path. Programs are never run. */
export function pinPath(pinSource: string): string {
  if (isAbsolute(pinSource)) return pinSource;
  try {
    if (/^file:/i.test(pinSource)) return fileURLToPath(pinSource);
  } catch {
    // Said below.
  }
  const message = 'the pin-source of the PKCS #11 URI is neither a file: URI of this machine nor an absolute path';
  const hint = 'write the PIN into a file that only you can read, and name it as pin-source=file:/path';
  throw new InputError('PKCS11_PIN_UNREADABLE', message, { hint });
}

/** Pkcs11js takes text, and a PIN is UTF-8 (PKCS #11, section 5.6): other bytes could not arrive as they are. */
function checked(given: string | Uint8Array): Buffer {
  const bytes = Buffer.from(given);
  const isText = bytes.equals(Buffer.from(bytes.toString('utf8')));
  if (isText && bytes.length > 0 && bytes.length <= LONGEST_PIN && !bytes.includes(0)) return bytes;
  const hint = `give text of 1 to ${LONGEST_PIN} bytes, without NUL`;
  throw new InputError('OPTION_INVALID', 'the PIN is empty, too long, or no text', { hint });
}

/** One newline at the end belongs to the file and not to the PIN. */
function readPin(path: string): Buffer {
  const buffer = Buffer.alloc(LONGEST_PIN + 3);
  try {
    const length = readBounded(path, buffer);
    const text = buffer.subarray(0, length);
    const end = text.at(-1) === 0x0a ? (text.at(-2) === 0x0d ? 2 : 1) : 0;
    return checked(text.subarray(0, length - end));
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'not a file';
    const what = cause instanceof InputError ? 'holds no PIN' : `cannot be read (${why})`;
    const hint = 'write the PIN and nothing else into it, and check its permissions';
    throw new InputError('PKCS11_PIN_UNREADABLE', `the PIN file '${escape(path)}' ${what}`, { hint, path });
  } finally {
    buffer.fill(0);
  }
}

function readBounded(path: string, buffer: Buffer): number {
  const file = openSync(path, FLAGS);
  try {
    if (!fstatSync(file).isFile()) throw new TypeError('not a regular file');
    let length = 0;
    for (let count = -1; count !== 0 && length < buffer.length; length += count) {
      count = readSync(file, buffer, length, buffer.length - length, null);
    }
    return length;
  } finally {
    closeSync(file);
  }
}
