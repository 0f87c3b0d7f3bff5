// SPDX-License-Identifier: Apache-2.0
// What was signed, as far as a verifier asks about it. Statements in their envelopes are what models have.

import { type KeyObject, createHash } from 'node:crypto';

import type { SignedBundle } from '../method.js';
import { verifyMessage } from './algorithms.js';

/** What was signed. */
export interface Content {
  /** Whether a signature over it is one of a key. */
  readonly isSignedBy: (key: KeyObject, signature: Uint8Array) => Promise<boolean>;
  /** Whether this is a digest of the payload, or of the message: the bytes that the signature covers. */
  readonly hasDigest: (of: 'payload' | 'message', hash: string, digest: Uint8Array) => boolean;
}

/** An envelope; without a payload, bare bytes. */
export function contentOf({ message, payload }: Pick<SignedBundle, 'message'> & { payload?: Uint8Array }): Content {
  return {
    isSignedBy: async (key, signature) => verifyMessage(key, message, signature),
    hasDigest: (of, hash, digest) => {
      const bytes = of === 'message' ? message : payload;
      return bytes !== undefined && createHash(hash).update(bytes).digest().equals(digest);
    },
  };
}
