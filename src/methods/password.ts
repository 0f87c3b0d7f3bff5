// SPDX-License-Identifier: Apache-2.0
// Passwords on their way to OpenSSL: asked for only when needed, wiped when used.

import { InputError } from '../errors.js';

/**
 * A password, or a function that asks for it. A function is called only when the key turns out to be encrypted, and the
 * bytes it returns are wiped after use; bytes that are given directly stay as they are.
 */
export type Password = string | Uint8Array | (() => Promise<string | Uint8Array>);

/** What OpenSSL takes. */
const LONGEST_PASSWORD = 1024;

/** Hands a password to `use`, and wipes every copy that can be wiped. */
export async function withPassword<T>(password: Password, use: (bytes: Buffer) => T): Promise<T> {
  const given = typeof password === 'function' ? await password() : password;
  if (!isPlainPassword(given))
    throw notAPassword('is neither text nor bytes', 'give text, bytes, or a function of them');
  const bytes = Buffer.from(given);
  try {
    if (bytes.length <= LONGEST_PASSWORD) return use(bytes);
    throw notAPassword(`is longer than ${LONGEST_PASSWORD} bytes`, 'give the password that the key was encrypted with');
  } finally {
    bytes.fill(0);
    if (typeof password === 'function' && given instanceof Uint8Array) given.fill(0);
  }
}

function notAPassword(what: string, hint: string): InputError {
  return new InputError('OPTION_INVALID', `the password ${what}`, { hint });
}

/** Whether this can be used as a password. */
export function isPassword(value: unknown): value is Password {
  return isPlainPassword(value) || typeof value === 'function';
}

function isPlainPassword(value: unknown): value is string | Uint8Array {
  return typeof value === 'string' || value instanceof Uint8Array;
}
