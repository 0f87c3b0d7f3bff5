// SPDX-License-Identifier: Apache-2.0
// Checkpoints: signed notes in which a log says how large its tree is and what its root. Read to the letter, since a
// proof stands or falls by them; whose signature is good is found out elsewhere.

import { VerificationError } from '../errors.js';
import type { InclusionProof, LogEntry } from '../method.js';

/** Checks that the parts of an entry that no signature covers say what the checkpoint and the proof say. */
export function checkProof({ logIndex, inclusionPromise, inclusionProof }: LogEntry): void {
  if (inclusionProof === undefined) return;
  checkCheckpoint(inclusionProof);
  // A promise covers the index over all shards; where there is none, the one of the proof is the only one.
  if (inclusionPromise !== undefined || logIndex === inclusionProof.logIndex) return;
  throw invalid('LOG_PROOF_INVALID', 'the log entry has another index than its proof');
}

function checkCheckpoint({ checkpoint, treeSize, rootHash }: InclusionProof): void {
  if (checkpoint === undefined) throw invalid('LOG_CHECKPOINT_INVALID', 'the proof of a log entry has no checkpoint');
  const note =
    /^(?<origin>[^\n]+)\n(?<size>0|[1-9]\d*)\n(?<root>[^\n]+)\n(?:[^\n]+\n)*\n(?<signatures>(?:\u2014 [^\n]+\n)+)$/u;
  const { size, root, signatures = '' } = note.exec(checkpoint)?.groups ?? {};
  if (size === undefined || root === undefined || !signatures.trimEnd().split('\n').every(isSignature)) {
    throw invalid('LOG_CHECKPOINT_INVALID', 'the checkpoint of a log entry is malformed');
  }
  if (size === treeSize && root === Buffer.from(rootHash).toString('base64')) return;
  throw invalid('LOG_PROOF_INVALID', 'the proof of a log entry is about another tree than its checkpoint');
}

/** The name of a key, and its hint of four bytes before the signature. */
function isSignature(line: string): boolean {
  const [, text = ''] = /^\u2014 [^\s+]+ (\S+)$/u.exec(line) ?? [];
  const bytes = Buffer.from(text, 'base64');
  return bytes.length > 4 && bytes.toString('base64') === text;
}

function invalid(code: 'LOG_CHECKPOINT_INVALID' | 'LOG_PROOF_INVALID', message: string): VerificationError {
  return new VerificationError(code, message, { hint: 'do not trust this bundle' });
}
