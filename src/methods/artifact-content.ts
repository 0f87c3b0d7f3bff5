// SPDX-License-Identifier: Apache-2.0
// What bundles about other things than models are about: bytes, of which perhaps only the digest is at hand, or a
// statement that names them by their digest.

import { createHash } from 'node:crypto';

import { VerificationError } from '../errors.js';
import { type NativeArtifactBundle, parseJson, escape, pae } from '../native.js';
import { isObject } from '../option-reader.js';
import { verifyDigest } from './ecdsa-digest.js';
import { type Content, contentOf } from './sigstore-content.js';

/** What somebody wants to know about: the bytes, or their SHA-256 digest. */
export type Artifact = { readonly bytes: Uint8Array } | { readonly sha256: Uint8Array };

/** What a bundle signs. Before anything of it is believed, it has to be about this artifact by its own words. */
export function artifactContent({ payload, messageDigest }: NativeArtifactBundle, artifact: Artifact): Content {
  if (payload !== undefined) {
    if (!subjectDigests(payload).includes(sha256Of(artifact).toString('hex'))) throw mismatch('another subject');
    return contentOf({ message: pae(payload), payload });
  }
  const content = 'bytes' in artifact ? contentOf({ message: artifact.bytes }) : digestContent(artifact.sha256);
  if (messageDigest === undefined) return content;
  const hash = HASHES.get(messageDigest.algorithm);
  if (hash === undefined || !content.hasDigest('message', hash, messageDigest.value)) throw mismatch('other bytes');
  return content;
}

/** What a bundle holds instead of an envelope: a signature over bare bytes, and their digest. */
export function messageSignature(bytes: Uint8Array, signature: Uint8Array): object {
  const digest = createHash('sha256').update(bytes).digest('base64');
  const messageDigest = { algorithm: 'SHA2_256', digest };
  return { messageSignature: { messageDigest, signature: Buffer.from(signature).toString('base64') } };
}

/** The SHA-256 digests of what an in-toto statement is about, in hexadecimal. */
export function subjectDigests(payload: Uint8Array): readonly string[] {
  const { _type, subject }: { _type?: unknown; subject?: unknown } = parse(payload);
  if (typeof _type !== 'string' || !STATEMENT_TYPE.test(_type)) {
    throw broken('STATEMENT_TYPE_UNKNOWN', 'is of no known type');
  }
  if (!Array.isArray(subject)) throw broken('SUBJECT_INVALID', 'has no subjects');
  return subject.map((entry: unknown) => {
    const digests = isObject(entry) ? entry['digest'] : undefined;
    const sha256 = isObject(digests) ? digests['sha256'] : undefined;
    if (typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256)) return sha256;
    throw broken('SUBJECT_INVALID', 'has a subject without a SHA-256 digest');
  });
}

const STATEMENT_TYPE = /^https:\/\/in-toto\.io\/Statement\/v(?:0\.1|1)$/;

const HASHES: ReadonlyMap<string, string> = new Map([
  ['SHA2_256', 'sha256'],
  ['SHA2_384', 'sha384'],
  ['SHA2_512', 'sha512'],
]);

function digestContent(sha256: Uint8Array): Content {
  return {
    isSignedBy: async (key, signature) => verifyDigest(key, sha256, signature),
    hasDigest: (of, hash, digest) => of === 'message' && hash === 'sha256' && Buffer.from(sha256).equals(digest),
  };
}

function sha256Of(artifact: Artifact): Buffer {
  return 'bytes' in artifact ? createHash('sha256').update(artifact.bytes).digest() : Buffer.from(artifact.sha256);
}

function parse(payload: Uint8Array): Readonly<Record<string, unknown>> {
  const found = parseJson(payload);
  if (isObject(found)) return found;
  throw broken('STATEMENT_MEMBER_INVALID', 'is no object');
}

function broken(code: 'STATEMENT_MEMBER_INVALID' | 'STATEMENT_TYPE_UNKNOWN' | 'SUBJECT_INVALID', what: string) {
  return new VerificationError(code, `the statement ${what}`, { hint: 'do not trust this bundle' });
}

function mismatch(what: string): VerificationError {
  const hint = 'it was made for something else: do not trust this artifact';
  return new VerificationError('ARTIFACT_MISMATCH', `the bundle is about ${escape(what)}`, { hint });
}
