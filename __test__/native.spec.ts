// SPDX-License-Identifier: Apache-2.0
// The door to the core: what a name looks like when it leaves, and what the addon says about itself.

import test from 'ava';
import * as fc from 'fast-check';
import { escape } from 'model-signing';

import { coreErrorCodes } from '../dist/native.js';

/** What acts on a terminal instead of standing on it. */
const ACTIVE = /[\p{Cc}\p{Zl}\p{Zp}\u00AD\u061C\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFEFF\u{E0000}-\u{E0FFF}]/u;

test('escape makes controls, bidirectional marks and invisible characters visible', (t) => {
  t.is(escape('a\nb\r\tc\0'), 'a\\nb\\r\\tc\\u{0}');
  t.is(escape('\u001B[2J\u009B1m\u007F'), '\\u{1b}[2J\\u{9b}1m\\u{7f}');
  t.is(escape('x\u202Egnp.exe\u2066\u200B\uFEFF'), 'x\\u{202e}gnp.exe\\u{2066}\\u{200b}\\u{feff}');
  t.is(escape('\u2028\u2029\u{E0041}'), '\\u{2028}\\u{2029}\\u{e0041}');
});

test('escape leaves honest names alone, and its own sign is unambiguous', (t) => {
  for (const name of ['weights-00001.safetensors', '模型/权重', 'naïve', 'e\u0301', '😀', 'a b\'"<&>:1']) {
    t.is(escape(name), name);
  }
  t.is(escape('\\n'), '\\\\n');
});

test('whatever the text, nothing active is left in it', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => !ACTIVE.test(escape(text))),
    { numRuns: 2000 },
  );
  t.pass();
});

test('two texts never look alike because of the escaping', (t) => {
  const text = fc.string({ unit: fc.constantFrom('\\', 'n', '\n', 'u', '{', '1', 'b', '}', '\u001B'), maxLength: 8 });
  fc.assert(
    fc.property(text, text, (one, other) => one === other || escape(one) !== escape(other)),
    { numRuns: 5000 },
  );
  t.pass();
});

test('the error codes of the core are sorted and look like codes', (t) => {
  const codes = coreErrorCodes();
  t.true(codes.length > 30);
  t.deepEqual(codes, codes.toSorted());
  for (const code of codes) t.regex(code, /^[A-Z][A-Z0-9_]+[A-Z]$/);
});
