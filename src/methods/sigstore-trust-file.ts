// SPDX-License-Identifier: Apache-2.0
// What says whom an instance trusts and where its services are, as JSON: a trusted root, a signing configuration, or
// both in one. The strict reader of the core looks first; then the schemas of Sigstore; then what must not be missing.

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

import { ClientTrustConfig, SigningConfig, TrustedRoot } from '@sigstore/protobuf-specs';

import { type ErrorCode, InputError, ModelSigningError } from '../errors.js';
import { parseJson, escape } from '../native.js';

/** Whom to trust, and where the services are if that is known. */
export interface TrustDocuments {
  readonly trustedRoot: TrustedRoot;
  readonly signingConfig: SigningConfig | undefined;
}

/** No list of authorities and logs that means something is larger. */
export const LARGEST_TRUST_FILE = 16 * 1_048_576;

const CLIENT_TRUST = /^application\/vnd\.dev\.sigstore\.clienttrustconfig(?:\.v0\.1\+json|\+json;version=0\.1)$/;
const TRUSTED_ROOT = /^application\/vnd\.dev\.sigstore\.trustedroot(?:\.v0\.[12]\+json|\+json;version=0\.[12])$/;
const SIGNING_CONFIG = /^application\/vnd\.dev\.sigstore\.signingconfig(?:\.v0\.2\+json|\+json;version=0\.2)$/;
const FLAGS = constants.O_RDONLY | (process.platform === 'win32' ? 0 : constants.O_NONBLOCK);

/** Reads a ClientTrustConfig or a trusted root from a file. */
export async function readTrustFile(path: string): Promise<TrustDocuments> {
  const bytes = await readBounded(path);
  return inFile(path, () => readTrust(bytes));
}

/** Reads a signing configuration from a file. */
export async function readSigningConfigFile(path: string): Promise<SigningConfig> {
  const bytes = await readBounded(path);
  return inFile(path, () => readSigningConfig(bytes));
}

/** Reads a ClientTrustConfig or a trusted root. */
export function readTrust(bytes: Uint8Array): TrustDocuments {
  const document = parse(bytes);
  const mediaType = mediaTypeOf(document);
  if (TRUSTED_ROOT.test(mediaType)) return { trustedRoot: trustedRootOf(document), signingConfig: undefined };
  if (!CLIENT_TRUST.test(mediaType)) {
    throw invalid(`has the media type '${escape(mediaType.slice(0, 100))}'`, HINT);
  }
  const { trustedRoot, signingConfig } = member(document, ['trustedRoot', 'signingConfig']);
  return { trustedRoot: trustedRootOf(trustedRoot), signingConfig: signingConfigOf(signingConfig) };
}

/** Reads a trusted root. */
export function readTrustedRoot(bytes: Uint8Array): TrustedRoot {
  return trustedRootOf(parse(bytes));
}

/** Reads a signing configuration. */
export function readSigningConfig(bytes: Uint8Array): SigningConfig {
  return signingConfigOf(parse(bytes));
}

/** Writes both as one document that `readTrust` reads. */
export function writeTrust({ trustedRoot, signingConfig }: TrustDocuments): string {
  if (signingConfig === undefined) return JSON.stringify(TrustedRoot.toJSON(trustedRoot));
  const mediaType = 'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json';
  return JSON.stringify(ClientTrustConfig.toJSON({ mediaType, trustedRoot, signingConfig }));
}

const HINT = 'give a ClientTrustConfig or a trusted root, as the operator of the instance publishes it';

function parse(bytes: Uint8Array): unknown {
  if (bytes.length > LARGEST_TRUST_FILE) throw invalid('is larger than 16 MiB', HINT);
  try {
    return parseJson(bytes);
  } catch (cause) {
    const why = cause instanceof ModelSigningError ? `: ${cause.message}` : '';
    throw invalid(`is not JSON${why}`, HINT, cause);
  }
}

function trustedRootOf(document: unknown): TrustedRoot {
  if (!TRUSTED_ROOT.test(mediaTypeOf(document))) throw invalid('holds no trusted root of a known version', HINT);
  requireLists(document, ['certificateAuthorities', 'timestampAuthorities', 'tlogs', 'ctlogs']);
  const root = schema(() => TrustedRoot.fromJSON(document));
  if (root.certificateAuthorities.length === 0) throw invalid('names no certificate authority', HINT);
  return root;
}

function signingConfigOf(document: unknown): SigningConfig {
  if (!SIGNING_CONFIG.test(mediaTypeOf(document))) {
    throw invalid('holds no signing configuration of a known version (v0.2)', HINT);
  }
  requireLists(document, ['caUrls', 'oidcUrls', 'rekorTlogUrls', 'tsaUrls']);
  return schema(() => SigningConfig.fromJSON(document));
}

/** The schemas take what is no list for an empty one. */
function requireLists(document: unknown, names: readonly string[]): void {
  const [name] = Object.entries(member(document, names)).find(([, value]) => !Array.isArray(value)) ?? [];
  if (name !== undefined) throw invalid(`has a member '${name}' that is no list`, HINT);
}

/** The schemas throw plain errors of their own for values that they do not know. */
function schema<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw invalid('has a member with a wrong value', HINT, cause);
  }
}

function mediaTypeOf(document: unknown): string {
  const { mediaType } = member(document, ['mediaType']);
  return typeof mediaType === 'string' ? mediaType : '';
}

function member<const T extends readonly string[]>(document: unknown, names: T): Partial<Record<T[number], unknown>> {
  if (typeof document !== 'object' || document === null) return {};
  const own = Object.entries(document).filter(([name]) => names.includes(name));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is left has these names, and unknown values
  return Object.fromEntries(own) as Partial<Record<T[number], unknown>>;
}

function inFile<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    throw problem(cause.code, path, cause.message.replace(/^the trust configuration /, ''), cause.hint ?? HINT, cause);
  }
}

async function readBounded(path: string): Promise<Buffer> {
  const file = await open(path, FLAGS).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  try {
    if (!(await file.stat()).isFile()) throw problem('TRUST_CONFIG_UNREADABLE', path, 'is not a regular file', HINT);
    const buffer = Buffer.alloc(LARGEST_TRUST_FILE + 1);
    let length = 0;
    for (let count = -1; count !== 0 && length < buffer.length; length += count) {
      count = (await file.read(buffer, length, buffer.length - length)).bytesRead;
    }
    return Buffer.from(buffer.subarray(0, length));
  } catch (cause) {
    throw cause instanceof InputError ? cause : unreadable(path, cause);
  } finally {
    await file.close();
  }
}

function unreadable(path: string, cause: unknown): InputError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
  return problem('TRUST_CONFIG_UNREADABLE', path, `cannot be read (${code})`, 'check the path', cause);
}

function invalid(what: string, hint: string, cause?: unknown): InputError {
  return new InputError('TRUST_CONFIG_INVALID', `the trust configuration ${what}`, { hint, cause });
}

function problem(code: ErrorCode, path: string, what: string, hint: string, cause?: unknown): InputError {
  return new InputError(code, `the trust configuration '${escape(path)}' ${what}`, { hint, path, cause });
}
