// SPDX-License-Identifier: Apache-2.0
// A password or a PIN, from a file or a variable.

import { type ErrorCode, InputError, escape, readSecretFile } from '../index.js';

/** How a kind of secret is called, and the code of the error when it cannot be had. */
export interface Secret {
  readonly name: string;
  readonly code: ErrorCode;
  /** The flag that names a file of it. */
  readonly fileFlag: string;
}

/** Reads it from a file. */
export async function secretFromFile(path: string, { name, code }: Secret): Promise<string> {
  try {
    return await readSecretFile(path);
  } catch (cause) {
    const message = `cannot read the ${name} file '${escape(path)}'`;
    throw new InputError(code, message, { hint: 'check the path', path, cause });
  }
}

/** Takes it from the environment. */
export function secretFromVariable(variable: string, { code, fileFlag }: Secret): string {
  const value = process.env[variable];
  if (value !== undefined) return value;
  const message = `the environment variable '${escape(variable)}' is not set`;
  throw new InputError(code, message, { hint: `set it, or use ${fileFlag}` });
}
