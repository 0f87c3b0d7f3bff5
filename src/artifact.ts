// SPDX-License-Identifier: Apache-2.0
// The back door, for suites that test how Sigstore bundles are made and read: signatures over bare bytes and over any
// in-toto statement. Not part of the API: a model is vouched for by its own statement and by nothing else.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

import { assemble, assembleBundle, readSeal } from './bundle.js';
import { InputError, VerificationError } from './errors.js';
import type { Seal } from './method.js';
import { type Artifact, artifactContent, messageSignature, subjectDigests } from './methods/artifact-content.js';
import { loadPublicKey } from './methods/key-material.js';
import { type Content, contentOf } from './methods/sigstore-content.js';
import { type InstanceRequest, openInstance } from './methods/sigstore-instance.js';
import { verifySeal } from './methods/sigstore-seal.js';
import { signingRequest } from './methods/sigstore-signer.js';
import { sigstoreSigning } from './methods/sigstore-signing.js';
import { trustOf } from './methods/sigstore-trust.js';
import { ONE_OF_EACH, loadSealVerifier } from './methods/sigstore-verifying.js';
import { escape, pae, readArtifactBundle } from './native.js';
import { checkOutput, writeOutput } from './output.js';

/** Who signs what. */
export interface ArtifactSigning {
  readonly identityToken: string;
  readonly instance: InstanceRequest;
  /** Whether the file is an in-toto statement, to be signed in an envelope. */
  readonly isStatement: boolean;
}

/** Who has to have signed: a key, or an identity that a provider vouched for. */
export type ArtifactSigner =
  | { readonly publicKey: string }
  | { readonly identity: string; readonly identityProvider: string };

/** Signs a file, and writes the bundle once a verifier has accepted it. */
export async function signArtifact(path: string, output: string, options: ArtifactSigning): Promise<void> {
  const { identityToken, instance, isStatement } = options;
  await checkOutput(output, { force: false, inputs: [path], model: undefined });
  const bytes = await readArtifact(path);
  if (isStatement) subjectDigests(bytes);
  const signing = sigstoreSigning({ ...signingRequest({ identityToken }), instance });
  const input = isStatement ? { message: pae(bytes), payload: bytes } : { message: bytes };
  const signed = await signing.sign({ ...input, signal: undefined });
  const bundle = isStatement
    ? [...assembleBundle(bytes, signed)].join('')
    : assemble(signed, (signature) => messageSignature(bytes, signature));
  const read = await readArtifactBundle(Buffer.from(bundle));
  await signing.check(readSeal(read.seal), contentOf(input));
  await writeOutput(output, bundle);
}

/** Verifies a bundle about an artifact, given by its path or as `sha256:` and its digest; or throws. */
export async function verifyArtifact(
  artifact: string,
  bundle: string,
  signer: ArtifactSigner,
  instance: InstanceRequest,
): Promise<void> {
  const wanted = await artifactOf(artifact);
  const read = await readArtifactBundle(bundle);
  const verify = await verifierOf(signer, instance);
  await verify(readSeal(read.seal), artifactContent(read, wanted));
}

async function verifierOf(
  signer: ArtifactSigner,
  instance: InstanceRequest,
): Promise<(seal: Seal, content: Content) => Promise<unknown>> {
  if ('identity' in signer) return loadSealVerifier({ instance, allowed: [signer], thresholds: ONE_OF_EACH });
  const { key: publicKey } = await loadPublicKey(signer.publicKey);
  const trust = trustOf(await openInstance(instance));
  return (seal, content) => {
    if (seal.material.kind === 'publicKey') return verifySeal(seal, content, { publicKey }, trust, ONE_OF_EACH);
    const hint = 'name who has to have signed, instead of a key';
    throw new VerificationError('MATERIAL_MISMATCH', 'the bundle was not signed with a key', { hint });
  };
}

/** A text that looks like a digest is one, unless there is a file of that name. */
async function artifactOf(name: string): Promise<Artifact> {
  const [, digest] = /^sha256:([0-9a-f]{64})$/.exec(name) ?? [];
  if (digest === undefined || existsSync(name)) return { bytes: await readArtifact(name) };
  return { sha256: Buffer.from(digest, 'hex') };
}

async function readArtifact(path: string): Promise<Buffer> {
  return readFile(path).catch((cause: NodeJS.ErrnoException) => {
    const message = `the artifact '${escape(path)}' cannot be read (${cause.code ?? 'unknown error'})`;
    throw new InputError('ARTIFACT_UNREADABLE', message, { hint: 'check the path', path, cause });
  });
}
