// SPDX-License-Identifier: Apache-2.0
// When a signature was made: timestamps of authorities that the instance lists, and times that logs promised. Every one
// in a bundle has to be good; a time that nobody signed is none.

import { VerificationError } from '../errors.js';
import type { LogEntry, Seal, TrustedTime } from '../method.js';
import { type Authority, type Trust, isWithin } from './sigstore-trust.js';
import { verifyTimestamp } from './timestamp.js';

/** A time and whose word it is. */
export interface Moment extends TrustedTime {
  readonly by: string;
}

/** Clocks differ; a log that is further ahead than this is not honest. */
const CLOCK_SKEW_MS = 5 * 60_000;
const LATEST_SECOND = 253_402_300_799;

/**
 * All times that vouch for a signature, earliest first. Those of logs count once the promises they stand in have been
 * verified, too.
 */
export function momentsOf(
  { timestamps, signature }: Seal,
  entries: readonly LogEntry[],
  { timestampAuthorities, logs }: Trust,
): readonly [Moment, ...Moment[]] {
  const stamped = timestamps.map((token) => stampedMoment(token, signature, timestampAuthorities));
  const promised = entries
    .filter(({ inclusionPromise }) => inclusionPromise !== undefined)
    .map((entry) => {
      const log = logs.find(({ ids }) => ids.some((id) => id.equals(entry.logId)));
      return { time: promisedTime(entry), source: 'log', by: log?.operator ?? '' } as const;
    });
  const [first, ...others] = [...stamped, ...promised].toSorted(
    (one, other) => one.time.getTime() - other.time.getTime(),
  );
  if (first !== undefined) return [first, ...others];
  const hint = 'sign again with a timestamp authority: a log entry of this kind has no time of its own';
  throw new VerificationError('TIMESTAMP_MISSING', 'nothing in the bundle says when it was signed', { hint });
}

/** Any authority of the instance will do, at a time at which the instance vouches for it. */
function stampedMoment(token: Uint8Array, signature: Uint8Array, authorities: readonly Authority[]): Moment {
  let first: VerificationError | undefined;
  for (const { chain, span, name } of authorities) {
    try {
      const time = verifyTimestamp(token, signature, { authorities: chain, revocationLists: [] });
      if (isWithin(time, span)) return { time, source: 'timestamp', by: name };
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error;
      first ??= error;
    }
  }
  if (first !== undefined) throw first;
  const hint = 'fetch what the instance trusts now: model-signing trust update';
  const message = 'no timestamp authority of the instance was one at the time in the timestamp';
  throw new VerificationError('TIMESTAMP_UNTRUSTED', message, { hint });
}

function promisedTime({ integratedTime }: LogEntry): Date {
  const seconds = Number(integratedTime);
  if (seconds > 0 && seconds <= LATEST_SECOND && seconds * 1000 <= Date.now() + CLOCK_SKEW_MS) {
    return new Date(seconds * 1000);
  }
  const what = seconds === 0 ? 'has no time' : 'is from the future';
  const hint = 'check the clock of this machine; if it is right, do not trust this bundle';
  throw new VerificationError('LOG_ENTRY_INVALID', `the promise of a log entry ${what}`, { hint });
}
