// SPDX-License-Identifier: Apache-2.0
// The methods of signing, in the order of the help.

import { InputError, escape } from '../index.js';
import type { Method } from './method.js';
import { CERTIFICATE } from './methods/certificate.js';
import { KEY } from './methods/key.js';
import { PKCS11_CERTIFICATE, PKCS11_KEY } from './methods/pkcs11.js';
import { SIGSTORE } from './methods/sigstore.js';

/** Every method. */
const METHODS: readonly Method[] = [SIGSTORE, KEY, CERTIFICATE, PKCS11_KEY, PKCS11_CERTIFICATE];

/** The one that is meant when none is named. */
export const DEFAULT_METHOD = SIGSTORE.name;

/** The methods that can do this: the one of this name, or else all. */
export function methodsFor(half: 'sign' | 'verify', named: string | undefined): readonly Method[] {
  const able = METHODS.filter((method) => method[half] !== undefined);
  const meant = able.filter(({ name }) => name === named);
  return meant.length > 0 ? meant : able;
}

/** Of two words behind a command the first is a method; commander would take it for a model, and the second for a mistake. */
export function requireMethod([first, word = '', next = '-']: readonly string[]): void {
  if ((first !== 'sign' && first !== 'verify') || word.startsWith('-') || next.startsWith('-')) return;
  const names = methodsFor(first, undefined).map(({ name }) => name);
  if (names.includes(word)) return;
  const meant = names.find((name) => distance(word, name) <= 2);
  const hint = meant === undefined ? `the methods are ${names.join(', ')}` : `Did you mean ${meant}?`;
  throw new InputError('USAGE', `there is no method '${escape(word)}', and one model at a time`, { hint });
}

/** How many letters have to be changed, added or taken away to make one word of the other. */
function distance(word: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let line = 0; line < Math.min(word.length, 64); line += 1) {
    const next = [line + 1];
    for (let column = 0; column < other.length; column += 1) {
      const [left = 0, above = 0, corner = 0] = [next[column], row[column + 1], row[column]];
      next.push(Math.min(left + 1, above + 1, corner + Number(word[line] !== other[column])));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
