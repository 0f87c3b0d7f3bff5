// SPDX-License-Identifier: Apache-2.0
// Whether a path lies inside a model: links on the way to an entry are followed, the entry itself is not.

import { realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, normalize, relative, sep } from 'node:path';

/** Whether a file or folder at this path would be part of the model, also when it does not exist yet. */
export function isInsideModel(modelPath: string, path: string): boolean {
  return nameInModel(modelPath, path) !== undefined;
}

/**
 * By which name it would be part of the model, relative to the model. The system resolves the paths: the name of the
 * working directory need be nothing that Node.js can spell.
 */
export function nameInModel(modelPath: string, path: string): string | undefined {
  const plain = normalize(path);
  const name = relative(real(normalize(modelPath)), join(real(dirname(plain)), basename(plain)));
  return name === '' || name.split(sep, 1)[0] === '..' || isAbsolute(name) ? undefined : name;
}

/** The real path, as far as the path exists; by the system's own function, which knows the short names of Windows. */
function real(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return dirname(path) === path ? path : join(real(dirname(path)), basename(path));
  }
}
