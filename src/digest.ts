// SPDX-License-Identifier: Apache-2.0
// What is this model? A manifest without a signature.

import { lstatSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { InputError } from './errors.js';
import { HashedManifest } from './manifest.js';
import { type HashingOptions, escape, hashModel } from './native.js';
import { isFileName } from './option-reader.js';
import { type DigestOptions, type ResolvedOptions, resolveOptions } from './options.js';

/**
 * Hashes a model and says what it is.
 *
 * @param model - The model's folder, or its one file: a path or a `file:` URL.
 * @param options - What to record, and how to go about it.
 * @returns The model's manifest.
 * @throws `InputError` when the call or the file system is at fault, `VerificationError` when the model holds
 * something that cannot be hashed faithfully, the signal's reason when it was aborted.
 */
export async function digest(model: string | URL, options: DigestOptions = {}): Promise<HashedManifest> {
  return digestModel(modelPath(model), resolveOptions(options));
}

/** The same, with the options resolved. */
export async function digestModel(path: string, options: HashingOptions): Promise<HashedManifest> {
  warnOfPatterns(options);
  const manifest = new HashedManifest(await hashModel(path, options));
  if (manifest.followedTo !== undefined) options.logger.info('the model path is a symbolic link and was followed');
  return manifest;
}

/** A pattern was probably meant, and a name is what the format knows. */
function warnOfPatterns({ ignorePaths, logger }: ResolvedOptions): void {
  for (const path of ignorePaths.filter((name) => /[*?[]/.test(name))) {
    logger.warn(`ignore path '${escape(path)}' is taken as a name, letter by letter: there are no patterns`);
  }
}

/**
 * Finds out early that there is no model at all: nobody should log in to be told that.
 *
 * @throws `InputError` with the code `MODEL_NOT_FOUND`.
 */
export function requireModel(model: string | URL): void {
  const path = modelPath(model);
  try {
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return;
  } catch {
    // It is there: what is wrong with it the core says better.
    return;
  }
  throw new InputError('MODEL_NOT_FOUND', `model '${escape(path)}' does not exist`, { hint: 'check the path', path });
}

/** The path that a caller's model means. */
export function modelPath(model: unknown): string {
  const path = model instanceof URL ? fromUrl(model) : model;
  if (isFileName(path) && path !== '') return path;
  throw notAPath();
}

function fromUrl(url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw notAPath(cause);
  }
}

function notAPath(cause?: unknown): InputError {
  return new InputError('OPTION_INVALID', 'the model is not a path', { hint: 'give a path, or a file: URL', cause });
}
