// SPDX-License-Identifier: Apache-2.0
// Bundles about files, made with the local Sigstore for tests.

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import { type ArtifactSigner, signArtifact, verifyArtifact } from '../dist/artifact.js';
import { requestTimestamp } from '../dist/methods/timestamp-request.js';
import type { Pair } from './keys.js';
import { scratch } from './models.js';
import type { Sigstack } from './sigstack.js';
import { addToV2 } from './sigstack-client.js';

/** A file. */
export const BYTES: Buffer = Buffer.from('what was signed');

/** Its digest, as a verifier is told of it. */
export const DIGEST = `sha256:${sha256(BYTES, 'hex')}`;

/** What can be signed, and in which log. */
export const KINDS = ['bytes 1', 'bytes 2', 'statement 1', 'statement 2'] as const;

/** One of them. */
export type Kind = (typeof KINDS)[number];

/** What a bundle says a log says. */
export interface Entry {
  readonly inclusionProof?: object;
}

/** A bundle as JSON has it. */
export interface Bundle {
  readonly verificationMaterial: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

/** What is signed, and how, where it differs from the usual. */
interface Signing {
  readonly bytes: Buffer;
  readonly folder: string;
  readonly statement: string;
  readonly signingConfig: string;
}

/** Signs a file, or a statement about it. */
export async function signed(
  t: ExecutionContext,
  stack: Sigstack,
  kind: Kind,
  signing: Partial<Signing> = {},
): Promise<{ folder: string; bundle: string }> {
  const isStatement = kind.startsWith('statement');
  const usual = kind.endsWith('1') ? stack.signingConfigV1 : stack.signingConfigV2;
  const { bytes = BYTES, folder = scratch(t), statement = statementAbout(bytes), signingConfig = usual } = signing;
  const [input, output] = [join(folder, 'input'), join(folder, 'bundle')];
  writeFileSync(join(folder, 'file'), bytes);
  writeFileSync(input, isStatement ? statement : bytes);
  const instance = { trustConfig: stack.trustedRoot, signingConfig };
  await signArtifact(input, output, { identityToken: await stack.token(), instance, isStatement });
  return { folder, bundle: readFileSync(output, 'utf8') };
}

/** An in-toto statement about a file. */
export function statementAbout(bytes: Buffer): string {
  return JSON.stringify({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'file', digest: { sha256: sha256(bytes, 'hex') } }],
    predicateType: 'https://example.com/anything/v1',
    predicate: {},
  });
}

/** What a key signs, the newer log enters and an authority confirms. */
export async function keySigned(stack: Sigstack, key: Pair): Promise<string> {
  const { json: answer } = await addToV2(stack, BYTES, key);
  const { inclusionPromise: _, ...json } = answer;
  const body = JSON.parse(Buffer.from(json.canonicalizedBody, 'base64').toString());
  const signature: string = body.spec.hashedRekordV002.signature.content;
  const token = await requestTimestamp(new URL(timestamper(stack)), Buffer.from(signature, 'base64'));
  return JSON.stringify({
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      publicKey: { hint: 'any' },
      tlogEntries: [json],
      timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: Buffer.from(token).toString('base64') }] },
    },
    messageSignature: { messageDigest: { algorithm: 'SHA2_256', digest: sha256(BYTES, 'base64') }, signature },
  });
}

function timestamper(stack: Sigstack): string {
  const { tsaUrls } = JSON.parse(readFileSync(stack.signingConfigV2, 'utf8')) as { tsaUrls: [{ url: string }] };
  return tsaUrls[0].url;
}

/** The root of the instance's authority. */
export function rootOf(stack: Sigstack): string {
  const root = JSON.parse(readFileSync(stack.trustedRoot, 'utf8')) as {
    certificateAuthorities: [{ certChain: { certificates: { rawBytes: string }[] } }];
  };
  return root.certificateAuthorities[0].certChain.certificates.at(-1)?.rawBytes ?? '';
}

/** The code with which a bundle is refused, or `verified`. */
export async function outcome(
  stack: Sigstack,
  folder: string,
  text: string,
  artifact = 'file',
  signer: ArtifactSigner = { identity: 'alice@example.com', identityProvider: stack.issuer() },
  trustConfig = stack.trustedRoot,
): Promise<string> {
  const bundle = join(folder, 'changed');
  writeFileSync(bundle, text);
  const wanted = artifact.startsWith('sha256:') || artifact.startsWith('/') ? artifact : join(folder, artifact);
  return verifyArtifact(wanted, bundle, signer, { trustConfig }).then(
    () => 'verified',
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
  );
}

/** The bundle in a text. */
export function parsed(bundle: string): Bundle {
  return JSON.parse(bundle) as Bundle;
}

/** The bundle under another media type. */
export function as(version: string, bundle: string): string {
  return JSON.stringify({ ...parsed(bundle), mediaType: `application/vnd.dev.sigstore.bundle${version}` });
}

/** The bundle with other verification material. */
export function material(bundle: string, changes: object): string {
  const whole = parsed(bundle);
  return JSON.stringify({ ...whole, verificationMaterial: { ...whole.verificationMaterial, ...changes } });
}

function sha256(bytes: Buffer, encoding: 'hex' | 'base64'): string {
  return createHash('sha256').update(bytes).digest(encoding);
}
