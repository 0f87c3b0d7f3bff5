// SPDX-License-Identifier: Apache-2.0
// Whom a verifier accepts: whole names and nothing near them, patterns that cannot get out or go on for ever.

import test from 'ava';
import { type SigstoreVerifierOptions, sigstoreVerifier } from 'model-signing';

import { type AllowedSigner, checkSigner, isPattern, nobodyAllowed } from '../../dist/methods/sigstore-policy.js';

const ISSUER = 'https://accounts.example.com';
const ALICE = { identities: ['alice@example.com'], issuer: ISSUER, claims: { buildTrigger: 'push' } };

function codeOf(allowed: readonly AllowedSigner[], subject: Parameters<typeof checkSigner>[0] = ALICE): string {
  try {
    checkSigner(subject, allowed);
    return 'accepted';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

test('an identity is compared as a whole', (t) => {
  t.is(codeOf([{ identity: 'alice@example.com', identityProvider: ISSUER }]), 'accepted');
  for (const identity of [
    'lice@example.com',
    'alice@example.co',
    'alice@example.com ',
    ' alice@example.com',
    'Alice@example.com',
    'alice@EXAMPLE.com',
    'alice@example.com.evil.org',
    'alice.example.com',
    'alice@example_com',
    '.*',
    'alice@example.com|x',
    '^alice@example.com$',
    'alice@example.com\n',
    'alice@example.com\0',
    '\u0430lice@example.com',
  ]) {
    t.is(codeOf([{ identity, identityProvider: ISSUER }]), 'IDENTITY_MISMATCH', JSON.stringify(identity));
  }
});

test('a provider is compared as a whole', (t) => {
  for (const identityProvider of [
    'https://accounts.example.co',
    `${ISSUER}/`,
    'http://accounts.example.com',
    'https://ACCOUNTS.example.com',
    'https://evil.org?https://accounts.example.com',
    '.*',
  ]) {
    t.is(codeOf([{ identity: 'alice@example.com', identityProvider }]), 'ISSUER_MISMATCH', identityProvider);
  }
});

test('a pattern has to match a whole name', (t) => {
  const cases: readonly (readonly [pattern: string, accepted: boolean])[] = [
    ['alice@example\\.com', true],
    ['.*@example\\.com', true],
    ['alice@example\\.com|bob', true],
    ['x|alice', false],
    ['alice|x', false],
    ['alice@example', false],
    ['lice@example\\.com', false],
    ['@example\\.com', false],
    ['^alice', false],
    ['com$', false],
    ['ALICE@example\\.com', false],
  ];
  for (const [identityRegex, accepted] of cases) {
    const wanted = accepted ? 'accepted' : 'IDENTITY_MISMATCH';
    t.is(codeOf([{ identityRegex, identityProvider: ISSUER }]), wanted, identityRegex);
  }
  const subject = { ...ALICE, identities: ['x\nalice@example.com'] };
  t.is(codeOf([{ identityRegex: 'alice@example\\.com', identityProvider: ISSUER }], subject), 'IDENTITY_MISMATCH');
});

test('a name and a pattern both have to match', (t) => {
  const identity = 'alice@example.com';
  t.is(codeOf([{ identity, identityRegex: 'a.*', identityProvider: ISSUER }]), 'accepted');
  t.is(codeOf([{ identity, identityRegex: 'b.*', identityProvider: ISSUER }]), 'IDENTITY_MISMATCH');
  t.is(codeOf([{ identity: 'bob', identityRegex: 'a.*', identityProvider: ISSUER }]), 'IDENTITY_MISMATCH');
});

test('a pattern is one by itself', (t) => {
  for (const pattern of ['a)|(?:b', '(', '[', '', 'a'.repeat(1025), '\\p{nothing}', 7, undefined]) {
    t.false(isPattern(pattern), String(pattern));
  }
  t.true(isPattern('a|b'));
});

test('a pattern that would take for ever is stopped', (t) => {
  const subject = { ...ALICE, identities: [`${'a'.repeat(60)}!`] };
  const started = performance.now();
  t.is(codeOf([{ identityRegex: '(?:a+)+', identityProvider: ISSUER }], subject), 'OPTION_INVALID');
  t.true(performance.now() - started < 5000);
  t.is(
    codeOf([{ identityRegex: '.*', identityProvider: ISSUER }], { ...ALICE, identities: ['a'.repeat(5000)] }),
    'IDENTITY_MISMATCH',
  );
});

test('every claim has to be there, and the same as a whole', (t) => {
  const signer = { identity: 'alice@example.com', identityProvider: ISSUER };
  t.is(codeOf([{ ...signer, claims: { buildTrigger: 'push' } }]), 'accepted');
  for (const claims of [
    { buildTrigger: 'pus' },
    { buildTrigger: 'PUSH' },
    { sourceRepositoryRef: 'refs/heads/main' },
  ]) {
    t.is(codeOf([{ ...signer, claims }]), 'CLAIM_MISMATCH', JSON.stringify(claims));
  }
});

test('of several signers any will do; a name of one and a provider of another will not', (t) => {
  const alice = { identity: 'alice@example.com', identityProvider: 'https://one.example' };
  const bob = { identity: 'bob@example.com', identityProvider: ISSUER };
  t.is(codeOf([bob, { ...alice, identityProvider: ISSUER }]), 'accepted');
  t.is(codeOf([alice, bob]), 'ISSUER_MISMATCH');
  t.is(codeOf([bob, alice]), 'IDENTITY_MISMATCH');
});

test('user names, URIs and names of several kinds are compared the same way', (t) => {
  const subject = {
    ...ALICE,
    identities: ['https://github.com/a/b/.github/workflows/c.yml@refs/heads/main', 'root!host'],
  };
  for (const identity of subject.identities) {
    t.is(codeOf([{ identity, identityProvider: ISSUER }], subject), 'accepted');
  }
  t.is(codeOf([{ identity: subject.identities.join(', '), identityProvider: ISSUER }], subject), 'IDENTITY_MISMATCH');
});

test('nobody is accepted when nobody was named, and the error says who claims to have signed', (t) => {
  t.is(codeOf([]), 'IDENTITY_MISSING');
  const { message, hint } = nobodyAllowed(ALICE);
  t.regex(message, /claims, unverified, to be by 'alice@example\.com' of 'https:\/\/accounts\.example\.com'$/);
  t.is(hint, `if that is whom you trust: --identity 'alice@example.com' --identity-provider '${ISSUER}'`);
  const evil = nobodyAllowed({ ...ALICE, identities: ["x' --identity-regex '.*\n\u202e"] });
  t.notRegex(`${evil.message}${evil.hint}`, /[\p{Cc}\u202e]/u);
  t.true(evil.hint?.includes("'x'\\'' --identity-regex '\\''.*"));
});

test('an empty name is not "any"', (t) => {
  const wrong: readonly SigstoreVerifierOptions[] = [
    { identity: '', identityProvider: ISSUER },
    { identity: 'a', identityProvider: '' },
    { identityRegex: '', identityProvider: ISSUER },
    { identity: 'a' },
    { identityRegex: 'a' },
    { identityProvider: ISSUER },
    { claims: { buildTrigger: 'push' } },
    { claims: { buildTrigger: '' }, identity: 'a', identityProvider: ISSUER },
    { policy: [] },
    { policy: [{ identityProvider: ISSUER }] },
    { policy: [{ identity: '', identityProvider: ISSUER }] },
    { policy: [{ identity: 'a', identityProvider: ISSUER }], identity: 'a', identityProvider: ISSUER },
    { identityRegex: 'a)|(?:b', identityProvider: ISSUER },
    { trustConfig: 'a', useStaging: true },
    { trustConfig: 'a', refreshTrust: true },
    { useStaging: true, tufUrl: 'https://tuf.example' },
    { tufRoot: 'root.json' },
    { tufUrl: 'ftp://tuf.example' },
    { tufUrl: 'https://user:secret@tuf.example' },
    { timeout: 0 },
    { thresholds: { logEntries: 0 } },
    { thresholds: { timestamps: -1 } },
    { thresholds: { certificateLogs: 0.5 } },
    JSON.parse('{"claims":{"nothing":"x"},"identity":"a","identityProvider":"b"}') as SigstoreVerifierOptions,
    JSON.parse('{"policy":[{"identity":"a","identityProvider":"b","regex":"c"}]}') as SigstoreVerifierOptions,
    JSON.parse('{"identities":"a"}') as SigstoreVerifierOptions,
  ];
  for (const options of wrong) {
    t.throws(() => sigstoreVerifier(options), { code: 'OPTION_INVALID' }, JSON.stringify(options));
  }
});
