// SPDX-License-Identifier: Apache-2.0
// Sigstore bundles: what one says, read strictly by the core; and how one is written.

import { fileURLToPath } from 'node:url';

import { InputError, VerificationError } from './errors.js';
import type { LogEntry, Material, Seal, Signature, SignedBundle } from './method.js';
import {
  type NativeBundle,
  type NativeSeal,
  type NativeStatement,
  readBundle as read,
  readStatement,
} from './native.js';
import { isFileName, isListOf, isObject, isText } from './option-reader.js';
import { piecesOf } from './pieces.js';

/** Where a bundle is: a path, a `file:` URL, or its bytes. */
export type BundleSource = string | URL | Uint8Array;

/** A bundle that was read and is not authenticated. */
export interface ReadBundle {
  /** What a verifier looks at. */
  readonly signed: SignedBundle;
  /** Whether its statement is of the form from before the specification. */
  readonly isLegacy: boolean;
  /** Reads the statement; to be called once the signature is known to be good. */
  readonly statement: () => Promise<NativeStatement>;
}

const MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const OLD_MEDIA_TYPE = /;version=0\.[12]$/;
const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
const ENVELOPE = 'dsseEnvelope';

/** Reads a bundle. */
export async function readBundle(source: BundleSource, { allowLegacy }: { allowLegacy: boolean }): Promise<ReadBundle> {
  return readNative(await read(source instanceof Uint8Array ? piecesOf(source) : bundlePath(source)), allowLegacy);
}

/** Reads a bundle that was just made, from its text, as a verifier will. */
export async function readAgain(text: Iterable<string>): Promise<ReadBundle> {
  return readNative(await read(bytesOf(text)), false);
}

function* bytesOf(text: Iterable<string>): Generator<Uint8Array, void, undefined> {
  for (const piece of text) yield Buffer.from(piece);
}

function readNative(native: NativeBundle, allowLegacy: boolean): ReadBundle {
  const legacyMessage = native.legacyMessage() ?? undefined;
  const isLegacy = legacyMessage !== undefined;
  if (isLegacy && !allowLegacy) {
    const hint = 'allow legacy statements, if you know who made it';
    throw new VerificationError('LEGACY_FORBIDDEN', 'the statement is from before the specification', { hint });
  }
  const envelope = native.envelope();
  const payload = envelope.subarray(native.payloadAt);
  return {
    signed: {
      ...readSeal(native.seal),
      message: legacyMessage ?? envelope,
      forcedHash: isLegacy ? 'sha256' : undefined,
      payload,
    },
    isLegacy,
    statement: () => readStatement(native, allowLegacy),
  };
}

/** What a verifier looks at, whatever was signed. */
export function readSeal(native: NativeSeal): Seal {
  const { mediaType, certificateChain = [], logEntries, signature, timestamps } = native;
  const otherCertificates = certificateChain.slice(1);
  return { mediaType, material: readMaterial(native), otherCertificates, logEntries, signature, timestamps };
}

/** The path of a bundle that is in a file. */
export function bundlePath(source: string | URL): string {
  const path = source instanceof URL ? pathOfUrl(source) : source;
  if (isFileName(path) && path !== '') return path;
  throw new InputError('OPTION_INVALID', 'the bundle is not a path', { hint: 'give a path, a file: URL or bytes' });
}

function pathOfUrl(url: URL): string | undefined {
  try {
    return fileURLToPath(url);
  } catch {
    return undefined;
  }
}

/**
 * Writes a bundle: one line of JSON, its members in the order that all tools write. It comes in pieces, since that of a
 * million files has 180 MB; each iteration starts anew.
 */
export function assembleBundle(payload: Uint8Array, made: Signature): Iterable<string> {
  const frame = assemble(made, (signature) => ({
    [ENVELOPE]: { payload: '', payloadType: PAYLOAD_TYPE, signatures: [{ sig: base64(signature), keyid: '' }] },
  }));
  // Nowhere else, since a quote that belongs to a value has a backslash before it.
  const opening = `"${ENVELOPE}":{"payload":"`;
  const at = frame.indexOf(opening) + opening.length;
  return {
    *[Symbol.iterator]() {
      yield frame.slice(0, at);
      for (const piece of piecesOf(payload)) yield base64(piece);
      yield frame.slice(at);
    },
  };
}

