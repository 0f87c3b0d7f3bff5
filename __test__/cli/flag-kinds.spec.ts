// SPDX-License-Identifier: Apache-2.0
// What each kind of flag takes: times and choices; sizes and counts are run as commands beside this.

import test from 'ava';
import { InputError } from 'model-signing';

import { parseMember, parseValue, switchOf } from '../../dist/cli/flag-kinds.js';

const DURATION = { name: 'timeout', kind: 'duration', description: '' } as const;

test('times', (t) => {
  const cases: Readonly<Record<string, number>> = {
    '3m': 180_000,
    '90s': 90_000,
    '90': 90_000,
    '1h30m': 5_400_000,
    '1h0m1s': 3_601_000,
    '500ms': 500,
    '1.5': 1500,
    '1.5s': 1500,
    '0.25h': 900_000,
    '2m500ms': 120_500,
    '0.0001s': 1,
    '596h': 2_145_600_000,
    '2147483.647': 2 ** 31 - 1,
  };
  for (const [text, milliseconds] of Object.entries(cases)) t.is(parseValue(DURATION, text, 'x'), milliseconds, text);
  t.is(parseMember(DURATION, 90, 'x'), 90_000);
  t.is(parseMember(DURATION, '3m', 'x'), 180_000);
});

test('what is no time', (t) => {
  const wrong = ['', '0', '0s', '-1s', '+1s', '1 s', ' 1', '1x', 's', '.5s', '1.s', '1e3', '1H', '3min', '1d', '597h'];
  for (const text of [...wrong, '9'.repeat(400), 'Infinity', 'NaN', '1s ', '1s\n', '0x10']) {
    t.throws(() => parseValue(DURATION, text, '--timeout'), { instanceOf: InputError, message: /^--timeout / }, text);
  }
});

test('choices in any case', (t) => {
  const flag = { name: 'log-level', kind: 'text', choices: ['debug', 'info'], description: '' } as const;
  for (const text of ['debug', 'DEBUG', 'Debug']) t.is(parseValue(flag, text, 'x'), 'debug');
  for (const text of ['', 'debug ', 'trace', 'toString']) t.throws(() => parseValue(flag, text, 'x'));
});

test('on, off, or neither', (t) => {
  for (const text of ['1', 'true', 'YES', 'On']) t.true(switchOf(text));
  for (const text of ['0', 'false', 'No', 'OFF']) t.false(switchOf(text));
  for (const text of ['', '2', 'y', 'true ', '{}']) t.is(switchOf(text), undefined);
});
