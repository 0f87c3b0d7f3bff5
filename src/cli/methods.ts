// SPDX-License-Identifier: Apache-2.0
// The methods of signing, in the order of the help.

import { InputError, escape } from '../index.js';
import type { Method } from './method.js';

/** Every method; each is loaded when its command is made. */
const METHODS: Readonly<Record<string, () => Promise<Method>>> = {
  sigstore: async () => (await import('./methods/sigstore.js')).SIGSTORE,
  key: async () => (await import('./methods/key.js')).KEY,
  certificate: async () => (await import('./methods/certificate.js')).CERTIFICATE,
  'pkcs11-key': async () => (await import('./methods/pkcs11.js')).PKCS11_KEY,
  'pkcs11-certificate': async () => (await import('./methods/pkcs11.js')).PKCS11_CERTIFICATE,
};

/** The one that is meant when none is named. */
export const DEFAULT_METHOD = 'sigstore';

/** The methods that can do this: the one of this name, or else all. */
export async function methodsFor(half: 'sign' | 'verify', named: string | undefined): Promise<readonly Method[]> {
  const load = named !== undefined && Object.hasOwn(METHODS, named) ? METHODS[named] : undefined;
  const meant = await load?.();
  if (meant?.[half] !== undefined) return [meant];
  const all = await Promise.all(Object.values(METHODS).map((loadOne) => loadOne()));
  return all.filter((method) => method[half] !== undefined);
}

/** Of two words behind a command the first is a method; commander would take it for a model, and the second for a mistake. */
export async function requireMethod([first, word = '', next = '-']: readonly string[]): Promise<void> {
  if ((first !== 'sign' && first !== 'verify') || word.startsWith('-') || next.startsWith('-')) return;
  const names = (await methodsFor(first, word)).map(({ name }) => name);
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
