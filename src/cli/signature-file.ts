// SPDX-License-Identifier: Apache-2.0
// Where the signature of a model is looked for when nobody says where: in the model, beside it, and here.

import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

import { InputError, VerificationError, escape, requireModel } from '../index.js';

/** The name that signatures are given, here and by the other tools. */
export const DEFAULT_NAME = 'model.sig';

/** Finds the one signature of a model, if there is that model: to say where it is would help nobody otherwise. */
export function findSignature(modelPath: string): string {
  requireModel(modelPath);
  const model = resolve(modelPath);
  const names = [DEFAULT_NAME, `${basename(model)}.sig`];
  const folders = [model, dirname(model), process.cwd()];
  const places = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  const found = new Map(places.filter((place) => existsSync(place)).map((place) => [realpathSync(place), place]));
  const [first, ...others] = found.values();
  if (first === undefined) throw nothingFound(modelPath, [...new Set(places)]);
  if (others.length === 0) return first;
  const list = [first, ...others].map((path) => `'${escape(path)}'`).join(' and ');
  throw new InputError('USAGE', `there are several signatures: ${list}`, { hint: 'say which one by --signature' });
}

function nothingFound(modelPath: string, places: readonly string[]): VerificationError {
  const list = places.map((place) => `'${escape(place)}'`).join(', ');
  const message = `no signature of '${escape(modelPath)}' was found; looked for ${list}`;
  return new VerificationError('SIGNATURE_NOT_FOUND', message, { hint: 'say where it is by --signature' });
}
