// SPDX-License-Identifier: Apache-2.0
// What a module answers when something is wrong: the standard's own name for it, a code, and what to do next.

import { type ErrorCode, ModelSigningError, errorOf } from '../errors.js';

/** The name (`CKR_…`) that a module gave to its refusal; nothing for what did not come from a module. */
export function ckrOf(cause: unknown): string | undefined {
  const [, name, digits = ''] = (cause instanceof Error && /^(CKR_\w+)(?::(\d+))?/.exec(cause.message)) || [];
  if (name !== 'CKR_VENDOR_DEFINED') return name;
  const number = digits === '' && cause instanceof Error && 'code' in cause ? Number(cause.code) : Number(digits);
  return `${name} (0x${number.toString(16)})`;
}

/** The error for something that a module refused, in words that are escaped; errors of our own go on as they are. */
export function moduleFailure(doing: string, cause: unknown): ModelSigningError {
  if (cause instanceof ModelSigningError) return cause;
  const name = ckrOf(cause);
  if (name === undefined) return errorOf('PKCS11_TOKEN_FAILED', `${doing} failed`, { hint: LOOK, cause });
  const [code, hint] = ANSWERS.get(name) ?? ['PKCS11_TOKEN_FAILED', LOOK];
  return errorOf(code, `${doing} failed: ${name}`, { hint, cause });
}

const LOOK = 'see what the token says: pkcs11-tool --module <module> --list-slots';
const PLUG = 'plug the token in, or see that its service runs, then try again';
const UNBLOCK = "the PIN is locked: unblock it with the PUK or the security officer's PIN";
const AGAIN = 'try again: a new session is opened';

const ANSWERS: ReadonlyMap<string, readonly [code: ErrorCode, hint: string]> = new Map([
  ['CKR_TOKEN_NOT_PRESENT', ['PKCS11_TOKEN_REMOVED', PLUG]],
  ['CKR_TOKEN_NOT_RECOGNIZED', ['PKCS11_TOKEN_REMOVED', PLUG]],
  ['CKR_DEVICE_REMOVED', ['PKCS11_TOKEN_REMOVED', PLUG]],
  ['CKR_SLOT_ID_INVALID', ['PKCS11_TOKEN_REMOVED', PLUG]],
  [
    'CKR_OBJECT_HANDLE_INVALID',
    ['PKCS11_TOKEN_REMOVED', 'the key is no longer on the token: put it back, then try again'],
  ],
  [
    'CKR_KEY_HANDLE_INVALID',
    ['PKCS11_TOKEN_REMOVED', 'the key is no longer on the token: put it back, then try again'],
  ],
  ['CKR_SESSION_CLOSED', ['PKCS11_SESSION_CLOSED', AGAIN]],
  ['CKR_SESSION_HANDLE_INVALID', ['PKCS11_SESSION_CLOSED', AGAIN]],
  [
    'CKR_CRYPTOKI_NOT_INITIALIZED',
    ['PKCS11_SESSION_CLOSED', 'something else in this process closed the module; start again'],
  ],
  ['CKR_USER_NOT_LOGGED_IN', ['PKCS11_SESSION_CLOSED', 'somebody logged out of the token: try again']],
  ['CKR_DEVICE_ERROR', ['PKCS11_TOKEN_FAILED', PLUG]],
  ['CKR_DEVICE_MEMORY', ['PKCS11_TOKEN_FAILED', 'the token is out of memory: close other sessions of it']],
  ['CKR_SESSION_COUNT', ['PKCS11_TOKEN_FAILED', 'the token has no session left: close other programs that use it']],
  ['CKR_SESSION_READ_WRITE_SO_EXISTS', ['PKCS11_TOKEN_FAILED', 'the security officer is logged in: log out first']],
  ['CKR_USER_ANOTHER_ALREADY_LOGGED_IN', ['PKCS11_TOKEN_FAILED', 'somebody else is logged in: log out first']],
  ['CKR_KEY_FUNCTION_NOT_PERMITTED', ['PKCS11_KEY_UNUSABLE', 'use a key that may sign (CKA_SIGN)']],
  ['CKR_KEY_TYPE_INCONSISTENT', ['PKCS11_KEY_UNUSABLE', 'use a key of another kind']],
  ['CKR_KEY_SIZE_RANGE', ['PKCS11_KEY_UNUSABLE', 'use a key of another size']],
  [
    'CKR_MECHANISM_INVALID',
    ['PKCS11_KEY_UNUSABLE', 'the key may not be used so (CKA_ALLOWED_MECHANISMS): use another'],
  ],
  [
    'CKR_MECHANISM_PARAM_INVALID',
    ['PKCS11_KEY_UNUSABLE', 'the token knows no PSS with SHA-256 and a salt of 32 bytes'],
  ],
  ['CKR_DATA_LEN_RANGE', ['PKCS11_KEY_UNUSABLE', 'the token takes no message this long: use an EC or RSA key']],
  ['CKR_FUNCTION_CANCELED', ['PKCS11_TOKEN_FAILED', 'it was cancelled at the token: try again']],
  ['CKR_FUNCTION_REJECTED', ['PKCS11_TOKEN_FAILED', 'it was refused at the token: try again']],
  [
    'CKR_USER_PIN_NOT_INITIALIZED',
    ['PKCS11_PIN_MISSING', 'the token has no user PIN yet: set one with pkcs11-tool --init-pin'],
  ],
  ['CKR_PIN_EXPIRED', ['PKCS11_PIN_LOCKED', 'the PIN has expired: set a new one with pkcs11-tool --change-pin']],
  ['CKR_PIN_LOCKED', ['PKCS11_PIN_LOCKED', UNBLOCK]],
]);
