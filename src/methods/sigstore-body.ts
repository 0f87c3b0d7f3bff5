// SPDX-License-Identifier: Apache-2.0
// What a log wrote down: that this signature, by this certificate, is over this content. Every kind of body that logs
// have for envelopes and for bytes is read into the same three facts, and all three have to be those of the bundle.

import { VerificationError } from '../errors.js';
import type { LogEntry, Seal } from '../method.js';
import { parseJson, escape } from '../native.js';
import { pemBlocks } from './pem.js';
import type { Content } from './sigstore-content.js';
import type { Holder } from './sigstore-seal.js';

/** What a body says was signed, how and by whom. */
interface Logged {
  readonly signature: Uint8Array;
  readonly verifier: Verifier;
  /** A hash of the statement, or of what the signature covers. */
  readonly digest: { readonly hash: string; readonly of: 'payload' | 'message'; readonly value: Uint8Array };
}

/** The digest that a body records, of a statement or of what a signature covers: nothing where it is of another kind. */
export function digestIn(body: unknown): string | undefined {
  const [kind, version] = [at(body, 'kind'), at(body, 'apiVersion')];
  try {
    const { digest } = KINDS.get(`${String(kind)} ${String(version)}`)?.(body) ?? {};
    return digest && `${digest.hash}:${Buffer.from(digest.value).toString('hex')}`;
  } catch (cause) {
    if (cause instanceof VerificationError) return undefined;
    throw cause;
  }
}

/** What verifies a signature, in DER: a certificate, or a key alone. */
interface Verifier {
  readonly kind: 'certificate' | 'key';
  readonly der: Uint8Array;
}

/** Checks that an entry is of this signature, over this content, and of this very certificate or key. */
export function checkBody(entry: LogEntry, { signature }: Seal, content: Content, holder: Holder): void {
  const { signature: written, verifier, digest } = logged(entry);
  if (!same(written, signature)) throw mismatch('another signature than that of the bundle');
  if (!content.hasDigest(digest.of, digest.hash, digest.value)) throw mismatch('another content');
  const { kind, der } = verifierOf(holder);
  if (verifier.kind !== kind || !same(verifier.der, der)) {
    throw mismatch(kind === 'key' ? 'another key than the one given' : 'another certificate than that of the bundle');
  }
}

function verifierOf(holder: Holder): Verifier {
  if ('certificate' in holder) return { kind: 'certificate', der: holder.certificate.raw };
  return { kind: 'key', der: holder.publicKey.export({ type: 'spki', format: 'der' }) };
}

function logged({ kind, version, canonicalizedBody }: LogEntry): Logged {
  const body = parseBody(canonicalizedBody);
  const read = KINDS.get(`${kind} ${version}`);
  if (read === undefined) {
    const what = `'${escape(kind.slice(0, 40))}' of version '${escape(version.slice(0, 20))}'`;
    throw malformed(`is of a kind that is not known (${what})`);
  }
  if (textAt(body, 'kind') !== kind || textAt(body, 'apiVersion') !== version) {
    throw malformed('is of another kind than the bundle says');
  }
  return read(body);
}

const KINDS: ReadonlyMap<string, (body: unknown) => Logged> = new Map([
  ['dsse 0.0.1', dsseV1],
  ['dsse 0.0.2', dsseV2],
  ['hashedrekord 0.0.1', hashedRecordV1],
  ['hashedrekord 0.0.2', hashedRecordV2],
  ['intoto 0.0.2', inTotoV2],
]);

function dsseV1(body: unknown): Logged {
  const signature = onlyOf(at(body, 'spec', 'signatures'));
  return {
    signature: base64At(signature, 'signature'),
    verifier: pemAt(signature, 'verifier'),
    digest: { of: 'payload', ...hexDigest(at(body, 'spec', 'payloadHash')) },
  };
}

/** The signature stands there as base64 of base64, as it was in the envelope that was sent. */
function inTotoV2(body: unknown): Logged {
  const signature = onlyOf(at(body, 'spec', 'content', 'envelope', 'signatures'));
  return {
    signature: decoded(base64At(signature, 'sig').toString('latin1')),
    verifier: pemAt(signature, 'publicKey'),
    digest: { of: 'payload', ...hexDigest(at(body, 'spec', 'content', 'payloadHash')) },
  };
}

