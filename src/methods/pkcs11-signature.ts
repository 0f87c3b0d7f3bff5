// SPDX-License-Identifier: Apache-2.0
// One signature by a token: which mechanism makes it, what is given to the token, and what becomes of its answer.

import { createHash } from 'node:crypto';

import { type ModelSigningError, errorOf } from '../errors.js';
import type { Scheme } from './algorithms.js';
import { TAG, writeElement, writeInteger } from './der.js';
import { MECHANISM, MGF1_SHA256, SHA256 } from './pkcs11-constants.js';
import { moduleFailure } from './pkcs11-failure.js';
import type { Module } from './pkcs11-module.js';
import type { TokenObject } from './pkcs11-object.js';
import { shown } from './pkcs11-session.js';

/** How a token makes one kind of signature. */
export interface Recipe {
  readonly mechanism: number;
  readonly parameter: typeof PSS | undefined;
  /** What the token is given for a message. */
  readonly input: (message: Uint8Array) => Buffer;
  /** The signature as bundles hold it. */
  readonly output: (answer: Buffer) => Buffer;
}

const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');

/** SHA-256 as DigestInfo (RFC 8017, section 9.2) spells it, up to the digest. */
const DIGEST_INFO = hex('3031300d060960864801650304020105000420');

/** What pkcs11js calls the parameters of RSASSA-PSS. */
const PSS = { type: 5, hashAlg: SHA256, mgf: MGF1_SHA256, saltLen: 32 };

const ECDSA_OVER = {
  sha256: MECHANISM.ecdsaSha256,
  sha384: MECHANISM.ecdsaSha384,
  sha512: MECHANISM.ecdsaSha512,
} as const;

/** The way in which this token signs by a scheme: over a digest made here, else over the message itself. */
export function recipeFor(scheme: Scheme, key: TokenObject): Recipe {
  const { token } = key.session;
  const offered = mechanismsOf(key);
  const recipe = recipesOf(scheme).find(({ mechanism }) => offered.has(mechanism));
  if (recipe !== undefined) return recipe;
  const message = `${shown(token)} cannot make signatures of the kind ${scheme.algorithm}`;
  throw errorOf('PKCS11_KEY_UNUSABLE', message, { hint: 'sign with a key of another kind, or with another token' });
}

/** Signs. The session serves one signature at a time; `authenticate` is what a key wants before each. */
export async function signOnToken(
  key: TokenObject,
  recipe: Recipe,
  message: Uint8Array,
  length: number,
  authenticate: () => Promise<void>,
): Promise<Buffer> {
  const { session } = key;
  const { module } = session.token;
  const { mechanism, parameter } = recipe;
  const work = { input: recipe.input(message), answer: Buffer.alloc(length) };
  try {
    module.api.C_SignInit(
      session.handle,
      parameter === undefined ? { mechanism } : { mechanism, parameter },
      key.handle,
    );
    await authenticate();
    return recipe.output(await answerOf(module, session.handle, work));
  } catch (cause) {
    throw moduleFailure(`signing on ${shown(session.token)}`, cause);
  }
}

/** The buffers are held until the module is done with them: it only has their addresses. */
async function answerOf(module: Module, session: Buffer, work: { input: Buffer; answer: Buffer }): Promise<Buffer> {
  module.busy.add(work);
  try {
    if (!module.isThreadSafe) return module.api.C_Sign(session, work.input, work.answer);
    return await module.api.C_SignAsync(session, work.input, work.answer);
  } finally {
    module.busy.delete(work);
  }
}

function mechanismsOf({ session }: TokenObject): ReadonlySet<number> {
  const { module, slot } = session.token;
  try {
    return new Set(module.api.C_GetMechanismList(slot));
  } catch (cause) {
    throw moduleFailure(`asking ${shown(session.token)} what it can do`, cause);
  }
}

/** The best first. */
function recipesOf({ hash, fieldSize, algorithm }: Scheme): readonly Recipe[] {
  const plain = { parameter: undefined, input: asItIs, output: (answer: Buffer) => answer };
  if (hash === undefined) return [{ ...plain, mechanism: MECHANISM.eddsa }];
  const digest = (message: Uint8Array): Buffer => createHash(hash).update(message).digest();
  if (fieldSize !== undefined) {
    const output = (answer: Buffer): Buffer => ecdsaSignature(answer, fieldSize);
    return [
      { ...plain, mechanism: MECHANISM.ecdsa, input: digest, output },
      { ...plain, mechanism: ECDSA_OVER[hash], output },
    ];
  }
  if (algorithm === 'rsa-pss-sha256') {
    return [
      { ...plain, mechanism: MECHANISM.rsaPss, parameter: PSS, input: digest },
      { ...plain, mechanism: MECHANISM.sha256RsaPss, parameter: PSS },
    ];
  }
  return [
    { ...plain, mechanism: MECHANISM.rsaPkcs, input: (message) => Buffer.concat([DIGEST_INFO, digest(message)]) },
    { ...plain, mechanism: MECHANISM.sha256RsaPkcs },
  ];
}

/** Pkcs11js wants a Buffer; the bytes stay where they are. */
function asItIs(message: Uint8Array): Buffer {
  return Buffer.from(message.buffer, message.byteOffset, message.byteLength);
}

/** Two numbers of equal length, one behind the other, become an ECDSA-Sig-Value (RFC 3279, section 2.2.3). */
function ecdsaSignature(answer: Buffer, fieldSize: number): Buffer {
  if (answer.length !== 2 * fieldSize) throw strange(answer.length);
  const numbers = [answer.subarray(0, fieldSize), answer.subarray(fieldSize)];
  return writeElement(TAG.sequence, ...numbers.map(writeInteger));
}

function strange(length: number): ModelSigningError {
  const message = `the token answered with a signature of ${length} bytes, which is none of its key`;
  return errorOf('PKCS11_KEY_MISMATCH', message, { hint: 'see the manual of the token' });
}
