// SPDX-License-Identifier: Apache-2.0
// Who signed, for people.

import { type Identity, escape } from '../index.js';

/** Who signed, in one line; a method that is not known here shows all it knows. */
export function signerText(signer: Identity): string {
  const { method, ...details } = signer;
  const known = Object.entries(details).filter(([, value]) => String(value) !== '');
  return [method, ...known.map(([name, value]) => `${words(name)} ${escape(String(value))}`)].join(', ');
}

/** `keyHint` as people say it. */
function words(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
