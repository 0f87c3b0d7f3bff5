// SPDX-License-Identifier: Apache-2.0
// The portable addon: WebAssembly, and the two files of JavaScript that start it, each with all that it needs in it. So
// nothing is loaded that the loader has not checked, and the package depends on no other.
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from '../run.js';

export const WASM = 'wasm32-wasi';
const NAME = `model-signing.${WASM}`;

/** What the package of it has to have, in the order in which they are looked at. */
export const WASM_FILES = [`${NAME}.cjs`, `${NAME}.wasm`, `${NAME}-worker.cjs`];

/** Packages whose code ends in the two files, with what their licence asks for. */
const INSIDE = ['@emnapi/core', '@emnapi/runtime', '@emnapi/wasi-threads', 'tslib'];

/**
 * Puts the JavaScript beside the WebAssembly that `napi` left in a folder, and takes away its own.
 * @param {string} folder
 */
export async function completeWasm(folder) {
  for (const file of readdirSync(folder)) {
    if (file !== `${NAME}.wasm`) rmSync(join(folder, file));
  }
  await bundle('npm/wasm/addon.js', join(folder, `${NAME}.cjs`));
  await bundle('npm/wasm/worker.js', join(folder, `${NAME}-worker.cjs`));
  writeFileSync(join(folder, 'LICENSES.md'), INSIDE.map(licence).join('\n'));
}

/**
 * @param {string} entry
 * @param {string} outfile
 */
async function bundle(entry, outfile) {
  await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    charset: 'utf8',
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
}

/** @param {string} name */
function licence(name) {
  const folder = join(ROOT, 'node_modules', name);
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((found) => /^licen[cs]e(?:\.\w+)?$/i.test(found));
  if (file === undefined) throw new Error(`${name} says nothing of its licence`);
  return `# ${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
}
