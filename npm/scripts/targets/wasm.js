// SPDX-License-Identifier: Apache-2.0
// The portable addon: WebAssembly, and the two files of JavaScript that start it, each with all that it needs in it. So
// nothing is loaded that the loader has not checked, and the package depends on no other.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { PORTABLE, addonFiles, addonLicences } from '../addon.js';
import { ROOT } from '../run.js';
import { NOWHERE } from './stage.js';
import { requireStandardLibrary } from './zig.js';

const TRIPLE = 'wasm32-wasip1-threads';

/** Packages whose code ends in the two files, with what their licence asks for. */
const INSIDE = ['@emnapi/core', '@emnapi/runtime', '@emnapi/wasi-threads', 'tslib'];

/** @returns {import('./build.js').Recipe} */
export function wasm() {
  requireStandardLibrary(TRIPLE);
  const target = ['--target', TRIPLE];
  return { args: target, tests: ['cargo', 'test', ...target], complete };
}

/**
 * The JavaScript beside the WebAssembly, and the licences of what is in it.
 * @param {string} folder
 */
function complete(folder) {
  const [, addon = '', worker = ''] = addonFiles(PORTABLE);
  bundle('npm/wasm/addon.js', join(folder, addon));
  bundle('npm/wasm/worker.js', join(folder, worker));
  writeFileSync(join(folder, addonLicences(PORTABLE) ?? ''), INSIDE.map(licence).join('\n'));
}

/** Node.js itself runs it, on a machine that pretends to have no native addon. @returns {import('./runners.js').Runner} */
export function pretending() {
  return {
    how: 'WASI of Node.js',
    node: (folder, script) => [process.execPath, '--require', join(folder, NOWHERE), join(folder, script)],
    program: (file) => [file],
    noTests: 'they need a system with processes and temporary folders',
  };
}

/**
 * @param {string} entry
 * @param {string} outfile
 */
function bundle(entry, outfile) {
  buildSync({
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
