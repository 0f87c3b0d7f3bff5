// SPDX-License-Identifier: Apache-2.0
// Whether everything that a log has signed about one of its trees is one history: each head has to have grown from those
// before it. Two that do not fit are the proof that the log lies, and are handed out as such.

import { LogForkError } from '../errors.js';
import { escape } from '../native.js';
import type { Head } from './sigstore-checkpoint.js';

/** Whether a log can prove that one of its heads grew from another, smaller one. */
export type GrewFrom = (earlier: Head, later: Head) => Promise<boolean>;

/**
 * Checks the heads of a log, of one tree or of several, against each other and against those that were seen before; returns
 * the newest of every tree.
 */
export async function checkHistory(
  log: string,
  seen: readonly Head[],
  shown: readonly Head[],
  grewFrom: GrewFrom,
): Promise<readonly Head[]> {
  const newest: Head[] = [];
  for (const origin of new Set([...seen, ...shown].map((head) => head.origin))) {
    const ofTree = (head: Head): boolean => head.origin === origin;
    newest.push(await checkTree(log, seen.filter(ofTree), shown.filter(ofTree), grewFrom));
  }
  return newest;
}

async function checkTree(
  log: string,
  seen: readonly Head[],
  shown: readonly Head[],
  grewFrom: GrewFrom,
): Promise<Head> {
  const heads = [...seen, ...shown].toSorted(bySize);
  const [before] = seen.toSorted(bySize).slice(-1);
  const [now] = shown.toSorted(bySize).slice(-1);
  if (before !== undefined && (now === undefined || now.size < before.size)) throw shrunken(log, before, now);
  for (const [at, later] of heads.entries()) {
    const earlier = heads[at - 1] ?? later;
    if (earlier.size === later.size && earlier.root.equals(later.root)) continue;
    if (earlier.size === later.size || !(await grewFrom(earlier, later))) throw forked(log, earlier, later);
  }
  const newest = heads.at(-1);
  if (newest === undefined) throw new Error('every tree has a head');
  return newest;
}

function bySize(one: Head, other: Head): number {
  return one.size < other.size ? -1 : Number(one.size > other.size);
}

const HINT = 'keep both checkpoints: they are the proof; show them to whoever runs the log and to others who watch it';

function forked(log: string, earlier: Head, later: Head): LogForkError {
  const tree = `its tree '${escape(later.origin)}' of ${later.size} entries`;
  const message = `the log '${escape(log)}' tells two histories: ${tree} did not grow from the one of ${earlier.size}`;
  return new LogForkError('LOG_FORK', message, [earlier.note, later.note], { hint: HINT });
}

function shrunken(log: string, before: Head, now: Head | undefined): LogForkError {
  const what = now === undefined ? 'does not show that tree any more' : `shows only ${now.size}`;
  const tree = `${before.size} entries in its tree '${escape(before.origin)}'`;
  const message = `the log '${escape(log)}' has shown ${tree}, and now ${what}`;
  const notes = now === undefined ? [before.note] : [before.note, now.note];
  const hint = 'it may have answered from an old copy: run again; if it stays so, entries are being hidden';
  return new LogForkError('LOG_SHRUNK', message, notes, { hint });
}
