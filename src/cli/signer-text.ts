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
  const several: readonly unknown[] = Array.isArray(value) ? value : [];
  if (several.length > 0 && several.every((one) => typeof one === 'object')) {
    return several.flatMap((one) => facts(name, one));
  }
  if (value instanceof Date) return [`${words(name)} ${value.toISOString()}`];
  if (typeof value === 'object' && value !== null && several.length === 0) {
    return Object.entries(value).flatMap(([inner, one]) => facts(inner, one));
  }
  return value === undefined || text === '' ? [] : [`${words(name)} ${escape(text)}`];
}

/** `keyHint` as people say it. */
function words(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
