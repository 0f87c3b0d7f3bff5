// SPDX-License-Identifier: Apache-2.0
// Who signed, for people.

import { type Identity, escape } from '../index.js';

/** Who signed, in one line; a method that is not known here shows all it knows. */
export function signerText({ method, ...details }: Identity): string {
  return [method, ...Object.entries(details).flatMap(([name, value]) => facts(name, value))].join(', ');
}

/** What a detail says, one text for each fact in it; nothing where it says nothing. */
function facts(name: string, value: unknown): string[] {
  const text = String(value);
  if (value instanceof Date) return [`${words(name)} ${value.toISOString()}`];
  if (Array.isArray(value)) return several(name, value);
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([inner, one]) => facts(inner, one));
  }
  return value === undefined || text === '' ? [] : [`${words(name)} ${shown(text)}`];
}

/** Several texts stand behind one name, each in quotes. */
function several(name: string, values: readonly unknown[]): string[] {
  const [first, ...more] = values;
  if (more.length === 0 || typeof first === 'object') return values.flatMap((one) => facts(name, one));
  return [`${words(name)} ${values.map((one) => quoted(String(one))).join(' ')}`];
}

/** As it is, unless it could be taken for more than one value: names come from whoever signed. */
function shown(text: string): string {
  return /[\s'\u2800]/u.test(text) ? quoted(text) : escape(text);
}

function quoted(text: string): string {
  return `'${escape(text).replaceAll("'", "\\'")}'`;
}

/** `keyHint` as people say it. */
function words(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
