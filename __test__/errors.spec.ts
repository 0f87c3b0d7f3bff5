// SPDX-License-Identifier: Apache-2.0
// Errors: the codes are the core's own and complete, and the class says what the caller does next.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import test from 'ava';
import { InputError, ModelSigningError, VerificationError } from 'model-signing';

import { CORE, FACADE } from '../dist/error-codes.js';
import { errorOf } from '../dist/errors.js';
import { coreErrorCodes } from '../dist/native.js';

const CORE_CODES = Object.keys(CORE);
const FACADE_CODES = Object.keys(FACADE);
const BAD_MODEL = ['MODEL_EMPTY', 'NAME_INVALID', 'SPECIAL_FILE', 'SYMLINK_FORBIDDEN', 'ROOT_DIGEST_MISMATCH'];
const BAD_CALL = ['MODEL_NOT_FOUND', 'PERMISSION_DENIED', 'OPTION_INVALID', 'USAGE', 'ADDON_MISSING', 'FILE_CHANGED'];

test('the codes are those of the core, sorted', (t) => {
  t.deepEqual([...CORE_CODES], coreErrorCodes());
  t.deepEqual([...CORE_CODES], CORE_CODES.toSorted());
  t.deepEqual([...FACADE_CODES], FACADE_CODES.toSorted());
});

test('no code stands in both lists', (t) => {
  t.is(new Set([...CORE_CODES, ...FACADE_CODES]).size, CORE_CODES.length + FACADE_CODES.length);
});

test('every code makes an error of the base class, with that code', (t) => {
  for (const code of [...CORE_CODES, ...FACADE_CODES]) {
    const error = errorOf(code, 'what', { hint: 'do', path: 'where' });
    t.true(error instanceof ModelSigningError && error instanceof Error);
    t.deepEqual([error.code, error.message, error.hint, error.path], [code, 'what', 'do', 'where']);
    t.is(error.name, error.constructor.name);
  }
});

test('the class says what to do next', (t) => {
  for (const code of BAD_MODEL) t.true(errorOf(code, '') instanceof VerificationError, code);
  for (const code of BAD_CALL) t.true(errorOf(code, '') instanceof InputError, code);
  const internal = errorOf('INTERNAL', '');
  t.false(internal instanceof InputError || internal instanceof VerificationError);
});

test('what is thrown is of the class that its code stands for', (t) => {
  const root = fileURLToPath(new URL('../src/', import.meta.url));
  let count = 0;
  for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))) {
    const text = readFileSync(join(root, file), 'utf8');
    for (const [thrown, name, code = ''] of text.matchAll(
      /new ((?:Input|Signing|Verification)Error)\(\s*'([A-Z_]+)'/g,
    )) {
      t.is(errorOf(code, '').name, name ?? '', `${file}: ${thrown}`);
      count += 1;
    }
  }
  t.true(count > 30);
});

test('a code that nobody knows is an internal error', (t) => {
  for (const code of ['', 'toString', 'SURPRISE', 'input_error']) t.is(errorOf(code, 'what').code, 'INTERNAL');
});

test('a cause is kept, and without one there is no such member', (t) => {
  const cause = new Error('below');
  t.is(new InputError('USAGE', '', { cause }).cause, cause);
  t.false('cause' in new InputError('USAGE', ''));
  t.is(new InputError('USAGE', '').hint, undefined);
});

test('a message is shorter than 4 KiB whatever it names, and says how it begins and ends', (t) => {
  for (const name of ['x', '\u{202E}', '\u20AC', '\u{1F600}', '\\u{1b}']) {
    const { message } = new InputError('KEY_NOT_FOUND', `the key file '${name.repeat(100_000)}' does not exist`);
    t.true(Buffer.byteLength(message) < 4096 && !/\p{Surrogate}/u.test(message));
    t.regex(message, /^the key file '.*….*' does not exist$/u);
  }
  const short = `the key file '${'x'.repeat(3000)}'`;
  t.is(new InputError('KEY_NOT_FOUND', short).message, short);
});
