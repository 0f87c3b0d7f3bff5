// SPDX-License-Identifier: Apache-2.0
// The one use of @sigstore/verify: promises, proofs, checkpoints and certificate timestamps of logs, and once more what
// was checked before. Nothing of its words comes out: its errors become ours.

import { RFC3161Timestamp, X509Certificate } from '@sigstore/core';
import type { TransparencyLogEntry } from '@sigstore/protobuf-specs';
import { type SignedEntity, type TrustMaterial, Verifier } from '@sigstore/verify';

import { type ErrorCode, VerificationError } from '../errors.js';
import type { LogEntry, Seal } from '../method.js';
import type { Content } from './sigstore-content.js';
import type { Holder } from './sigstore-seal.js';
import type { Authority, Log, Span, Trust } from './sigstore-trust.js';

/** How many of each a bundle needs. */
export interface Thresholds {
  readonly logEntries: number;
  readonly timestamps: number;
  readonly certificateLogs: number;
}

/** Verifies a signature that is known to be one of the holder's key. */
export function verifyInLibrary(
  seal: Seal,
  content: Content,
  holder: Holder,
  trust: Trust,
  thresholds: Thresholds,
): void {
  const { logEntries: tlogThreshold, timestamps: timestampThreshold, certificateLogs: ctlogThreshold } = thresholds;
  try {
    const material = materialOf(trust, holder);
    const verifier = new Verifier(material, { tlogThreshold, timestampThreshold, ctlogThreshold });
    verifier.verify(entityOf(seal, content, holder));
  } catch (cause) {
    throw refusalOf(cause);
  }
}

function entityOf(seal: Seal, content: Content, holder: Holder): SignedEntity {
  const tlogEntries = (seal.logEntries ?? []).map(protobufEntryOf);
  const signature = Buffer.from(seal.signature);
  const known = 'certificate' in holder ? holder.certificate.publicKey : holder.publicKey;
  return {
    key:
      'certificate' in holder
        ? { $case: 'certificate', certificate: X509Certificate.parse(Buffer.from(holder.certificate.raw)) }
        : { $case: 'public-key', hint: '' },
    // Complete entries are what the type wants to be told: those here have been read strictly.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    tlogEntries: tlogEntries as SignedEntity['tlogEntries'],
    timestamps: [
      ...tlogEntries
        .filter(({ inclusionPromise }) => inclusionPromise !== undefined)
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion
        .map((tlogEntry) => ({ $case: 'transparency-log', tlogEntry }) as SignedEntity['timestamps'][number]),
      ...seal.timestamps.map((token) => ({
        $case: 'timestamp-authority' as const,
        timestamp: RFC3161Timestamp.parse(Buffer.from(token)),
      })),
    ],
    signature: {
      signature,
      compareSignature: (logged) => logged.equals(signature),
      compareDigest: (logged) => content.hasDigest('payload', 'sha256', logged),
      compareSignedDigest: (logged) => {
        const hash = HASH_OF_LENGTH.get(logged.length);
        return hash !== undefined && content.hasDigest('message', hash, logged);
      },
      // The library hashes with SHA-256 whatever the curve; the signature was verified by the scheme of the key.
      verifySignature: (key) => known?.equals(key) === true,
    },
  };
}

