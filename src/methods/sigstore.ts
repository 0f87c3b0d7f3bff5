// SPDX-License-Identifier: Apache-2.0
// The Sigstore method: options, checked early. Everything that knows Sigstore is loaded when it is needed.

import type { Verifier } from '../method.js';
import { OptionReader } from '../option-reader.js';
import { once } from './once.js';
import type { ClaimName } from './sigstore-claims.js';
import type { InstanceOptions } from './sigstore-instance.js';
import type { Thresholds } from './sigstore-library.js';
import { allowedSigners, instanceOptions } from './sigstore-options.js';
import type { AllowedSigner } from './sigstore-policy.js';

export type { AllowedSigner, ClaimName, InstanceOptions, Thresholds };

/** What a Sigstore verifier needs: whom to accept, and which instance vouches for it. */
export interface SigstoreVerifierOptions extends InstanceOptions, Omit<AllowedSigner, 'identityProvider'> {
  /** The whole name of the identity provider that has to vouch for the identity; needed with one. */
  readonly identityProvider?: string | undefined;
  /**
   * Several signers of whom any will do, instead of `identity`, `identityRegex`, `identityProvider` and `claims`.
   * Without any of these every bundle is refused, with an error that says who claims to have signed it.
   * @default nobody
   */
  readonly policy?: readonly AllowedSigner[] | undefined;
  /**
   * How many log entries, trusted times and certificate logs a bundle has to have. Entries and times of one operator
   * count once.
   * @default 1 of each, and fewer is not possible
   */
  readonly thresholds?: Partial<Thresholds> | undefined;
}

/** Options of a verifier, checked, with every default filled in. */
export interface ResolvedSigstoreVerifier {
  readonly instance: InstanceOptions;
  readonly allowed: readonly AllowedSigner[];
  readonly thresholds: Thresholds;
}

/**
 * Verifies signatures made with Sigstore by signers whom the caller names. The network is not used, unless
 * `refreshTrust` asks for it or `tufUrl` names a repository that was never fetched.
 *
 * @throws `InputError` when the options cannot be used; what is wrong with the instance, `prepare` and `verify` tell.
 */
export function sigstoreVerifier(options: SigstoreVerifierOptions): Verifier {
  const given = new OptionReader(options);
  const resolved: ResolvedSigstoreVerifier = {
    instance: instanceOptions(given),
    allowed: allowedSigners(given),
    thresholds: thresholdsOf(given),
  };
  given.end();
  const load = once(async () => (await import('./sigstore-verifying.js')).loadVerifier(resolved));
  return {
    method: 'sigstore',
    prepare: async () => void (await load()),
    verify: async (bundle) => (await load())(bundle),
  };
}

const MOST = 32;

function thresholdsOf(given: OptionReader): Thresholds {
  const thresholds = new OptionReader(given.take('thresholds', isObject, 'an object with counts') ?? {});
  const count = (name: string): number => thresholds.count(name, MOST, `a whole number from 1 to ${MOST}`) ?? 1;
  const resolved = {
    logEntries: count('logEntries'),
    timestamps: count('timestamps'),
    certificateLogs: count('certificateLogs'),
  };
  thresholds.end();
  return resolved;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
