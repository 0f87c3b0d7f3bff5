// SPDX-License-Identifier: Apache-2.0
// What has to hold of a signature whatever was signed: it is one of its key, logs and authorities say so and when, and a
// certificate leads to an authority at every such time.

import type { KeyObject } from 'node:crypto';

import { type ErrorCode, VerificationError } from '../errors.js';
import type { LogEntry, Seal, TrustedTime } from '../method.js';
import { escape } from '../native.js';
import { checkIssued } from './sigstore-authority.js';
import { checkBody } from './sigstore-body.js';
import { checkProof } from './sigstore-checkpoint.js';
import type { Content } from './sigstore-content.js';
import { type Thresholds, verifyInLibrary } from './sigstore-library.js';
import { type Moment, momentsOf } from './sigstore-time.js';
import { type Log, type Trust, isWithin } from './sigstore-trust.js';
import type { Certificate } from './x509.js';

/** Who holds the key: whom a certificate names, or whoever the verifier knows it to be. */
export type Holder = { readonly certificate: Certificate } | { readonly publicKey: KeyObject };

/** What was found out about a signature. */
export interface SealFinding {
  readonly time: TrustedTime;
  readonly entries: readonly { readonly log: string; readonly index: string; readonly time: Date | undefined }[];
  readonly remarks: readonly string[];
}

/** Verifies everything but who the holder of the key is. */
export async function verifySeal(
  seal: Seal,
  content: Content,
  holder: Holder,
  trust: Trust,
  thresholds: Thresholds,
): Promise<SealFinding> {
  await checkSignature(seal, content, holder);
  const entries = entriesOf(seal, content, holder, trust);
  const moments = momentsOf(seal, entries, trust);
  if ('certificate' in holder) for (const { time } of moments) checkIssued(holder.certificate, trust, time);
  verifyInLibrary(seal, content, holder, trust, thresholds);
  for (const entry of entries) checkLogKey(entry, trust, moments);
  requireDistinct(operatorsOf(entries, trust), thresholds.logEntries, 'LOG_ENTRY_MISSING', 'log entries');
  requireDistinct(witnessesOf(moments), thresholds.timestamps, 'TIMESTAMP_MISSING', 'times');
  const [{ time, source }] = moments;
  return {
    time: { time, source },
    entries: entries.map((entry) => evidenceOf(entry, trust)),
    remarks: trust.remarks,
  };
}

async function checkSignature({ signature }: Seal, content: Content, holder: Holder): Promise<void> {
  const key = 'certificate' in holder ? holder.certificate.publicKey : holder.publicKey;
  if (key !== undefined && (await content.isSignedBy(key, signature))) return;
  const hint = 'the bundle was changed after it was signed, or signed otherwise: do not trust it';
  const whose = 'certificate' in holder ? 'the certificate' : 'this key';
  throw new VerificationError('SIGNATURE_INVALID', `the signature is not one of ${whose}`, { hint });
}

/** The entries, each of a log that the instance lists and of this very signature. What it proves is checked later. */
function entriesOf(seal: Seal, content: Content, holder: Holder, trust: Trust): readonly LogEntry[] {
  const { logEntries = [], mediaType } = seal;
  if (logEntries.length === 0) {
    const hint = 'verify it with the certificate method if it was signed with a certificate of your own';
    throw new VerificationError('LOG_ENTRY_MISSING', 'the bundle is in no transparency log', { hint });
  }
  const different = new Set(
    logEntries.map(({ logId, canonicalizedBody }) => `${String(logId)} ${String(canonicalizedBody)}`),
  );
  if (different.size < logEntries.length) throw odd('the bundle has one log entry twice');
  for (const entry of logEntries) {
    logsOf(entry, trust);
    checkShape(entry, mediaType.endsWith('version=0.1'));
    checkProof(entry);
    checkBody(entry, seal, content, holder);
  }
  return logEntries;
}

/** The logs with an entry's id: a log may be listed twice, with other spans. */
function logsOf({ logId }: LogEntry, { logs, source }: Trust): readonly [Log, ...Log[]] {
  const [first, ...others] = logs.filter(({ ids }) => ids.some((id) => id.equals(logId)));
  if (first !== undefined) return [first, ...others];
  const message = `the bundle is in a log that is not one of ${source}`;
  const hint = 'if it was signed with this instance, fetch what it trusts now: model-signing trust update';
  throw new VerificationError('LOG_UNKNOWN', message, { hint });
}

/** The oldest bundles have a promise, all others a proof; what no promise covers must not say a time. */
function checkShape({ inclusionPromise, inclusionProof, integratedTime, logIndex }: LogEntry, isOldest: boolean): void {
  const hint = 'do not trust this bundle';
  if ((isOldest ? inclusionPromise : inclusionProof) === undefined) {
    const what = isOldest ? 'promise' : 'proof';
    throw new VerificationError('LOG_PROOF_INVALID', `a log entry has no inclusion ${what}`, { hint });
  }
  const isOdd = inclusionPromise === undefined ? integratedTime !== '0' : !Number.isSafeInteger(Number(logIndex));
  if (isOdd) throw odd('a log entry has a time or index that nothing covers');
}

function odd(message: string): VerificationError {
  return new VerificationError('LOG_ENTRY_INVALID', message, { hint: 'do not trust this bundle' });
}

/** A log's key counts for what it signed in its span: at the time that it promised, or at that of a timestamp. */
function checkLogKey(entry: LogEntry, trust: Trust, moments: readonly Moment[]): void {
  const own = timeOf(entry);
  const times = own === undefined ? moments.map(({ time }) => time) : [own];
  const logs = logsOf(entry, trust);
  const wrong = times.find((time) => !logs.some(({ span }) => isWithin(time, span)));
  if (wrong === undefined) return;
  const message = `the key of the log '${escape(logs[0].url)}' did not count at ${wrong.toISOString()}`;
  throw new VerificationError('LOG_KEY_NOT_VALID', message, { hint: 'do not trust this bundle' });
}

function timeOf({ inclusionPromise, integratedTime }: LogEntry): Date | undefined {
  return inclusionPromise === undefined ? undefined : new Date(Number(integratedTime) * 1000);
}

function operatorsOf(entries: readonly LogEntry[], trust: Trust): string[] {
  return entries.map((entry) => logsOf(entry, trust)[0].operator);
}

function witnessesOf(moments: readonly Moment[]): string[] {
  return moments.map(({ by }) => by);
}

/** Where several entries or times are asked for, those of one operator are the word of one. */
function requireDistinct(names: readonly string[], wanted: number, code: ErrorCode, what: string): void {
  const found = new Set(names).size;
  if (found >= wanted) return;
  const message = `the bundle has ${what} of ${found} where ${wanted} are required`;
  throw new VerificationError(code, message, { hint: 'ask for fewer, or for a signature with more' });
}

function evidenceOf(entry: LogEntry, trust: Trust): SealFinding['entries'][number] {
  return { log: logsOf(entry, trust)[0].url, index: entry.logIndex, time: timeOf(entry) };
}
