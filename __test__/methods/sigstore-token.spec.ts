// SPDX-License-Identifier: Apache-2.0
// Identity tokens: what one says, which are refused early, and that none shows in a message or a dump.

import { inspect } from 'node:util';

import test from 'ava';
import * as fc from 'fast-check';
import { ModelSigningError, SigningError } from 'model-signing';

import { IdentityToken, checkToken } from '../../dist/methods/sigstore-token.js';
import { tokenOf } from '../loopback.js';

const NOW = new Date('2026-01-01T00:00:00Z');
const AT = NOW.getTime() / 1000;

test('a token says who, by whom, for whom and how long', (t) => {
  const token = new IdentityToken(`\n ${tokenOf({ exp: AT + 60, nbf: AT, nonce: 'n' })} \r\n`);
  t.deepEqual(
    [token.issuer, token.subject, token.audience, token.expires, token.begins, token.nonce],
    ['https://issuer.example', 'user-1', ['sigstore'], new Date((AT + 60) * 1000), NOW, 'n'],
  );
  t.notThrows(() => checkToken(token, 'sigstore', NOW));
  t.is(new IdentityToken(tokenOf({ email: 'alice@example.com' })).subject, 'alice@example.com');
  t.deepEqual(new IdentityToken(tokenOf({ aud: ['a', 'sigstore'] })).audience, ['a', 'sigstore']);
});

function payload(text: string): string {
  return `e30.${Buffer.from(text).toString('base64url')}.c2ln`;
}

test('what is no token is refused, and not repeated', (t) => {
  const wrong = [
    '',
    'secret',
    'secret.secret',
    'secret.secret.secret',
    'se=cret.e30.secret',
    payload('secret'),
    payload('"secret"'),
    payload('[]'),
    payload('null'),
    payload('{"iss":"a","iss":"b","sub":"secret","aud":"c","exp":1}'),
    tokenOf({ iss: '' }),
    tokenOf({ iss: 7 }),
    tokenOf({ sub: undefined }),
    tokenOf({ aud: undefined }),
    tokenOf({ aud: ['a', ''] }),
    tokenOf({ exp: undefined }),
    tokenOf({ exp: '1' }),
    tokenOf({ exp: -1 }),
    tokenOf({ exp: 1e300 }),
    tokenOf({ nbf: 'soon' }),
    tokenOf({ sub: 'secret'.repeat(20_000) }),
  ];
  for (const text of wrong) {
    const error = t.throws(() => new IdentityToken(text), { instanceOf: SigningError }, text.slice(0, 80));
    t.is(error.code, 'TOKEN_INVALID');
    t.notRegex(inspect(error, { depth: 9 }), /secret|c2ln/);
  }
});

test('a token that no authority would take is refused', (t) => {
  const cases: readonly (readonly [claims: Record<string, unknown>, code: string, words: RegExp])[] = [
    [{ exp: AT - 1 }, 'TOKEN_EXPIRED', /2025-12-31T23:59:59/],
    [{ exp: AT }, 'TOKEN_EXPIRED', /2026/],
    [{ exp: AT + 900, nbf: AT + 61 }, 'TOKEN_NOT_YET_VALID', /2026/],
    [{ exp: AT + 1, aud: 'other\u202E' }, 'TOKEN_AUDIENCE', /'other\\u.*'.*'sigstore'/],
    [{ exp: AT + 1, aud: ['sigstore2', 'Sigstore'] }, 'TOKEN_AUDIENCE', /'sigstore2', 'Sigstore'/],
    [{ exp: AT + 1, email: 'a@b.example', email_verified: false }, 'TOKEN_EMAIL_UNVERIFIED', /a@b\.example/],
  ];
  for (const [claims, code, words] of cases) {
    const token = new IdentityToken(tokenOf(claims));
    const error = t.throws(() => checkToken(token, 'sigstore', NOW), { instanceOf: SigningError }, code);
    t.is<string, string>(error.code, code);
    t.regex(error.message, words);
  }
  const skewed = new IdentityToken(tokenOf({ exp: AT + 900, nbf: AT + 59 }));
  t.notThrows(() => checkToken(skewed, 'sigstore', NOW), 'clocks differ by a minute');
  t.notThrows(() => checkToken(new IdentityToken(tokenOf({ exp: AT + 1, email_verified: false })), 'sigstore', NOW));
});

test('a token does not show in a dump, and is wiped', (t) => {
  const text = tokenOf();
  const token = new IdentityToken(text);
  t.is(Buffer.from(token.bytes).toString(), text);
  for (const dump of [inspect(token, { showHidden: true, depth: 9 }), JSON.stringify(token)]) {
    for (const part of text.split('.')) t.false(dump.includes(part));
  }
  token.wipe();
  t.true(token.bytes.every((byte) => byte === 0));
});

test('any text is a token or an error of ours', (t) => {
  const claims = fc.dictionary(fc.constantFrom('iss', 'sub', 'aud', 'exp', 'nbf', 'email', 'nonce'), fc.jsonValue());
  const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), claims.map(tokenOf));
  const holds = fc.property(texts, (text) => {
    try {
      checkToken(new IdentityToken(text), 'sigstore');
    } catch (error) {
      return error instanceof ModelSigningError;
    }
    return true;
  });
  t.notThrows(() => fc.assert(holds, { numRuns: 2000 }));
});
