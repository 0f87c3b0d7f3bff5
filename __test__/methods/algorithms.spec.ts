// SPDX-License-Identifier: Apache-2.0
// One key, one scheme: Wycheproof's verdicts, which keys are refused, and that big messages do not stop the program.

import {
  type KeyObject,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync as generate,
  sign as signSync,
  verify as verifySync,
} from 'node:crypto';
import { readFileSync } from 'node:fs';

import test from 'ava';
import * as fc from 'fast-check';

import {
  type Scheme,
  isEcdsaSignature,
  schemeOf,
  signMessage,
  verifyMessage,
  withHash,
} from '../../dist/methods/algorithms.js';
import { PIECE } from '../../dist/pieces.js';

interface Group {
  readonly publicKeyDer: string;
  readonly tests: readonly { tcId: number; comment: string; msg: string; sig: string; result: string }[];
}

const VECTORS = new URL('../../__test__/vectors/wycheproof/', import.meta.url);

/** Signatures in each file. What Wycheproof leaves to us, `acceptable`, is decided here: none. */
const FILES = {
  ecdsa_secp256r1_sha256: 484,
  ecdsa_secp384r1_sha384: 504,
  ecdsa_secp521r1_sha512: 542,
  ed25519: 151,
  rsa_pss_2048_sha256_mgf1_32_params: 108,
  rsa_signature_2048_sha256: 259,
};

for (const [name, count] of Object.entries(FILES)) {
  test(`Wycheproof: ${name}`, async (t) => {
    let seen = 0;
    for (const { publicKeyDer, tests } of JSON.parse(
      readFileSync(new URL(`${name}.json`, VECTORS), 'utf8'),
    ) as Group[]) {
      const key = publicKeyOf(publicKeyDer);
      for (const { tcId, comment, msg, sig, result } of tests) {
        const good = await verifyMessage(key, Buffer.from(msg, 'hex'), Buffer.from(sig, 'hex'));
        if (good !== (result === 'valid')) t.fail(`${name} ${tcId} (${comment}): ${result}, but we say ${good}`);
        seen += 1;
      }
    }
    t.is(seen, count);
  });
}

const EC = ['P-256', 'P-384', 'P-521'].map((namedCurve) => generate('ec', { namedCurve }));
const RSA = generate('rsa', { modulusLength: 2048 });
const PSS = generate('rsa-pss', { modulusLength: 2048 });
const ED25519 = generate('ed25519');
const PAIRS = [...EC, RSA, PSS, ED25519];
const NAMES = ['p256-sha256', 'p384-sha384', 'p521-sha512'].map((name) => `ecdsa-${name}`);

test('every scheme has a name', (t) => {
  const names = [...NAMES, 'rsa-pkcs1-sha256', 'rsa-pss-sha256', 'ed25519'];
  t.deepEqual(
    PAIRS.map(({ publicKey }) => nameOf(publicKey)),
    names,
  );
  t.deepEqual(
    PAIRS.map(({ privateKey }) => nameOf(privateKey)),
    names,
  );
});

test('what one key signs, that key verifies and no other', async (t) => {
  const property = fc.asyncProperty(
    fc.nat({ max: PAIRS.length - 1 }),
    fc.nat({ max: PAIRS.length - 1 }),
    fc.uint8Array({ maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }),
    async (signer, verifier, message, other) => {
      const { privateKey } = PAIRS[signer] ?? RSA;
      const { publicKey } = PAIRS[verifier] ?? RSA;
      const signature = await signMessage(privateKey, message);
      const good = await verifyMessage(publicKey, message, signature);
      const same = Buffer.from(message).equals(other);
      const alsoGood = await verifyMessage(publicKey, other, signature);
      return good === (signer === verifier) && alsoGood === (good && same);
    },
  );
  await fc.assert(property, { numRuns: 300 });
  t.pass();
});

test('bytes that are nothing are no signature', async (t) => {
  const property = fc.asyncProperty(
    fc.nat({ max: PAIRS.length - 1 }),
    fc.uint8Array({ maxLength: 300 }),
    async (index, signature) => !(await verifyMessage((PAIRS[index] ?? RSA).publicKey, signature, signature)),
  );
  await fc.assert(property, { numRuns: 500 });
  t.pass();
});

