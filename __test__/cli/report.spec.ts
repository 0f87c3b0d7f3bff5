// SPDX-License-Identifier: Apache-2.0
// What is printed and what the exit code says, for every error there is.

import test from 'ava';
import * as fc from 'fast-check';
import { type ErrorCode, InputError, ModelSigningError } from 'model-signing';

import { EXIT, exitCodeOf } from '../../dist/cli/exit.js';
import { toJson } from '../../dist/cli/json-answer.js';
import { CORE, FACADE } from '../../dist/error-codes.js';
import { errorOf } from '../../dist/errors.js';

/** One code of each kind, and the exit code that scripts branch on. */
const EXITS: readonly (readonly [code: string, exit: number])[] = [
  ['USAGE', 2],
  ['SHARD_SIZE_INVALID', 2],
  ['KEY_PASSWORD_WRONG', 2],
  ['MODEL_NOT_FOUND', 3],
  ['FILE_CHANGED', 3],
  ['ADDON_MISSING', 3],
  ['OUTPUT_UNWRITABLE', 3],
  ['SIGNING_FAILED', 3],
  ['SYMLINK_FORBIDDEN', 1],
  ['ROOT_DIGEST_MISMATCH', 1],
  ['SIGNATURE_INVALID', 1],
  ['MODEL_MISMATCH', 1],
  ['SYMLINKS_REFUSED', 5],
  ['SIGNATURE_NOT_FOUND', 6],
  ['INTERNAL', 1],
];

test('the exit code of every kind of error', (t) => {
  for (const [code, exit] of EXITS) t.is(exitCodeOf(errorOf(code, '')), exit, code);
  for (const code of Object.keys({ ...CORE, ...FACADE })) t.true(exitCodeOf(errorOf(code, '')) <= 6, code);
  for (const code of Object.keys({ ...CORE, ...FACADE })) t.not(exitCodeOf(errorOf(code, '')), 0, code);
});

test('what nobody foresaw is a no', (t) => {
  for (const thrown of [new TypeError('x'), 'text', undefined, new ModelSigningError('INTERNAL', '')])
    t.is(exitCodeOf(thrown), 1);
  t.is(exitCodeOf(new InputError('NEW' as ErrorCode, '')), 1);
});

test('the exit codes are a contract', (t) => {
  t.deepEqual(EXIT, { yes: 0, no: 1, usage: 2, input: 3, service: 4, policy: 5, absent: 6 });
});

test('JSON means the same with everything invisible written out', (t) => {
  t.is(toJson({ a: '\u007F\u009B\u202E\u2028\u{E0041}é模' }), '{"a":"\\u007f\\u009b\\u202e\\u2028\\udb40\\udc41é模"}');
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      (text) => JSON.parse(toJson([text]))[0] === text && !/\p{Cc}|\p{Cf}/u.test(toJson(text)),
    ),
    { numRuns: 2000 },
  );
});
