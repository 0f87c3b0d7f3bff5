// SPDX-License-Identifier: Apache-2.0
// Chains made by OpenSSL for the tests of certificates: one infrastructure for each file of tests, which goes with it.

import test from 'ava';
import { ModelSigningError, VerificationError } from 'model-signing';

import type { Authentication, SignedBundle } from '../../dist/method.js';
import { type CertificateVerifierOptions, certificateVerifier } from '../../dist/methods/certificate.js';
import { CA, NO_OPENSSL, type Party, Pki, type Wish } from './pki.js';

/** A test that needs the openssl command; skipped loudly without it. */
export const run: typeof test | typeof test.skip = NO_OPENSSL === undefined ? test : test.skip;
if (NO_OPENSSL !== undefined) console.error(NO_OPENSSL);

/** The infrastructure of this file of tests. */
export const pki: Pki = new Pki();
test.after.always(() => pki.remove());

/** Validity that is over, and validity that has not begun. */
export const PAST: Wish = { start: '20200101000000Z', end: '20210101000000Z' };
export const FUTURE: Wish = { start: '20580101000000Z', end: '20590101000000Z' };

/** Root, intermediate, leaf; each can be wished otherwise. */
export function chain(
  wish: { root?: Wish; middle?: Wish; leaf?: Wish } = {},
): [leaf: Party, middle: Party, root: Party] {
  const root = pki.issue('root', { extensions: CA, ...wish.root });
  const middle = pki.issue('middle', { extensions: CA, issuer: root, ...wish.middle });
  const leaf = pki.issue('leaf', { issuer: middle, ...wish.leaf });
  return [leaf, middle, root];
}

/** Verifies as a caller of the library does. */
export async function verify(bundle: SignedBundle, options: CertificateVerifierOptions): Promise<Authentication> {
  return certificateVerifier(options).verify(bundle);
}

/** Trust in a chain given as files. */
export const trusting = (...parties: Party[]): CertificateVerifierOptions => ({
  certificateChain: parties.map(({ certificate }) => certificate),
});

/** The code of the refusal, checked for its shape. */
export async function refusalOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (!(error instanceof ModelSigningError)) throw error;
    if (/[\p{Cc}\n]/u.test(error.message) || error.message.length > 4096)
      throw new Error('not one line', { cause: error });
    if (error.hint === undefined) throw new Error(`no hint: ${error.code}`, { cause: error });
    if (!(error instanceof VerificationError)) return `${error.name} ${error.code}`;
    return error.code;
  }
  return 'accepted';
}
