// SPDX-License-Identifier: Apache-2.0
// Whether a path lies inside a model: links on the way to an entry are followed, the entry itself is not.

import { realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

/** Whether a file or folder at this path would be part of the model, also when it does not exist yet. */
export function isInsideModel(modelPath: string, path: string): boolean {
  const absolute = resolve(path);
  const inside = relative(real(resolve(modelPath)), join(real(dirname(absolute)), basename(absolute)));
  return inside !== '' && inside.split(sep, 1)[0] !== '..' && !isAbsolute(inside);
}

/** The real path, as far as the path exists; by the system's own function, which knows the short names of Windows. */
function real(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return dirname(path) === path ? path : join(real(dirname(path)), basename(path));
  }
}
