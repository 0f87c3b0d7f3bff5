// SPDX-License-Identifier: Apache-2.0
// Whether a key signed a digest: for bytes that are elsewhere, since Node verifies over bytes only. ECDSA on P-256 (FIPS
// 186-5, section 6.4.2) in whole numbers; nothing here is secret, so nothing has to take the same time always.

import type { KeyObject } from 'node:crypto';

import { InputError } from '../errors.js';
import { isEcdsaSignature, schemeOf } from './algorithms.js';
import { positiveInteger, readSequence } from './der.js';

/** A point of the curve; nothing is the point at infinity. */
type Point = readonly [x: bigint, y: bigint] | undefined;

/** P-256 (SP 800-186, section 3.2.1.3). */
const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const G: Point = [
  0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
];

/** Says whether a signature over the bytes with this SHA-256 digest is one of the key. */
export function verifyDigest(publicKey: KeyObject, digest: Uint8Array, signature: Uint8Array): boolean {
  const scheme = schemeOf(publicKey);
  if ('unsupported' in scheme || scheme.algorithm !== 'ecdsa-p256-sha256') {
    const hint = 'give the bytes themselves';
    throw new InputError('KEY_UNSUPPORTED', 'a digest alone verifies only with keys on the curve P-256', { hint });
  }
  if (!isEcdsaSignature(signature, 32)) return false;
  const [r, s] = (readSequence(signature) ?? []).map((number) => numberOf(positiveInteger(number) ?? digest));
  if (r === undefined || s === undefined || r >= N || s >= N) return false;
  const inverse = inverseOf(s, N);
  const { x, y } = publicKey.export({ format: 'jwk' });
  const key: Point = [numberOf(Buffer.from(x ?? '', 'base64url')), numberOf(Buffer.from(y ?? '', 'base64url'))];
  const sum = add(times(numberOf(digest) * inverse, G), times(r * inverse, key));
  return sum !== undefined && modulo(sum[0], N) === r;
}

function times(factor: bigint, point: Point): Point {
  let sum: Point;
  let power = point;
  for (let rest = modulo(factor, N); rest > 0n; rest >>= 1n) {
    if (rest & 1n) sum = add(sum, power);
    power = add(power, power);
  }
  return sum;
}

function add(one: Point, other: Point): Point {
  if (one === undefined || other === undefined) return one ?? other;
  const [[x1, y1], [x2, y2]] = [one, other];
  if (x1 === x2 && modulo(y1 + y2, P) === 0n) return undefined;
  // The curve is y² = x³ - 3x + b; where both points are one, its tangent stands for the line through them.
  const [rise, run] = x1 === x2 ? [3n * x1 * x1 - 3n, 2n * y1] : [y2 - y1, x2 - x1];
  const slope = rise * inverseOf(modulo(run, P), P);
  const x = modulo(slope * slope - x1 - x2, P);
  return [x, modulo(slope * (x1 - x) - y1, P)];
}

/** By Euclid; the modulus is prime and the value is not 0. */
function inverseOf(value: bigint, modulus: bigint): bigint {
  let [a, b] = [value, modulus];
  let [x, y] = [1n, 0n];
  while (b !== 0n) {
    const quotient = a / b;
    [a, b] = [b, a - quotient * b];
    [x, y] = [y, x - quotient * y];
  }
  return modulo(x, modulus);
}

function modulo(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}
