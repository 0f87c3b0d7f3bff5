// SPDX-License-Identifier: Apache-2.0
// Signs a model: what it is, by the core; who says so, by a method; then a bundle, written at once or not at all.

import { assembleBundle, readAgain } from './bundle.js';
import { digestModel, modelPath, requireModel } from './digest.js';
import { nameInModel } from './inside.js';
import { HashedManifest } from './manifest.js';
import type { Authentication, Identity, Signer } from './method.js';
import { requireMethod, withDefaults } from './option-reader.js';
import { type ResolvedSign, type SignOptions, resolveSignOptions } from './options.js';
import { checkOutput, writeOutput } from './output.js';

/** A model that was signed. */
export interface SignedModel {
  /** What was signed. */
  readonly manifest: HashedManifest;
  /** The bundle: one line of JSON. Of a million files it has 180 MB, and is put together when it is read. */
  readonly bundle: string;
  /** `sha256:` and the digest of the statement's bytes in hexadecimal. */
  readonly statementDigest: string;
  /** The name of the method that signed. */
  readonly method: string;
  /** Who signed, as the finished bundle says; nothing where the method has no name for its signers. */
  readonly signer: Identity | undefined;
  /** Where the bundle was written, when that was asked for. */
  readonly signature: string | undefined;
  /** What a careful reader should know. */
  readonly remarks: readonly string[];
}

/** One configuration for many models. */
export interface ModelSigner {
  /**
   * Signs a model.
   *
   * @param model - The model's folder or its one file, or a manifest that was computed before.
   * @param options - What differs from the options the signer was made with.
   */
  sign(model: string | URL | HashedManifest, options?: SignOptions): Promise<SignedModel>;
}

/** Makes a signer of models. It serves many models, also at once; nothing of one reaches the next. */
export function createSigner(settings: SignOptions & { readonly signer: Signer }): ModelSigner {
  requireMethod(settings, 'signer', 'sign');
  const { signer, ...defaults } = settings;
  return {
    sign: async (model, options = {}) =>
      signModel(model, signer, resolveSignOptions(withDefaults<SignOptions>(defaults, options))),
  };
}

/** Signs one model. */
export async function sign(
  model: string | URL | HashedManifest,
  options: SignOptions & { readonly signer: Signer },
): Promise<SignedModel> {
  return createSigner(options).sign(model);
}

async function signModel(
  model: string | URL | HashedManifest,
  signer: Signer,
  options: ResolvedSign,
): Promise<SignedModel> {
  const { signature, force, signal } = options;
  const path = model instanceof HashedManifest ? undefined : modelPath(model);
  if (signature !== undefined) await checkOutput(signature, { force, inputs: signer.inputs ?? [], model: path });
  if (path !== undefined) requireModel(path);
  await signer.prepare?.(signal);
  const manifest = model instanceof HashedManifest ? model : await digestModel(modelPath(model), beside(options, path));
  const { bytes: message, payloadAt, statementDigest } = await manifest.message(options.compat);
  const payload = message.subarray(payloadAt);
  const signed = await signer.sign({ payload, message, signal });
  const text = assembleBundle(payload, signed);
  const checked = await checkBundle(text, signer);
  for (const remark of checked?.remarks ?? []) options.logger.warn(remark);
  signal?.throwIfAborted();
  if (signature !== undefined) await writeOutput(signature, text);
  const { remarks = [] } = signed;
  const evidence = { statementDigest, method: signer.method, signer: checked?.signer, signature, remarks };
  let bundle: string | undefined;
  return {
    manifest,
    ...evidence,
    /** Put together when it is asked for: whoever has it in a file seldom wants it as one text, too. */
    get bundle() {
      return (bundle ??= [...text].join(''));
    },
  };
}

/** The bundle as a verifier will read it, from its bytes. */
async function checkBundle(text: Iterable<string>, signer: Signer): Promise<Authentication | undefined> {
  if (signer.check === undefined) return undefined;
  const { signed } = await readAgain(text);
  return signer.check(signed);
}

/** A signature that lies inside the model is no file of it: left out, and recorded as left out. */
function beside(options: ResolvedSign, model: string | undefined): ResolvedSign {
  const { signature, ignorePaths } = options;
  const name = signature === undefined || model === undefined ? undefined : nameInModel(model, signature);
  return name === undefined ? options : { ...options, ignorePaths: [...ignorePaths, name] };
}