function protobufEntryOf(entry: LogEntry): TransparencyLogEntry {
  const { logIndex, logId, kind, version, integratedTime, inclusionPromise, inclusionProof: proof } = entry;
  return {
    logIndex,
    logId: { keyId: bufferOf(logId) },
    kindVersion: { kind, version },
    integratedTime,
    inclusionPromise: inclusionPromise && { signedEntryTimestamp: bufferOf(inclusionPromise) },
    inclusionProof: proof && {
      logIndex: proof.logIndex,
      rootHash: bufferOf(proof.rootHash),
      treeSize: proof.treeSize,
      hashes: proof.hashes.map(bufferOf),
      checkpoint: proof.checkpoint === undefined ? undefined : { envelope: proof.checkpoint },
    },
    canonicalizedBody: bufferOf(entry.canonicalizedBody),
  };
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const HASH_OF_LENGTH: ReadonlyMap<number, string> = new Map([
  [32, 'sha256'],
  [48, 'sha384'],
  [64, 'sha512'],
]);

function materialOf(trust: Trust, holder: Holder): TrustMaterial {
  return {
    certificateAuthorities: trust.certificateAuthorities.map(certificatesOf),
    timestampAuthorities: trust.timestampAuthorities.map(certificatesOf),
    tlogs: trust.logs.flatMap(keysOf),
    ctlogs: trust.certificateLogs.flatMap(keysOf),
    publicKey: () => {
      if ('certificate' in holder) throw new TypeError('the bundle has a certificate');
      return { publicKey: holder.publicKey, validFor: () => true };
    },
  };
}

function certificatesOf({ chain, span }: Authority): TrustMaterial['certificateAuthorities'][number] {
  return { certChain: chain.map(({ raw }) => X509Certificate.parse(Buffer.from(raw))), validFor: complete(span) };
}

function keysOf({ url, ids, key, span }: Log): TrustMaterial['tlogs'] {
  return ids.map((logID) => ({ logID, baseURL: url, publicKey: key, validFor: complete(span) }));
}

const END_OF_TIME = new Date(8_640_000_000_000_000);

function complete({ start, end = END_OF_TIME }: Span): { start: Date; end: Date } {
  return { start, end };
}

/** The library's codes, and for those that cover several things a word of its message. */
const REFUSALS: readonly (readonly [code: string, words: RegExp, ours: ErrorCode, message: string])[] = [
  [
    'CERTIFICATE_ERROR',
    /got \d+|duplicate SCT/,
    'SCT_MISSING',
    'the certificate is in fewer certificate logs than required',
  ],
  ['CERTIFICATE_ERROR', /SCT/, 'SCT_INVALID', 'a certificate log did not sign what the certificate says it did'],
  ['CERTIFICATE_ERROR', /^/, 'CERTIFICATE_UNTRUSTED', 'the certificate does not lead to an authority of the instance'],
  ['TIMESTAMP_ERROR', /got \d+/, 'TIMESTAMP_MISSING', 'the bundle has fewer trusted times than required'],
  ['TIMESTAMP_ERROR', /duplicate/, 'TIMESTAMP_TOO_MANY', 'the bundle has the same time twice'],
  ['TIMESTAMP_ERROR', /^/, 'TIMESTAMP_UNTRUSTED', 'a timestamp is not one of an authority of the instance'],
  ['TLOG_INCLUSION_PROMISE_ERROR', /^/, 'LOG_PROMISE_INVALID', 'the promise in a log entry is not one of the log'],
  [
    'TLOG_INCLUSION_PROOF_ERROR',
    /checkpoint/,
    'LOG_CHECKPOINT_INVALID',
    'the checkpoint of a log entry is not one of the log',
  ],
  ['TLOG_INCLUSION_PROOF_ERROR', /^/, 'LOG_PROOF_INVALID', 'the proof does not show that the entry is in the log'],
  ['TLOG_MISSING_INCLUSION_ERROR', /^/, 'LOG_PROOF_INVALID', 'a log entry has neither a proof nor a promise'],
  ['TLOG_BODY_ERROR', /^/, 'LOG_BODY_MISMATCH', 'a log entry is not of this signature'],
  ['TLOG_ERROR', /^/, 'LOG_ENTRY_MISSING', 'the bundle has fewer log entries than required, or one twice'],
  ['SIGNATURE_ERROR', /^/, 'SIGNATURE_INVALID', 'the signature is not one of the certificate'],
];

function refusalOf(cause: unknown): VerificationError {
  const { code, message } = cause instanceof Error && 'code' in cause ? cause : { code: '', message: '' };
  const [, , ours, words] = REFUSALS.find(([theirs, part]) => theirs === code && part.test(message)) ?? [];
  const hint = 'do not trust this bundle';
  return new VerificationError(ours ?? 'LOG_ENTRY_INVALID', words ?? 'the bundle has a part that cannot be read', {
    hint,
    cause,
  });
}
