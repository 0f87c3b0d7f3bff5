// SPDX-License-Identifier: Apache-2.0
// Options of methods: what cannot be used is refused when a method is made, before anything is read.

import test from 'ava';
import { InputError, certificateSigner, certificateVerifier, keySigner, keyVerifier } from 'model-signing';

type Make = (options: never) => unknown;

const SIGNING = { privateKey: 'key.pem' };
const CERTIFIED = { ...SIGNING, certificate: 'cert.pem' };

/** A method, what it needs, and what it does not take. */
const WRONG: readonly (readonly [make: Make, needed: object, option: string, values: readonly unknown[]])[] = [
  ...([[keySigner, SIGNING] as const, [certificateSigner, CERTIFIED] as const] as const).flatMap(
    ([make, needed]) =>
      [
        [make, needed, 'timeout', [0, -1, 1.5, 2 ** 31, Number.NaN, '30', null, 1n]],
        [make, needed, 'timestampUrl', ['', 'x', 'ftp://x.example', 'http://user:secret@x.example', null, 1]],
        [make, needed, 'password', [1, null, {}]],
      ] as const,
  ),
  [keyVerifier, { publicKey: 'key.pub' }, 'timestampAuthorities', ['x', [], [''], [1], null, {}]],
  [certificateSigner, CERTIFIED, 'logFingerprints', ['yes', 1, null]],
  [certificateSigner, SIGNING, 'certificate', ['', null, 1]],
  [certificateSigner, CERTIFIED, 'chain', ['x', [], [null]]],
  [certificateVerifier, { trustAnchors: ['a'] }, 'fingerprint', ['', 'ab', 'g'.repeat(64), 1, null]],
  [certificateVerifier, { trustAnchors: ['a'] }, 'identity', ['', 1, null]],
];

for (const [make, needed, option, values] of WRONG) {
  test(`${make.name}: wrong values of ${option}`, (t) => {
    for (const value of values) {
      const error = t.throws(() => make({ ...needed, [option]: value } as never), { instanceOf: InputError });
      t.is(error?.code, 'OPTION_INVALID');
      t.true(error?.message.startsWith(`option ${option} `), error?.message);
      t.notRegex(`${error?.message} ${error?.hint}`, /secret/);
    }
  });
}

test('an option that there is not', (t) => {
  const makes: readonly (readonly [make: Make, needed: object])[] = [
    [keySigner, SIGNING],
    [keyVerifier, { publicKey: 'key.pub' }],
    [certificateSigner, CERTIFIED],
    [certificateVerifier, { trustAnchors: ['a'] }],
  ];
  for (const [make, needed] of makes) {
    const error = t.throws(() => make({ ...needed, timestampURL: 'x' } as never), { instanceOf: InputError });
    t.is(error?.message, 'there is no option "timestampURL"');
  }
});

test('what a signer cannot do without', (t) => {
  t.throws(() => certificateSigner({ privateKey: 'key.pem' } as never), { code: 'OPTION_INVALID' });
  t.throws(() => keySigner({} as never), { code: 'OPTION_INVALID' });
  t.throws(() => keyVerifier(undefined as never), { code: 'OPTION_INVALID' });
});

test('the longest time, and addresses in every form', (t) => {
  for (const timestampUrl of ['http://127.0.0.1:1/', new URL('https://x.example/ts?a=b'), undefined]) {
    t.is(keySigner({ privateKey: 'key.pem', timestampUrl, timeout: 2 ** 31 - 1 }).method, 'key');
  }
});