test('the other form of ECDSA signatures is refused', async (t) => {
  const message = Buffer.from('message');
  for (const { publicKey, privateKey } of EC) {
    const signature = signSync('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    t.false(await verifyMessage(publicKey, message, signature));
  }
});

test('a hash that is not the curve’s is taken only when it is forced', async (t) => {
  const message = Buffer.from('message');
  for (const { publicKey, privateKey } of EC.slice(1)) {
    const signature = signSync('sha256', message, privateKey);
    t.false(await verifyMessage(publicKey, message, signature));
    t.true(await verifyMessage(publicKey, message, signature, 'sha256'));
    t.false(await verifyMessage(publicKey, message, await signMessage(privateKey, message), 'sha256'));
  }
  for (const { publicKey, privateKey } of [RSA, PSS, ED25519]) {
    t.true(await verifyMessage(publicKey, message, await signMessage(privateKey, message), 'sha256'));
  }
  const forced = EC.map(({ publicKey }) => schemeOf(publicKey)).map((scheme) =>
    'unsupported' in scheme ? '' : withHash(scheme, 'sha256').algorithm,
  );
  t.deepEqual(forced, ['ecdsa-p256-sha256', 'ecdsa-p384-sha256', 'ecdsa-p521-sha256']);
});

test('a key signs with its own scheme only', async (t) => {
  const message = Buffer.from('message');
  const [p256] = EC;
  t.false(await verifyMessage(RSA.publicKey, message, signSync('sha512', message, RSA.privateKey)));
  t.false(
    await verifyMessage(RSA.publicKey, message, signSync('sha256', message, { key: RSA.privateKey, padding: 6 })),
  );
  t.false(
    await verifyMessage(PSS.publicKey, message, signSync('sha256', message, { key: PSS.privateKey, saltLength: 20 })),
  );
  t.false(
    await verifyMessage(PSS.publicKey, message, signSync('sha512', message, { key: PSS.privateKey, saltLength: 32 })),
  );
  if (p256) t.false(await verifyMessage(p256.publicKey, message, signSync('sha384', message, p256.privateKey)));
});

test('keys that are refused, each by name', async (t) => {
  const refused: [KeyObject, RegExp][] = [
    [curve('secp256k1'), /curve secp256k1$/],
    [curve('secp224r1'), /curve P-224$/],
    [curve('prime192v1'), /curve P-192$/],
    [curve('brainpoolP256r1'), /curve brainpoolP256r1$/],
    [curve('brainpoolP384r1'), /curve brainpoolP384r1$/],
    [curve('brainpoolP512r1'), /curve brainpoolP512r1$/],
    [curve('secp160r1'), /an unknown curve$/],
    [generate('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }).publicKey, /spelt out/],
    [generate('ed448').publicKey, /type ed448$/],
    [generate('x25519').publicKey, /type x25519$/],
    [generate('dsa', { modulusLength: 2048, divisorLength: 256 }).publicKey, /type dsa$/],
    [generate('rsa', { modulusLength: 1024 }).publicKey, /an RSA key of 1024 bits$/],
    [generate('rsa', { modulusLength: 2040 }).publicKey, /an RSA key of 2040 bits$/],
    [generate('rsa-pss', { modulusLength: 1024 }).publicKey, /an RSA key of 1024 bits$/],
    [pss('sha512', 'sha512', 32), /something other than SHA-256/],
    [pss('sha256', 'sha1', 32), /something other than SHA-256/],
    [pss('sha256', 'sha256', 33), /something other than SHA-256/],
    [rsa(16385, 65537), /an RSA key of 16385 bits$/],
    [rsa(2048, 1), /exponent/],
    [rsa(2048, 65536), /exponent/],
    [createSecretKey(Buffer.alloc(32)), /symmetric/],
  ];
  for (const [key, words] of refused) {
    const scheme = schemeOf(key);
    t.regex('unsupported' in scheme ? scheme.unsupported : 'supported', words);
    const error = await t.throwsAsync(verifyMessage(key, Buffer.alloc(1), Buffer.alloc(64)));
    t.is(error && 'code' in error && error.code, 'KEY_UNSUPPORTED');
  }
});

test('keys at the edge that are taken', (t) => {
  for (const salt of [0, 20, 32]) t.is(nameOf(pss('sha256', 'sha256', salt)), 'rsa-pss-sha256');
  t.is(nameOf(rsa(16384, 65537)), 'rsa-pkcs1-sha256');
  t.is(nameOf(rsa(2048, 3)), 'rsa-pkcs1-sha256');
});

test('a malformed key is refused, and the process lives', (t) => {
  const prefix = '301306072a8648ce3d020106082a8648ce3d030107';
  const infinity = createPublicKey({ key: Buffer.from(`3019${prefix}03020000`, 'hex'), format: 'der', type: 'spki' });
  t.deepEqual(schemeOf(infinity), { unsupported: 'a malformed key' });
});

test('DER has one spelling', (t) => {
  const long = `0220${'7f'.repeat(32)}`;
  for (const hex of ['3006020101020101', '300702020080020101', `3044${long}${long}`]) t.true(isDer(hex), hex);
  const broken = [
    '',
    '30',
    '3000',
    '3003020101',
    '3009020101020101020101',
    // Zero, negative, empty, padded, too long for the curve.
    '3006020101020100',
    '3006020100020101',
    '3006020101020181',
    '30050200020101',
    '300702020001020101',
    `3026022101${'7f'.repeat(32)}020101`,
    // Cut short, or followed by more, outside and inside.
    '30060201010201',
    '30060201010202',
    '300602010102010100',
    '3007020101020101',
    '300702010102010100',
    // Long and indefinite lengths, other tags.
    '308106020101020101',
    '30820006020101020101',
    '308006020101020101',
    '30800201010201010000',
    '3084ffffffff',
    '308500000000010203',
    '3006020101030101',
    '3106020101020101',
    '3f06020101020101',
  ];
  for (const hex of broken) t.false(isDer(hex), hex);
});

test('a long message is signed as any other, in pieces or not', async (t) => {
  for (const { publicKey, privateKey } of PAIRS) {
    const { hash, options } = knownScheme(publicKey);
    for (const length of [PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 7]) {
      const message = Buffer.alloc(length, 7);
      const signature = await signMessage(privateKey, message);
      t.true(verifySync(hash, message, { key: publicKey, ...options }, signature));
      const other = signSync(hash, message, { key: privateKey, ...options });
      t.true(await verifyMessage(publicKey, message, other));
      message[length - 1] = 8;
      t.false(await verifyMessage(publicKey, message, signature));
      t.false(await verifyMessage(publicKey, message, Buffer.from('no signature')));
    }
  }
});

test('signing and verifying leave the event loop alone', async (t) => {
  const message = Buffer.alloc(64 * 1024 * 1024, 7);
  const [p256 = RSA] = EC;
  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), 1);
  const signature = await signMessage(p256.privateKey, message);
  t.true(await verifyMessage(p256.publicKey, message, signature));
  clearInterval(timer);
  t.true(ticks > 5, `${ticks} ticks`);
});

function knownScheme(key: KeyObject): Scheme {
  const found = schemeOf(key);
  if ('unsupported' in found) throw new Error(found.unsupported);
  return found;
}

function nameOf(key: KeyObject): string {
  const scheme = schemeOf(key);
  return 'unsupported' in scheme ? scheme.unsupported : scheme.algorithm;
}

function isDer(hex: string): boolean {
  return isEcdsaSignature(Buffer.from(hex, 'hex'), 32);
}

function publicKeyOf(der: string): KeyObject {
  return createPublicKey({ key: Buffer.from(der, 'hex'), format: 'der', type: 'spki' });
}

function curve(namedCurve: string): KeyObject {
  return generate('ec', { namedCurve }).publicKey;
}

function pss(hashAlgorithm: string, mgf1HashAlgorithm: string, saltLength: number): KeyObject {
  // The types want text here, Node a number.
  const options = {
    modulusLength: 2048,
    hashAlgorithm,
    mgf1HashAlgorithm,
    saltLength: saltLength as unknown as string,
  };
  return generate('rsa-pss', options).publicKey;
}

/** No key pair, but the shape of one. */
function rsa(bits: number, exponent: number): KeyObject {
  const modulus = Buffer.alloc(Math.ceil(bits / 8), 255);
  modulus[0] = 255 >> (modulus.length * 8 - bits);
  const number = Buffer.from([exponent >> 16, (exponent >> 8) & 255, exponent & 255]);
  const jwk = { kty: 'RSA', n: modulus.toString('base64url'), e: number.toString('base64url') };
  return createPublicKey({ key: jwk, format: 'jwk' });
}
