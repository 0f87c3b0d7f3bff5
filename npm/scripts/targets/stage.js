// SPDX-License-Identifier: Apache-2.0
// A folder that looks as if the package and one platform package had been installed, with the smoke test beside them.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { addonFiles, checksums } from '../addon.js';
import { ROOT } from '../run.js';

/** What the package always has; the list of checksums is made for the addon. */
const FACADE = ['package.json', 'dist', 'npm/c-library.cjs', 'npm/loader.cjs', 'npm/trust'];

/** The smoke test, and the models and digests it goes by. */
export const SMOKE = 'smoke.cjs';
export const NOWHERE = 'nowhere.cjs';
const GOLDEN = '__test__/vectors/golden';

/**
 * Lends the folder to `use`.
 * @template Result
 * @param {{ platform: string }} target
 * @param {string} addon relative to the root
 * @param {(folder: string) => Promise<Result>} use
 * @returns {Promise<Result>}
 */
export async function staged({ platform }, addon, use) {
  const files = addonFiles(platform).map((name) => join(dirname(resolve(ROOT, addon)), name));
  const folder = mkdtempSync(join(tmpdir(), `model-signing-${platform}-`));
  try {
    const facade = join(folder, 'node_modules', 'model-signing');
    for (const path of FACADE) cpSync(join(ROOT, path), join(facade, path), { recursive: true });
    writeFileSync(join(facade, 'npm', 'checksums.json'), checksums(files));
    const name = `model-signing-${platform}`;
    const own = join(folder, 'node_modules', name);
    mkdirSync(own);
    for (const file of files) cpSync(file, join(own, basename(file)));
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    writeFileSync(join(own, 'package.json'), JSON.stringify({ name, version }));
    for (const script of [SMOKE, NOWHERE]) {
      cpSync(join(ROOT, 'npm', 'scripts', 'targets', script), join(folder, script));
    }
    cpSync(join(ROOT, GOLDEN), join(folder, 'golden'), { recursive: true });
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
