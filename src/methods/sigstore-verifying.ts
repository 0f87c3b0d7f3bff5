// SPDX-License-Identifier: Apache-2.0
// Verifying with Sigstore: the signature, what logs and authorities say about it and when, the way from the certificate
// to an authority at every such time; and only then whether it is a signer whom the user accepts.

import { type ErrorCode, VerificationError } from '../errors.js';
import type { Authentication, LogEntry, SignedBundle, TrustedTime } from '../method.js';
import { escape } from '../native.js';
import { verifyMessage } from './algorithms.js';
import { checkIssued } from './sigstore-authority.js';
import { checkBody } from './sigstore-body.js';
import { type SigstoreSubject, leafOf, subjectOf } from './sigstore-certificate.js';
import { checkProof } from './sigstore-checkpoint.js';
import { type Instance, openInstance } from './sigstore-instance.js';
import { type Thresholds, verifyInLibrary } from './sigstore-library.js';
import { checkSigner, nobodyAllowed } from './sigstore-policy.js';
import { type Moment, momentsOf } from './sigstore-time.js';
import { type Log, type Trust, isWithin, trustOf } from './sigstore-trust.js';
import type { ResolvedSigstoreVerifier } from './sigstore.js';
import type { Certificate } from './x509.js';

/** What a bundle says, by whom and when; whether that signer is accepted is not decided. */
interface SigstoreFinding {
  readonly subject: SigstoreSubject;
  readonly time: TrustedTime;
  readonly entries: readonly { readonly log: string; readonly index: string; readonly time: Date | undefined }[];
  readonly remarks: readonly string[];
}

/** Opens the instance, and returns what verifies with it. */
export async function loadVerifier(
  options: ResolvedSigstoreVerifier,
): Promise<(bundle: SignedBundle) => Promise<Authentication>> {
  const trust = trustOf(await openInstance(options.instance));
  return async (bundle) => {
    if (options.allowed.length === 0) throw nobodyAllowed(subjectOf(leafOf(bundle)));
    const finding = await verifyWith(bundle, trust, options.thresholds);
    checkSigner(finding.subject, options.allowed);
    return authenticationOf(finding, trust);
  };
}

/** Verifies everything about a bundle but whether its signer is one whom somebody accepts: whoever has just signed is. */
export async function verifyOwn(
  bundle: SignedBundle,
  instance: Instance,
  thresholds: Thresholds = { logEntries: 1, timestamps: 1, certificateLogs: 1 },
): Promise<Authentication> {
  const trust = trustOf(instance);
  return authenticationOf(await verifyWith(bundle, trust, thresholds), trust);
}

async function verifyWith(bundle: SignedBundle, trust: Trust, thresholds: Thresholds): Promise<SigstoreFinding> {
  const leaf = leafOf(bundle);
  await checkSignature(leaf, bundle);
  const entries = entriesOf(bundle, leaf, trust);
  const moments = momentsOf(bundle, entries, trust);
  for (const { time } of moments) checkIssued(leaf, trust, time);
  verifyInLibrary(bundle, entries, leaf, trust, thresholds);
  for (const entry of entries) checkLogKey(entry, trust, moments);
  requireDistinct(operatorsOf(entries, trust), thresholds.logEntries, 'LOG_ENTRY_MISSING', 'log entries');
  requireDistinct(witnessesOf(moments), thresholds.timestamps, 'TIMESTAMP_MISSING', 'times');
  const [{ time, source }] = moments;
  return {
    subject: subjectOf(leaf),
    time: { time, source },
    entries: entries.map((entry) => evidenceOf(entry, trust)),
    remarks: trust.remarks,
  };
}

async function checkSignature(leaf: Certificate, bundle: SignedBundle): Promise<void> {
  const { message, signature, forcedHash } = bundle;
  if (forcedHash !== undefined) {
    const hint = 'verify it with the method it was signed with';
    throw new VerificationError('LEGACY_FORBIDDEN', 'statements of this old form were never signed with Sigstore', {
      hint,
    });
  }
  const key = leaf.publicKey;
  if (key !== undefined && (await verifyMessage(key, message, signature))) return;
  const hint = 'the bundle was changed after it was signed, or signed otherwise: do not trust it';
  throw new VerificationError('SIGNATURE_INVALID', 'the signature is not one of the certificate', { hint });
}

/** The entries, each of a log that the instance lists and of this very signature. What it proves is checked later. */
function entriesOf(bundle: SignedBundle, leaf: Certificate, trust: Trust): readonly LogEntry[] {
  const { logEntries = [], mediaType } = bundle;
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
    checkBody(entry, bundle, leaf.raw);
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

function evidenceOf(entry: LogEntry, trust: Trust): SigstoreFinding['entries'][number] {
  return { log: logsOf(entry, trust)[0].url, index: entry.logIndex, time: timeOf(entry) };
}

function authenticationOf({ subject, time, entries, remarks }: SigstoreFinding, { source }: Trust): Authentication {
  const { identities, issuer, claims } = subject;
  const signer = { method: 'sigstore', identity: identities.join(', '), issuer, claims, entries, instance: source };
  return { signer, time, remarks };
}
