// SPDX-License-Identifier: Apache-2.0
// What an ignore path on a command line means: people type paths as the shell completes them, or as the model sees
// them. Where both could be meant and differ, nobody guesses.

import { lstatSync, statSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';

import { InputError, escape, isInsideModel } from '../index.js';
import type { FlagValues } from './flags.js';

/** Turns the ignore paths of a command line into what the library takes: absolute, or relative to the model. */
export function resolveIgnorePaths(modelPath: string, paths: FlagValues[string]): string[] {
  const given: readonly string[] = Array.isArray(paths) ? paths : [];
  const root = rootOf(resolve(modelPath));
  return given.map((path) => (isAbsolute(path) ? resolve(path) : resolveOne(root, path)));
}

/** The folder that names are relative to: the model, or the one that a model of one file is in. */
function rootOf(model: string): string {
  try {
    return statSync(model).isFile() ? dirname(model) : model;
  } catch {
    // Whoever opens it says what is wrong with it.
    return model;
  }
}

function resolveOne(model: string, path: string): string {
  // To `resolve` it means the working directory, which nobody named.
  if (path === '') throw new InputError('USAGE', 'an ignore path is empty', { hint: 'give a path inside the model' });
  const fromHere = resolve(path);
  const fromModel = resolve(model, path);
  const isHere = isNamedIn(model, fromHere);
  const isThere = isNamedIn(model, fromModel);
  if (isHere && isThere && fromHere !== fromModel && exists(fromHere) && exists(fromModel)) {
    const message = `ignore path '${escape(path)}' means one entry from here and another from the model`;
    throw new InputError('USAGE', message, { hint: 'give the absolute path of the one you mean' });
  }
  if (isHere) return fromHere;
  if (isThere && (fromHere !== model || exists(fromModel))) return fromModel;
  const hint = 'give a path inside the model: absolute, relative to this folder, or relative to the model';
  throw new InputError('USAGE', `ignore path '${escape(path)}' is outside the model, or all of it`, { hint });
}

/** Whether an entry of the model can have this path; what lies below a link that leaves the model has the link's name. */
function isNamedIn(model: string, path: string): boolean {
  return isInsideModel(model, path) || (dirname(path) !== path && isNamedIn(model, dirname(path)));
}

function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}
