// SPDX-License-Identifier: Apache-2.0
// Getting to a PKCS #11 token from the command line: its module, and its PIN, which is never echoed and never repeated.

import { InputError, type Pkcs11Options, looksLikePkcs11Uri, pkcs11Signer } from '../index.js';
import type { Flag, FlagValues } from './flags.js';
import { list } from './method.js';
import { askSecret } from './password.js';
import type { Report } from './report.js';
import { type Secret, secretFromFile, secretFromVariable } from './secret.js';
import { isTerminal } from './terminal.js';

/** Which object. */
export const PKCS11_URI: Flag = {
  name: 'pkcs11-uri',
  kind: 'text',
  value: 'uri',
  description: 'key on a token (RFC 7512), such as pkcs11:token=…;object=…; see pkcs11 list',
};

/** How to get to it. */
export const TOKEN_FLAGS: readonly Flag[] = [
  {
    name: 'module-path',
    kind: 'list',
    value: 'path',
    description: 'PKCS #11 module, or folder of the one that the URI names; repeatable',
    default: 'those that p11-kit knows',
  },
  { name: 'pin-file', kind: 'text', value: 'path', description: 'file that holds the PIN of the token' },
  {
    name: 'pin-env',
    kind: 'text',
    value: 'name',
    description: 'environment variable that holds the PIN of the token',
    default: 'PKCS11_PIN',
  },
];

const PIN: Secret = { name: 'PIN', code: 'PKCS11_PIN_UNREADABLE', fileFlag: '--pin-file' };

/** Options that the library takes beside the URI. A PIN that the URI names counts more than all of these. */
export function tokenOptions(flags: FlagValues, report: Report): Omit<Pkcs11Options, 'uri'> {
  hideArguments(report);
  return {
    modulePaths: list(flags, 'modulePath'),
    pin: givenPin(flags) ?? askedPin(report),
    onPinPad: () => report.note('enter the PIN on the pin pad of the token'),
  };
}

/** The PIN that was given, without asking anybody. */
export function givenPin({ pinFile, pinEnv }: FlagValues): Pkcs11Options['pin'] {
  if (pinFile !== undefined && pinEnv !== undefined) {
    throw new InputError('USAGE', 'the PIN is given twice', { hint: 'leave out --pin-file or --pin-env' });
  }
  if (typeof pinFile === 'string') return () => secretFromFile(pinFile, PIN);
  if (typeof pinEnv === 'string') return secretFromVariable(pinEnv, PIN);
  return process.env['PKCS11_PIN'] || undefined;
}

/** The files that a PKCS #11 URI names, its module and its PIN; none if it is something else. */
export function filesOfUri(uri: string): readonly string[] {
  return looksLikePkcs11Uri(uri) ? (pkcs11Signer({ uri }).inputs ?? []) : [];
}

/** A text without any PIN that a URI in it holds; quotes and punctuation behind it are left where they end a word. */
export function withoutPins(text: string): string {
  return text.replaceAll(/(pin-value=)[^&\s]*?(?=['"]?[:;,.)]*(?:[&\s]|$))/gi, '$1…');
}

/** A PIN among the arguments is seen by every process of the machine, until they are hidden. */
export function hideArguments(report: Report): void {
  if (!process.argv.some((argument) => /pin-value=/i.test(argument))) return;
  process.title = 'model-signing';
  report.warn('a PIN on the command line can be read by others; use pin-source=file:… in the URI, or --pin-file');
}

function askedPin(report: Report): (() => Promise<string>) | undefined {
  return isTerminal('stdin') && isTerminal('stderr')
    ? async () => askSecret('PIN of the token: ', PIN, report)
    : undefined;
}
