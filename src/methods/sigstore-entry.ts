// SPDX-License-Identifier: Apache-2.0
// Log entries as Sigstore's own packages hold them, and as a bundle of ours does: the same facts in other boxes.

import type { TransparencyLogEntry } from '@sigstore/protobuf-specs';

import type { LogEntry } from '../method.js';

/** An entry of Sigstore's packages as one of ours; throws a plain error when it says too little to be one. */
export function logEntryOf(entry: TransparencyLogEntry): LogEntry {
  const { logIndex, logId, kindVersion, integratedTime, inclusionPromise, inclusionProof, canonicalizedBody } = entry;
  if (logId === undefined || kindVersion === undefined) throw new TypeError('a log entry says too little');
  return {
    logIndex,
    logId: logId.keyId,
    kind: kindVersion.kind,
    version: kindVersion.version,
    integratedTime,
    inclusionPromise: inclusionPromise?.signedEntryTimestamp,
    inclusionProof: inclusionProof && { ...inclusionProof, checkpoint: inclusionProof.checkpoint?.envelope },
    canonicalizedBody,
  };
}

/** One of our entries as Sigstore's packages take it. */
export function protobufEntryOf(entry: LogEntry): TransparencyLogEntry {
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
