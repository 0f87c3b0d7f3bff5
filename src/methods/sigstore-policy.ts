// SPDX-License-Identifier: Apache-2.0
// Whom a verifier accepts as signer. Names are compared as a whole and by us; a pattern has to match a whole name, and
// gets a fraction of a second for it.

import { runInNewContext } from 'node:vm';

import { InputError, VerificationError } from '../errors.js';
import { escape } from '../native.js';
import type { SigstoreSubject } from './sigstore-certificate.js';
import type { ClaimName } from './sigstore-claims.js';

/** One signer whom a verifier accepts. */
export interface AllowedSigner {
  /** The whole of the identity: an e-mail address, a URI, a user name. */
  readonly identity?: string | undefined;
  /** A regular expression, as in ECMAScript with `u`, that the whole of the identity has to match, too. */
  readonly identityRegex?: string | undefined;
  /** The whole name of the identity provider that has to vouch for it. */
  readonly identityProvider: string;
  /**
   * What else the provider has to have said, each compared as a whole.
   * @default {}
   */
  readonly claims?: Readonly<Partial<Record<ClaimName, string>>> | undefined;
}

const LONGEST_PATTERN = 1024;
const LONGEST_NAME = 4096;

/** How long a pattern may look at one name: honest ones take microseconds, others would take for ever. */
const PATTERN_MS = 250;

/** Refuses a signer whom nothing in the list allows; the error is that of the first. */
export function checkSigner(subject: SigstoreSubject, allowed: readonly AllowedSigner[]): void {
  const refusals = allowed.map((signer) => refusalOf(subject, signer));
  if (refusals.includes(undefined)) return;
  throw refusals[0] ?? nobodyAllowed(subject);
}

/** Makes sure that a pattern is one by itself: `a)|(?:b` would get out of what is put around it. */
export function isPattern(value: unknown): value is string {
  if (typeof value !== 'string' || value === '' || value.length > LONGEST_PATTERN) return false;
  try {
    return new RegExp(value, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

/** The error for a verifier that was not told whom to accept; it shows who claims to have signed. */
export function nobodyAllowed({ identities, issuer }: SigstoreSubject): InputError {
  const [identity = ''] = identities;
  const message = `no identity to accept was given; the bundle claims, unverified, to be by '${escape(identity)}' of '${escape(issuer)}'`;
  const hint = `if that is whom you trust: --identity ${quoted(identity)} --identity-provider ${quoted(issuer)}`;
  return new InputError('IDENTITY_MISSING', message, { hint });
}

function refusalOf(subject: SigstoreSubject, signer: AllowedSigner): VerificationError | undefined {
  const { identities, issuer } = subject;
  if (issuer !== signer.identityProvider) {
    const message = `the identity provider is '${escape(issuer)}', not the one asked for`;
    return refused('ISSUER_MISMATCH', message, 'the identity provider is compared as a whole');
  }
  if (!identities.some((identity) => isAccepted(identity, signer))) {
    const message = `the signer is '${escape(identities.join("', '"))}', not the one asked for`;
    return refused('IDENTITY_MISMATCH', message, 'the identity is compared as a whole');
  }
  const wrong = Object.entries(signer.claims ?? {}).find(([name, wanted]) => claimOf(subject, name) !== wanted);
  if (wrong === undefined) return undefined;
  const found = claimOf(subject, wrong[0]);
  const what = found === undefined ? 'is absent' : `is '${escape(found)}'`;
  return refused('CLAIM_MISMATCH', `${wrong[0]} ${what}, not what was asked for`, 'it is compared as a whole');
}

function claimOf({ claims }: SigstoreSubject, name: string): string | undefined {
  return new Map(Object.entries(claims)).get(name);
}

/** Whether a name is the one, and of the pattern, that a signer has to have. */
export function isAccepted(
  found: string,
  { identity, identityRegex }: Pick<AllowedSigner, 'identity' | 'identityRegex'>,
): boolean {
  if (identity !== undefined && identity !== found) return false;
  return identityRegex === undefined ? identity !== undefined : matchesWhole(found, identityRegex);
}

/** The engine looks back and forth without end at some patterns; only a context of its own can be stopped. */
function matchesWhole(name: string, pattern: string): boolean {
  if (name.length > LONGEST_NAME) return false;
  const expression = new RegExp(`^(?:${pattern})$`, 'u');
  try {
    return runInNewContext('expression.test(name)', { expression, name }, { timeout: PATTERN_MS }) === true;
  } catch (cause) {
    const hint = 'give a pattern without repetitions inside of repetitions, or the identity itself';
    throw new InputError('OPTION_INVALID', 'the pattern for the identity takes too long', { hint, cause });
  }
}

function refused(
  code: 'ISSUER_MISMATCH' | 'IDENTITY_MISMATCH' | 'CLAIM_MISMATCH',
  message: string,
  hint: string,
): VerificationError {
  return new VerificationError(code, message, { hint });
}

/** One word for a shell; what no shell takes raw is escaped, and then no longer to be pasted. */
function quoted(text: string): string {
  return `'${escape(text).replaceAll("'", "'\\''")}'`;
}
