// SPDX-License-Identifier: Apache-2.0
// Signs the folder of a release as a model, with the command that is released: `npm run release:sign -- sigstore`, or
// any other method of `model-signing sign` with its flags. The signature is a file of the release like the others.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fail } from '../run.js';
import { withOwnCommand } from './own-command.js';
import { RELEASE } from './pack.js';

/** Beside the files that it is about: who downloads all of them has it, too. */
export const SIGNATURE = join(RELEASE, 'release.sig');

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (!existsSync(RELEASE)) fail('there is no release to sign; run: npm run release:assemble');
  try {
    withOwnCommand(RELEASE, (command) => sign(command, process.argv.slice(2)));
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}

/**
 * @param {import('./own-command.js').Command} command
 * @param {readonly string[]} method the method and its flags
 */
export function sign(command, [method = 'sigstore', ...flags]) {
  command('sign', method, RELEASE, '--signature', SIGNATURE, ...flags);
}
