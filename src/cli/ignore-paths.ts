// SPDX-License-Identifier: Apache-2.0
// What an ignore path on a command line means: people type paths as the shell completes them, or as the model sees
// them. Where both could be meant and differ, nobody guesses.

import { lstatSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';

import { InputError, escape, isInsideModel } from '../index.js';
import type { FlagValues } from './flags.js';

/** Turns the ignore paths of a command line into what the library takes: absolute, or relative to the model. */
export function resolveIgnorePaths(modelPath: string, paths: FlagValues[string]): string[] {
  const given: readonly string[] = Array.isArray(paths) ? paths : [];
  return given.map((path) => (isAbsolute(path) ? path : resolveOne(resolve(modelPath), path)));
}

function resolveOne(model: string, path: string): string {
  const fromHere = resolve(path);
  const fromModel = resolve(model, path);
  const isHere = isInsideModel(model, fromHere);
  const isThere = isInsideModel(model, fromModel);
  if (isHere && isThere && fromHere !== fromModel && exists(fromHere) && exists(fromModel)) {
    const message = `ignore path '${escape(path)}' means one entry from here and another from the model`;
    throw new InputError('USAGE', message, { hint: 'give the absolute path of the one you mean' });
  }
  if (isHere) return fromHere;
  if (isThere) return fromModel;
  const hint = 'give a path inside the model: absolute, relative to this folder, or relative to the model';
  throw new InputError('USAGE', `ignore path '${escape(path)}' is outside the model`, { hint });
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