/** Writes a bundle around a signature over something else than a statement: never for models. */
export function assemble(made: Signature, contentOf: (signature: Uint8Array) => object): string {
  if (!isSignature(made)) throw noSignature();
  const { signature, material, timestamps = [] } = made;
  const signed = timestamps.map((token) => ({ signedTimestamp: base64(token) }));
  return JSON.stringify({
    mediaType: MEDIA_TYPE,
    verificationMaterial: {
      ...writtenMaterial(material),
      tlogEntries: material.kind === 'sigstore' ? material.logEntries.map(writtenEntry) : [],
      ...(signed.length > 0 && { timestampVerificationData: { rfc3161Timestamps: signed } }),
    },
    ...contentOf(signature),
  });
}

/** Anyone can write a signer, and a bundle that nobody could verify must not look like one. */
function isSignature(made: unknown): boolean {
  const { signature, material, timestamps = [], remarks = [] } = isObject(made) ? made : {};
  const isWhole = isBytes(signature) && isObject(material) && isMaterial(material);
  return isWhole && isListOf(timestamps, isBytes) && isListOf(remarks, isText);
}

function isMaterial({ kind, hint, certificates, certificate, logEntries }: Readonly<Record<string, unknown>>): boolean {
  if (kind === 'publicKey') return isText(hint) && hint !== '';
  if (kind === 'certificateChain') return isListOf(certificates, isBytes) && certificates.length > 0;
  return kind === 'sigstore' && isBytes(certificate) && isListOf(logEntries, isObject);
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length > 0;
}

function noSignature(): InputError {
  const hint = 'a signer returns a signature and what verifies it, or throws';
  return new InputError('OPTION_INVALID', 'the signer gave no signature', { hint });
}

function writtenMaterial(material: Material): object {
  switch (material.kind) {
    case 'publicKey':
      return { publicKey: { hint: material.hint } };
    case 'certificateChain':
      return {
        x509CertificateChain: { certificates: material.certificates.map((der) => ({ rawBytes: base64(der) })) },
      };
    case 'sigstore':
      return { certificate: { rawBytes: base64(material.certificate) } };
  }
}

/** Zero values stand there too: proto3 JSON may leave them out, but not every tool reads a first entry without. */
function writtenEntry({ inclusionPromise, inclusionProof, ...entry }: LogEntry): object {
  const { logIndex, logId, kind, version, integratedTime, canonicalizedBody } = entry;
  return {
    logIndex,
    logId: { keyId: base64(logId) },
    kindVersion: { kind, version },
    integratedTime,
    ...(inclusionPromise && { inclusionPromise: { signedEntryTimestamp: base64(inclusionPromise) } }),
    ...(inclusionProof && {
      inclusionProof: {
        logIndex: inclusionProof.logIndex,
        rootHash: base64(inclusionProof.rootHash),
        treeSize: inclusionProof.treeSize,
        hashes: inclusionProof.hashes.map(base64),
        ...(inclusionProof.checkpoint !== undefined && { checkpoint: { envelope: inclusionProof.checkpoint } }),
      },
    }),
    canonicalizedBody: base64(canonicalizedBody),
  };
}

/** Before v0.3 a chain stood where the one certificate of a Sigstore bundle stands now; only its leaf says anything. */
function readMaterial(native: NativeSeal): Seal['material'] {
  const { mediaType, keyHint, keyPem, certificateChain, logEntries } = native;
  if (keyHint !== undefined) return { kind: 'publicKey', hint: keyHint };
  if (keyPem !== undefined) return { kind: 'rawPublicKey', pem: keyPem };
  const certificate = native.certificate ?? (OLD_MEDIA_TYPE.test(mediaType) ? certificateChain?.[0] : undefined);
  if (certificate !== undefined) return { kind: 'sigstore', certificate, logEntries };
  return { kind: 'certificateChain', certificates: certificateChain ?? [] };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
