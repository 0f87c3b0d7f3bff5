// SPDX-License-Identifier: Apache-2.0
// Signatures over a digest alone: Node, which has the bytes, is the oracle.

import { type KeyObject, createHash, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';

import test from 'ava';

import { verifyDigest } from '../../dist/methods/ecdsa-digest.js';
import { writeElement, writeInteger } from '../../dist/methods/der.js';

const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const BYTES = Buffer.from('what was signed');

test('what Node accepts over the bytes is accepted over their digest, and nothing else', (t) => {
  let refused = 0;
  for (let round = 0; round < 40; round += 1) {
    const { publicKey, privateKey } = newPair();
    const bytes = Buffer.from(`message ${round}`);
    const signature = sign('sha256', bytes, privateKey);
    t.true(verifyDigest(publicKey, digestOf(bytes), signature), `${round}`);
    t.false(verifyDigest(publicKey, digestOf(BYTES), signature), `${round}`);
    t.false(verifyDigest(newPair().publicKey, digestOf(bytes), signature), `${round}`);
    const flipped = Buffer.from(signature);
    flipped[(round * 7) % flipped.length] = (flipped[(round * 7) % flipped.length] ?? 0) ^ (1 << (round % 8));
    t.is(verifyDigest(publicKey, digestOf(bytes), flipped), verifiedByNode(publicKey, bytes, flipped), `${round}`);
    refused += Number(!verifyDigest(publicKey, digestOf(bytes), flipped));
  }
  t.true(refused > 35);
});

test('numbers at the edges are what Node says they are', (t) => {
  const { publicKey, privateKey } = newPair();
  const [r, s] = numbersOf(sign('sha256', BYTES, privateKey));
  const edges = [0n, 1n, N - 1n, N, N + 1n, 2n ** 256n - 1n];
  const cases = [...edges.flatMap((edge) => [[edge, s] as const, [r, edge] as const]), [r, N - s], [N - r, s], [s, r]];
  for (const [one = 0n, two = 0n] of cases) {
    const signature = signatureOf(one, two);
    t.is(verifyDigest(publicKey, digestOf(BYTES), signature), verifiedByNode(publicKey, BYTES, signature), `${one}`);
  }
  t.true(verifyDigest(publicKey, digestOf(BYTES), signatureOf(r, N - s)));
});

test('a sum of equal points, and one at infinity', (t) => {
  // With the digest r and the generator for a key both halves of the sum are one point; with its opposite they cancel.
  const generator = {
    x: 'axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY',
    y: 'T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU',
  };
  const opposite = { ...generator, y: opposed(generator.y) };
  const r = BigInt(`0x${Buffer.from(generator.x, 'base64url').toString('hex')}`);
  const [same, other] = [generator, opposite].map((point) =>
    createPublicKey({ key: { kty: 'EC', crv: 'P-256', ...point }, format: 'jwk' }),
  ) as [KeyObject, KeyObject];
  const digest = Buffer.from(r.toString(16), 'hex');
  t.true(verifyDigest(same, digest, signatureOf(r, (2n * r) % N)));
  t.false(verifyDigest(other, digest, signatureOf(r, (2n * r) % N)));
  t.false(verifyDigest(other, digest, signatureOf(r, 1n)));
});

test('other encodings are no signatures, and other keys are not guessed at', (t) => {
  const { publicKey, privateKey } = newPair();
  const signature = sign('sha256', BYTES, privateKey);
  const plain = sign('sha256', BYTES, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  for (const wrong of [Buffer.alloc(0), plain, Buffer.concat([signature, Buffer.of(0)]), signature.subarray(1)]) {
    t.false(verifyDigest(publicKey, digestOf(BYTES), wrong));
  }
  const others = [
    generateKeyPairSync('ec', { namedCurve: 'P-384' }),
    generateKeyPairSync('ed25519'),
    generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ];
  for (const other of others) {
    t.throws(() => verifyDigest(other.publicKey, digestOf(BYTES), signature), { code: 'KEY_UNSUPPORTED' });
  }
});

/** The same point on the other side of the axis. */
function opposed(y: string): string {
  const prime = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
  const other = prime - BigInt(`0x${Buffer.from(y, 'base64url').toString('hex')}`);
  return Buffer.from(other.toString(16).padStart(64, '0'), 'hex').toString('base64url');
}

function newPair() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function digestOf(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function verifiedByNode(publicKey: KeyObject, bytes: Buffer, signature: Buffer): boolean {
  return verify('sha256', bytes, publicKey, signature);
}

function signatureOf(...numbers: readonly bigint[]): Buffer {
  const magnitudes = numbers.map((number) => Buffer.from(number.toString(16).padStart(64, '0'), 'hex'));
  return writeElement(0x30, ...magnitudes.map((magnitude) => writeInteger(magnitude)));
}

/** Two integers of up to 33 bytes in a sequence: every length is one byte. */
function numbersOf(signature: Buffer): [bigint, bigint] {
  const length = signature[3] ?? 0;
  const [r, s] = [signature.subarray(4, 4 + length), signature.subarray(6 + length)];
  return [BigInt(`0x${r.toString('hex')}`), BigInt(`0x${s.toString('hex')}`)];
}
