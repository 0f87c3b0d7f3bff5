// SPDX-License-Identifier: Apache-2.0
// When a signature was made: at signing an authority is asked to witness it, at verifying its timestamps are believed if
// the user named that authority. What knows ASN.1 is loaded when there is a timestamp.

import { VerificationError } from '../errors.js';
import type { Signature, SignedBundle, TrustedTime } from '../method.js';
import type { TimestampTrust } from './timestamp.js';

const MOST_TIMESTAMPS = 32;

/** Adds a timestamp to a signature, if there is an authority to ask. */
export async function withTimestamp(
  made: Signature,
  url: URL | undefined,
  signal: AbortSignal | undefined,
): Promise<Signature> {
  if (url === undefined) return made;
  const { requestTimestamp } = await import('./timestamp-request.js');
  return { ...made, timestamps: [await requestTimestamp(url, made.signature, { signal })] };
}

/** The moments at which a signature was there, earliest first: those of all its timestamps, or now. */
export async function trustedTimes(
  { timestamps, signature }: SignedBundle,
  trust: TimestampTrust,
): Promise<readonly [TrustedTime, ...TrustedTime[]]> {
  const now = { time: new Date(), source: 'now' } as const;
  if (timestamps.length === 0 || trust.authorities.length === 0) return [now];
  if (timestamps.length > MOST_TIMESTAMPS) {
    const message = `the bundle holds ${timestamps.length} timestamps, and the limit is ${MOST_TIMESTAMPS}`;
    throw new VerificationError('TIMESTAMP_TOO_MANY', message, { hint: 'do not trust this bundle' });
  }
  const { verifyTimestamp } = await import('./timestamp.js');
  const times = timestamps.map((token) => verifyTimestamp(token, signature, trust));
  const [first = now, ...later] = times
    .toSorted((one, other) => one.getTime() - other.getTime())
    .map((time) => ({ time, source: 'timestamp' }) as const);
  return [first, ...later];
}

/** What a careful reader should know about the time. */
export function remarksOnTime({ timestamps }: SignedBundle, { authorities }: TimestampTrust): string[] {
  if (timestamps.length > 0 && authorities.length === 0) {
    return ['the timestamps of the bundle were not used: no timestamp authority was given'];
  }
  if (timestamps.length > 0 || authorities.length === 0) return [];
  return ['the bundle holds no timestamp: it was checked as of now'];
}
