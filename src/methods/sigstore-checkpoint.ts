// SPDX-License-Identifier: Apache-2.0
// Checkpoints: signed notes in which a log says how large its tree is and what its root. Read to the letter, since a
// proof stands or falls by them. Of a bundle's, whose signature is good is found out elsewhere.

import { verify } from 'node:crypto';

import { VerificationError } from '../errors.js';
import type { InclusionProof, LogEntry } from '../method.js';
import { escape } from '../native.js';
import { EMPTY_ROOT, HASH_SIZE, LARGEST_TREE, type Tree } from './merkle-tree.js';
import type { Log } from './sigstore-trust.js';

/** What a log signed about its tree. */
export interface Head extends Tree {
  /** The name of the tree: of the log, and of the part of it if it has several. */
  readonly origin: string;
  /** The whole note: what to show to others. */
  readonly note: string;
}

/** Enough for a few witnesses. */
const LONGEST_NOTE = 16_384;

/** Checks that the parts of an entry that no signature covers say what the checkpoint and the proof say. */
export function checkProof({ logIndex, inclusionPromise, inclusionProof }: LogEntry): void {
  if (inclusionProof === undefined) return;
  checkCheckpoint(inclusionProof);
  // A promise covers the index over all shards; where there is none, the one of the proof is the only one.
  if (inclusionPromise !== undefined || logIndex === inclusionProof.logIndex) return;
  throw invalid('LOG_PROOF_INVALID', 'the log entry has another index than its proof');
}

/** Reads a checkpoint that one of these logs has to have signed. */
export function openCheckpoint(note: string, logs: readonly Log[]): Head {
  const { origin, size, root, text, signatures } = readNote(note);
  if (note.split('\n').some((line) => escape(line) !== line)) throw malformed();
  const head = { origin, size: BigInt(size), root: Buffer.from(root, 'base64'), note };
  const isTree = head.root.length === HASH_SIZE && head.root.toString('base64') === root && head.size <= LARGEST_TREE;
  if (!isTree || (head.size === 0n && !head.root.equals(EMPTY_ROOT))) throw malformed();
  const own = signatures.flatMap(({ name, hint, signature }) => {
    const signer = logs.find((log) => log.ids.some((id) => id.subarray(0, 4).equals(hint)));
    return signer !== undefined && isNameOf(name, origin, signer) ? [isSignedByLog(signer, text, signature)] : [];
  });
  if (own.length > 0 && own.every(Boolean)) return head;
  throw new VerificationError(
    'LOG_CHECKPOINT_INVALID',
    `a checkpoint of '${escape(origin)}' is not signed by the log`,
    {
      hint: 'do not believe what it says; if the log has a new key: model-signing trust update',
    },
  );
}

/** Whether a log signed this. */
export function isSignedByLog({ key }: Log, content: Uint8Array, signature: Uint8Array): boolean {
  return verify(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', content, key, signature);
}

/** A log of several trees signs each with its one name, and names the tree behind it; the name is part of its address. */
function isNameOf(name: string, origin: string, { url }: Log): boolean {
  const tree = origin.startsWith(name) ? origin.slice(name.length) : ' of another log';
  return /^(?: - \d{1,19})?$/.test(tree) && url.includes(name);
}

function checkCheckpoint({ checkpoint, treeSize, rootHash }: InclusionProof): void {
  if (checkpoint === undefined) throw invalid('LOG_CHECKPOINT_INVALID', 'the proof of a log entry has no checkpoint');
  const { size, root } = readNote(checkpoint);
  if (size === treeSize && root === Buffer.from(rootHash).toString('base64')) return;
  throw invalid('LOG_PROOF_INVALID', 'the proof of a log entry is about another tree than its checkpoint');
}

interface Note {
  readonly origin: string;
  readonly size: string;
  readonly root: string;
  /** What the signatures cover. */
  readonly text: Buffer;
  readonly signatures: readonly NoteSignature[];
}

interface NoteSignature {
  readonly name: string;
  /** The first bytes of the key's id. */
  readonly hint: Buffer;
  readonly signature: Buffer;
}

const NOTE =
  /^(?<origin>[^\n]+)\n(?<size>0|[1-9]\d*)\n(?<root>[^\n]+)\n(?:[^\n]+\n)*\n(?<lines>(?:\u2014 [^\n]+\n)+)$/u;

function readNote(note: string): Note {
  const { origin, size, root, lines } = (note.length <= LONGEST_NOTE && NOTE.exec(note)?.groups) || {};
  if (origin === undefined || size === undefined || root === undefined || lines === undefined) throw malformed();
  const text = Buffer.from(note.slice(0, note.length - lines.length - 1));
  return { origin, size, root, text, signatures: lines.slice(0, -1).split('\n').map(readSignature) };
}

/** The name of a key, and its hint of four bytes before the signature. */
function readSignature(line: string): NoteSignature {
  const [, name, base64 = ''] = /^\u2014 ([^\s+]+) (\S+)$/u.exec(line) ?? [];
  const bytes = Buffer.from(base64, 'base64');
  if (name === undefined || bytes.length <= 4 || bytes.toString('base64') !== base64) throw malformed();
  return { name, hint: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

function malformed(): VerificationError {
  const hint = 'do not trust what comes with it';
  return new VerificationError('LOG_CHECKPOINT_INVALID', 'the checkpoint of a log is malformed', { hint });
}

function invalid(code: 'LOG_CHECKPOINT_INVALID' | 'LOG_PROOF_INVALID', message: string): VerificationError {
  return new VerificationError(code, message, { hint: 'do not trust this bundle' });
}
