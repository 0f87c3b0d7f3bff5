// SPDX-License-Identifier: Apache-2.0
// What reading a log takes and gives, whatever its version.

import { VerificationError } from '../errors.js';
import { escape } from '../native.js';
import type { Patience } from './service-call.js';
import type { Head } from './sigstore-checkpoint.js';
import type { Judgement, LeftOut, Lookout, Sighting } from './sigstore-sighting.js';
import type { Log } from './sigstore-trust.js';

/** What is to be read. */
export interface ReadingTask {
  readonly base: URL;
  /** The log, as often as the instance lists it. */
  readonly logs: readonly [Log, ...Log[]];
  /** The whole identity, where entries are found by an index. */
  readonly identity: string | undefined;
  readonly lookout: Lookout;
  /** The entries of this log in bundles that the user knows. */
  readonly known: readonly KnownEntry[];
  /** Their hashes as leaves. */
  readonly knownLeaves: ReadonlySet<string>;
  /** Their places. */
  readonly knownPlaces: ReadonlySet<string>;
  /** What was remembered of the last run. */
  readonly memory: LogMemory | undefined;
  /** The heads that it had then, opened. */
  readonly seen: readonly Head[];
  /** How many entries are read. */
  readonly limit: number;
  readonly patience: Patience;
}

/** An entry of a log in a bundle that the user knows. */
export interface KnownEntry {
  readonly path: string;
  readonly logId: Uint8Array;
  /** The place in the log. */
  readonly index: string;
  readonly body: Uint8Array;
  /** The hash of the body as a leaf, in hexadecimal. */
  readonly leaf: string;
}

/** What is remembered of a log until the next run. */
export interface LogMemory {
  readonly log: string;
  /** The newest head of every tree, as the log signed it. */
  readonly checkpoints: readonly string[];
  /** Where reading goes on; for logs that are read in tiles. */
  readonly next?: string | undefined;
  /** The hashes of the entries that were looked at; for logs with an index. */
  readonly seen?: readonly string[] | undefined;
}

/** An entry that is proven to be in the log, and of whom it is. */
export interface FoundEntry extends Sighting {
  /** Whether it is that of a bundle that the user knows. */
  readonly isKnown: boolean;
  readonly index: string;
  /** When the log took it, if the log promised that. */
  readonly promised: Date | undefined;
}

/** What reading brought. */
export interface Reading {
  readonly found: readonly FoundEntry[];
  /** The newest head of every tree. */
  readonly heads: readonly Head[];
  readonly memory: LogMemory;
  /** The first entry that was read and the first that was not, where entries have to be read one after the other. */
  readonly range: { readonly from: string; readonly to: string } | undefined;
  /** What was not looked at, in words; nothing when all was. */
  readonly rest: string | undefined;
  /** What else a careful reader should know. */
  readonly remarks: readonly string[];
  readonly leftOut: Readonly<Partial<Record<LeftOut, number>>>;
  /** What is wrong with an answer of the log, and does not take anything from what is proven. */
  readonly problem: VerificationError | undefined;
}

/** How many were left out for each reason. */
export function countLeftOut(judgements: readonly Judgement[]): Reading['leftOut'] {
  const counts: Partial<Record<LeftOut, number>> = {};
  for (const { leftOut } of judgements) if (leftOut !== undefined) counts[leftOut] = (counts[leftOut] ?? 0) + 1;
  return counts;
}

/** The error for an entry that the user knows and that the log does not have where it should. */
export function lostEntry({ logs: [{ url }] }: ReadingTask, { path }: KnownEntry): VerificationError {
  const message = `the log '${escape(url)}' does not have the entry of '${escape(path)}'`;
  const hint = 'the bundle is forged, or the log lost what it had: verify the bundle, and keep it: it may be the proof';
  return new VerificationError('LOG_ENTRY_MISSING', message, { hint });
}
