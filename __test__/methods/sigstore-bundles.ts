// SPDX-License-Identifier: Apache-2.0
// Sigstore bundles for tests: those of others, and what the local Sigstore witnesses, checked by nobody yet.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import {
  type SigstoreVerifierOptions,
  type Verifier,
  createSigner,
  sigstoreSigner,
  sigstoreVerifier,
  verifyBundle,
} from 'model-signing';

import type { Sigstack, TokenClaims } from '../sigstack.js';

/** Where bundles of other implementations are, if they are. */
export const HISTORICAL: string = join(
  process.env['MODEL_SIGNING_VECTORS'] ?? fileURLToPath(new URL('../../../shared/vectors', import.meta.url)),
  'historical',
);

/** Whether they are there. */
export const HAS_HISTORICAL: boolean = existsSync(HISTORICAL);

/** Who signed them. */
export const THEIR_SIGNER = {
  identity: 'stefanb@us.ibm.com',
  identityProvider: 'https://sigstore.verify.ibm.com/oauth2',
} as const;

/** Signs a model with the local Sigstore; what comes out is not looked at. */
export async function signedBy(stack: Sigstack, model: string, log: 1 | 2, claims: TokenClaims = {}): Promise<string> {
  const trustConfig = log === 1 ? stack.clientTrustConfigV1 : stack.clientTrustConfigV2;
  const signer = { ...sigstoreSigner({ trustConfig, identityToken: await stack.token(claims) }) };
  Reflect.deleteProperty(signer, 'check');
  return (await createSigner({ signer }).sign(model)).bundle;
}

/** What a verifier needs to accept a signer of the local Sigstore. */
export function trusting(stack: Sigstack, more: Partial<SigstoreVerifierOptions> = {}): SigstoreVerifierOptions {
  const { trustedRoot: trustConfig } = stack;
  return { trustConfig, identity: 'alice@example.com', identityProvider: stack.issuer(), ...more };
}

/** The code with which a bundle is refused, or `verified`. */
export async function outcome(
  bundle: string | Uint8Array,
  options: SigstoreVerifierOptions | Verifier,
): Promise<string> {
  const verifier = 'verify' in options ? options : sigstoreVerifier(options);
  return verifyBundle(Buffer.from(bundle), { verifier }).then(
    () => 'verified',
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
  );
}
