// SPDX-License-Identifier: Apache-2.0
// When a signature was made, for every method whose bundles carry RFC 3161 timestamps: asking an authority at signing,
// and at verification believing those the user names. What knows ASN.1 is loaded when it is needed, and not before.

import { VerificationError } from '../errors.js';
import type { SignedBundle, SigningInput, TrustedTime } from '../method.js';
import type { TimestampTrust } from './timestamp.js';

/** Whom a signer asks for the time, and how long it waits. */
export interface TimestampSource {
  readonly timestampUrl: URL | undefined;
  /** Milliseconds; `undefined` leaves it to the request. */
  readonly timeout: number | undefined;
}

const MOST_TIMESTAMPS = 32;

/** The timestamps that go with a signature into its bundle: one, if there is an authority to ask. */
export async function requestTimestamps(
  signature: Uint8Array,
  { timestampUrl, timeout }: TimestampSource,
  { signal }: SigningInput,
): Promise<readonly Uint8Array[]> {
  if (timestampUrl === undefined) return [];
  const { requestTimestamp } = await import('./timestamp-request.js');
  return [await requestTimestamp(timestampUrl, signature, { signal, timeout })];
}

/** The moments at which a signer has to be acceptable, earliest first: those of all timestamps, or now. */
export async function trustedMoments(
  { timestamps, signature }: SignedBundle,
  trust: TimestampTrust,
): Promise<readonly [TrustedTime, ...TrustedTime[]]> {
  const now: TrustedTime = { time: new Date(), source: 'now' };
  if (timestamps.length === 0 || trust.authorities.length === 0) return [now];
  if (timestamps.length > MOST_TIMESTAMPS) {
    const message = `the bundle holds ${timestamps.length} timestamps, and the limit is ${MOST_TIMESTAMPS}`;
    throw new VerificationError('TIMESTAMP_TOO_MANY', message, { hint: 'do not trust this bundle' });
  }
  const { verifyTimestamp } = await import('./timestamp.js');
  const times = timestamps.map((token) => verifyTimestamp(token, signature, trust).getTime());
  const [first = now, ...later] = times
    .toSorted((one, other) => one - other)
    .map((time): TrustedTime => ({ time: new Date(time), source: 'timestamp' }));
  return [first, ...later];
}

/** What a careful reader should know about those who witnessed: whom nobody named was not asked. */
export function remarksOnWitnesses(
  { timestamps, logEntries = [] }: SignedBundle,
  { authorities }: Pick<TimestampTrust, 'authorities'>,
): readonly string[] {
  const logged =
    logEntries.length === 0 ? [] : ['the log entries of the bundle were not checked: this method has no logs'];
  if (timestamps.length > 0 && authorities.length === 0) {
    return ['the timestamps of the bundle were not used: no timestamp authority was given', ...logged];
  }
  if (timestamps.length === 0 && authorities.length > 0) {
    return ['the bundle holds no timestamp: everything was checked as of now', ...logged];
  }
  return logged;
}