function hashedRecordV1(body: unknown): Logged {
  return {
    signature: base64At(body, 'spec', 'signature', 'content'),
    verifier: pemAt(body, 'spec', 'signature', 'publicKey', 'content'),
    digest: { of: 'message', ...hexDigest(at(body, 'spec', 'data', 'hash')) },
  };
}

function dsseV2(body: unknown): Logged {
  const spec = at(body, 'spec', 'dsseV002');
  const signature = onlyOf(at(spec, 'signatures'));
  return {
    signature: base64At(signature, 'content'),
    verifier: rawAt(signature),
    digest: { of: 'payload', ...protobufDigest(at(spec, 'payloadHash')) },
  };
}

function hashedRecordV2(body: unknown): Logged {
  const spec = at(body, 'spec', 'hashedRekordV002');
  return {
    signature: base64At(spec, 'signature', 'content'),
    verifier: rawAt(at(spec, 'signature')),
    digest: { of: 'message', ...protobufDigest(at(spec, 'data')) },
  };
}

const HASHES = new Set(['sha256', 'sha384', 'sha512']);
const PROTOBUF_HASHES: ReadonlyMap<string, string> = new Map([
  ['SHA2_256', 'sha256'],
  ['SHA2_384', 'sha384'],
  ['SHA2_512', 'sha512'],
]);

function hexDigest(value: unknown): { hash: string; value: Uint8Array } {
  const hash = textAt(value, 'algorithm');
  const hex = textAt(value, 'value');
  if (HASHES.has(hash) && /^(?:[0-9a-f]{2})+$/.test(hex)) return { hash, value: Buffer.from(hex, 'hex') };
  throw malformed('has a digest that cannot be read');
}

function protobufDigest(value: unknown): { hash: string; value: Uint8Array } {
  const hash = PROTOBUF_HASHES.get(textAt(value, 'algorithm'));
  if (hash !== undefined) return { hash, value: base64At(value, 'digest') };
  throw malformed('has a digest that cannot be read');
}

/** Reads the JSON of a body. */
export function parseBody(body: Uint8Array): unknown {
  try {
    return parseJson(body);
  } catch (cause) {
    throw malformed('is not JSON', cause);
  }
}

function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    const members = typeof found === 'object' && found !== null ? new Map(Object.entries(found)) : new Map();
    found = members.get(name);
  }
  return found;
}

function textAt(value: unknown, ...path: readonly string[]): string {
  const found = at(value, ...path);
  if (typeof found === 'string') return found;
  throw malformed(`does not have '${path.at(-1) ?? ''}' where it should`);
}

function onlyOf(value: unknown): unknown {
  if (Array.isArray(value) && value.length === 1) return value[0];
  throw malformed('does not have exactly one signature');
}

function base64At(value: unknown, ...path: readonly string[]): Buffer {
  return decoded(textAt(value, ...path));
}

function decoded(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') === text) return bytes;
  throw malformed('has a value that is not base64');
}

function pemAt(value: unknown, ...path: readonly string[]): Verifier {
  const [block, ...more] = pemBlocks(base64At(value, ...path));
  const kind = PEM_KINDS.get(block?.label ?? '');
  if (block === undefined || kind === undefined || more.length > 0) throw malformed('does not hold one certificate');
  const text = block.bytes.toString('latin1').replaceAll(/-----[^-\n]+-----|\s/g, '');
  return { kind, der: decoded(text) };
}

const PEM_KINDS: ReadonlyMap<string, Verifier['kind']> = new Map([
  ['CERTIFICATE', 'certificate'],
  ['PUBLIC KEY', 'key'],
]);

function rawAt(signature: unknown): Verifier {
  const verifier = at(signature, 'verifier');
  if (at(verifier, 'publicKey') !== undefined) return { kind: 'key', der: base64At(verifier, 'publicKey', 'rawBytes') };
  return { kind: 'certificate', der: base64At(verifier, 'x509Certificate', 'rawBytes') };
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.from(one).equals(other);
}

function mismatch(what: string): VerificationError {
  const hint = 'the log entry was taken from elsewhere: do not trust this bundle';
  return new VerificationError('LOG_BODY_MISMATCH', `the log entry is of ${what}`, { hint });
}

function malformed(what: string, cause?: unknown): VerificationError {
  const hint = 'do not trust this bundle';
  return new VerificationError('LOG_ENTRY_INVALID', `the body of the log entry ${what}`, { hint, cause });
}
