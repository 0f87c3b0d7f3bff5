// SPDX-License-Identifier: Apache-2.0
// A method of signing as the command line knows it: its flags, and what is made of these.

import { InputError, type Signer, type Verifier } from '../index.js';
import type { Flag, FlagValues } from './flags.js';
import type { Password } from './password.js';
import type { Report } from './report.js';

/** One method: its half that signs, its half that verifies; some have only one of their own. */
export interface Method {
  readonly name: string;
  readonly sign?: {
    readonly description: string;
    readonly flags: readonly Flag[];
    readonly signer: (flags: FlagValues, password: Password, report: Report) => Signer | Promise<Signer>;
  };
  readonly verify?: {
    readonly description: string;
    readonly flags: readonly Flag[];
    readonly verifier: (flags: FlagValues, report: Report) => Verifier;
  };
}

/** The value of a flag that a method cannot do without. */
export function required(flags: FlagValues, name: string, what = 'PATH'): string {
  const value = flags[name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())];
  if (typeof value === 'string' && value !== '') return value;
  throw new InputError('USAGE', `--${name} is missing`, { hint: `give --${name} ${what}` });
}

/** The values of a flag that may be repeated. */
export function list(flags: FlagValues, key: string): readonly string[] | undefined {
  const value = flags[key];
  return Array.isArray(value) ? value : undefined;
}

/** The value of a flag that takes one. */
export function text(flags: FlagValues, key: string): string | undefined {
  const value = flags[key];
  return typeof value === 'string' ? value : undefined;
}

/** The value of a flag that counts or measures. */
export function number(flags: FlagValues, key: string): number | undefined {
  const value = flags[key];
  return typeof value === 'number' ? value : undefined;
}
