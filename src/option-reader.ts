// SPDX-License-Identifier: Apache-2.0
// Takes options one by one and checks each value. A name that nobody asked for is an error: a typo must not relax a
// rule.

import { InputError } from './errors.js';

/** Reads one options object. */
export class OptionReader {
  readonly #given: Readonly<Record<string, unknown>>;
  readonly #asked = new Set<string>();

  constructor(options: unknown) {
    if (typeof options !== 'object' || options === null || Array.isArray(options)) {
      throw invalidOption('the options are not an object', 'give an object, or nothing');
    }
    this.#given = { ...options };
  }

  /** Takes one option if it is there; `is` decides whether its value can be used. */
  take<T>(name: string, is: (value: unknown) => value is T, wanted: string): T | undefined {
    this.#asked.add(name);
    const value = this.#given[name];
    if (value === undefined || is(value)) return value;
    throw invalidOption(`option ${name} has a wrong value`, `give ${wanted}`);
  }

  boolean(name: string): boolean | undefined {
    return this.take(name, isBoolean, 'true or false');
  }

  /** An empty text is not "no check". */
  text(name: string, wanted = 'text that is not empty'): string | undefined {
    return this.take(name, isNonEmptyText, wanted);
  }

  path(name: string): string | undefined {
    return this.take(name, isNonEmptyFileName, 'a path');
  }

  paths(name: string): readonly string[] | undefined {
    return this.take(name, isFileNames, 'a list of paths');
  }

  count(name: string, most: number, what: string): number | undefined {
    const isCount = (value: unknown): value is number =>
      typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most;
    return this.take(name, isCount, what);
  }

  oneOf<const T extends readonly string[]>(name: string, names: T): T[number] | undefined {
    const isName = (value: unknown): value is T[number] => typeof value === 'string' && names.includes(value);
    return this.take(name, isName, names.join(', '));
  }

  /** Refuses what was given and not asked for. */
  end(): void {
    const unknown = Object.keys(this.#given).find((name) => !this.#asked.has(name));
    if (unknown === undefined) return;
    const names = [...this.#asked].join(', ');
    throw invalidOption(`there is no option ${JSON.stringify(unknown)}`, `the options are ${names}`);
  }
}

/** The options of a call over those of the maker. What is `undefined` was not given, and must not undo a stricter rule. */
export function withDefaults<T extends object>(defaults: T, options: T): T {
  const merged = { ...defaults };
  for (const [name, value] of Object.entries(options))
    if (value !== undefined) Object.assign(merged, { [name]: value });
  return merged;
}

/** Makes sure that the options name who signs or who verifies. */
export function requireMethod(options: unknown, role: 'signer' | 'verifier', act: 'sign' | 'verify'): void {
  const method: unknown = isObject(options) ? options[role] : undefined;
  if (isObject(method) && typeof method[act] === 'function' && typeof method['method'] === 'string') return;
  throw invalidOption(`option ${role} is none`, 'give one that keySigner, certificateVerifier or you made');
}

/** Whether members can be asked for. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Whether this is text, an empty one included. */
export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** Whether this is a list of such values, an empty one included. */
export function isListOf<T>(value: unknown, is: (entry: unknown) => entry is T): value is readonly T[] {
  return Array.isArray(value) && value.every(is);
}

/** The error for a wrong option. */
export function invalidOption(message: string, hint: string): InputError {
  return new InputError('OPTION_INVALID', message, { hint });
}

/** Lone surrogates would become U+FFFD on their way to the core, which may be the name of another file. */
export function isFileName(value: unknown): value is string {
  return typeof value === 'string' && !/[\0\p{Surrogate}]/u.test(value);
}

function isNonEmptyText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isNonEmptyFileName(value: unknown): value is string {
  return isFileName(value) && value !== '';
}

function isFileNames(value: unknown): value is readonly string[] {
  return isListOf(value, isFileName);
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}
