// SPDX-License-Identifier: Apache-2.0
// Puts the folder together that is published and signed: `npm run release:assemble [-- --complete]`. The tarballs, the
// list of what they are made of (SBOM), and the sums of all of it.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sha256 } from '../addon.js';
import { fail } from '../run.js';
import { RELEASE, packRelease } from './pack.js';
import { sbom } from './sbom.js';

/**
 * Returns the tarballs, the facade last.
 * @param {boolean} complete whether every platform has to be there
 */
export function assemble(complete) {
  const tarballs = packRelease(complete);
  const { name, version } = /** @type {import('./pack.js').Tarball} */ (tarballs.at(-1));
  writeFileSync(join(RELEASE, `${name}-${version}.cdx.json`), sbom(tarballs));
  const sums = readdirSync(RELEASE)
    .toSorted()
    .map((file) => `${sha256(join(RELEASE, file))}  ${file}\n`);
  writeFileSync(join(RELEASE, 'SHA256SUMS'), sums.join(''));
  return tarballs;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    assemble(process.argv.includes('--complete'));
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}
