// SPDX-License-Identifier: Apache-2.0
// The values that methods can be told, checked when a method is made: a mistake must not wait for the first model, and
// must never mean "no check".

import { InputError } from '../errors.js';
import type { CertificateSource } from './certificate-file.js';
import { isObject } from '../option-reader.js';
import { type Password, isPassword } from './password.js';

/** Checks an option that may be left out. */
export function checked<T>(
  option: string,
  value: unknown,
  is: (value: unknown) => value is T,
  wanted: string,
): T | undefined {
  if (value === undefined || is(value)) return value;
  throw wrongOption(option, `give ${wanted}`);
}

/** A password, or a way to ask for one. */
export function checkedPassword(value: unknown): Password | undefined {
  return checked('password', value, isPassword, 'text, bytes, or a function that asks for it');
}

/** Certificates or revocation lists. An empty list for an option that was given is a mistake that would relax a rule. */
export function sources(option: string, value: unknown): readonly CertificateSource[] {
  return checked(option, value, isSources, 'a list of paths, file: URLs or bytes, not empty') ?? [];
}

/** The address of a service. */
export function webAddress(option: string, value: unknown): URL | undefined {
  if (value === undefined) return undefined;
  const text = value instanceof URL ? value.href : value;
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
  const isWeb = url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (isWeb) return url;
  throw wrongOption(option, 'give an http: or https: address without user and password');
}

/** An empty text is not "no check". */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** True or false, and nothing that JavaScript takes for it. */
export function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

/** Refuses an option that there is not: a typo must not relax a rule. */
export function refuseUnknown(given: unknown, known: readonly string[]): void {
  if (!isObject(given))
    throw new InputError('OPTION_INVALID', 'the options are not an object', { hint: 'give an object' });
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const hint = `the options are ${known.join(', ')}`;
  throw new InputError('OPTION_INVALID', `there is no option ${JSON.stringify(unknown)}`, { hint });
}

/** The error for a value that an option cannot have. */
export function wrongOption(option: string, hint: string): InputError {
  return new InputError('OPTION_INVALID', `option ${option} has a wrong value`, { hint });
}

function isSources(value: unknown): value is readonly CertificateSource[] {
  return Array.isArray(value) && value.length > 0 && value.every(isSource);
}

function isSource(value: unknown): value is CertificateSource {
  return isText(value) || value instanceof URL || value instanceof Uint8Array;
}
