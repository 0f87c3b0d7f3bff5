// SPDX-License-Identifier: Apache-2.0
// Makes two CommonJS files of the command: loading its modules one by one takes longer than a small model does. In
// program.cjs is what every run needs and what keys do, in later.cjs the rest. No module is in both, so none is there
// twice. Packages that only some methods need stay outside, and are loaded by those.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { childProcessWhenUsed, loaderInside, straightImports } from './bundle-inside.js';
import { laterModules, programModules } from './bundle-parts.js';
import { ROOT } from './run.js';

const ENTRY = './dist/cli/programs.js';

/** What signing, verifying with a key and digests import when they use it: in program.cjs all the same. */
const AT_ONCE = ['commands/digest.js', 'commands/sign.js', 'commands/verify.js', 'methods/key.js'].map(
  (name) => `dist/cli/${name}`,
);

/** Files of the package are found from a module's own address, which CommonJS does not give. All are two folders deep. */
const ADDRESS = `'use strict';
const moduleAddress = { get href() { return require('node:url').pathToFileURL(__filename).href; } };`;

/** Makes the command of what the compiler has made. */
export async function bundleCommand() {
  const inProgram = await modulesOfProgram();
  const shared = await bundleLater(inProgram.modules, inProgram.later);
  await bundleProgram(shared);
  await bundleEntry();
}

/** What the program imports at once, and what later. @returns {Promise<{ modules: Set<string>, later: Set<string> }>} */
async function modulesOfProgram() {
  /** @type {Set<string>} */
  const later = new Set();
  const { metafile } = await build({
    ...settings([laterModules(AT_ONCE, later)]),
    entryPoints: [ENTRY],
    write: false,
    metafile: true,
  });
  return { modules: new Set(Object.keys(metafile.inputs)), later };
}

/**
 * All that is imported later and is not in the program; what is there it gets from there.
 * @param {ReadonlySet<string>} inProgram
 * @param {ReadonlySet<string>} later
 * @returns {Promise<ReadonlySet<string>>} the modules of the program that it uses
 */
async function bundleLater(inProgram, later) {
  /** @type {Set<string>} */
  const shared = new Set();
  const members = [...later].map((name) => `${JSON.stringify(name)}: () => require('./${name}')`);
  await build({
    ...settings([programModules(inProgram, shared)]),
    stdin: { contents: `module.exports = useProgram({ ${members.join(', ')} });`, resolveDir: ROOT },
    outfile: 'dist/cli/later.cjs',
    banner: {
      js: `${ADDRESS}
let programModules;
const useProgram = (members) => (modules) => { programModules = modules; return members; };`,
    },
  });
  return shared;
}

/**
 * From dist/cli/programs.js to dist/cli/program.cjs.
 * @param {ReadonlySet<string>} shared
 */
async function bundleProgram(shared) {
  const names = [...shared];
  const imports = names.map((name, index) => `import * as m${index} from './${name}';`);
  const members = names.map((name, index) => `${JSON.stringify(name)}: m${index}`);
  await build({
    ...settings([laterModules(AT_ONCE, new Set()), loaderInside, childProcessWhenUsed]),
    stdin: {
      contents: `${imports.join('\n')}
export * from '${ENTRY}';
export const modules = { ${members.join(', ')} };`,
      resolveDir: ROOT,
    },
    outfile: 'dist/cli/program.cjs',
    banner: {
      js: `${ADDRESS}
const npmFolder = require('node:path').join(__dirname, '../../npm');
let later;
const laterModule = (name) => (later ??= require('./later.cjs')(module.exports.modules))[name]();`,
    },
  });
}

/** What loads the program goes into the command's entry, since a file of its own costs 1 ms; the adapter still has it. */
async function bundleEntry() {
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['dist/cli/main.cjs', 'dist/cli/compiled.cjs'],
    outdir: 'dist/cli',
    outExtension: { '.js': '.cjs' },
    allowOverwrite: true,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    // Releases that are too old have to understand it, to say so.
    target: 'node12',
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
}

/**
 * What is the same for both files.
 * @param {import('esbuild').Plugin[]} plugins
 * @returns {import('esbuild').BuildOptions}
 */
function settings(plugins) {
  return {
    absWorkingDir: ROOT,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    // Loaded from memory, it cannot import; what it loads when needed is CommonJS, all of it.
    supported: { 'dynamic-import': false },
    charset: 'ascii',
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
    external: packagesOutside(),
    define: { 'import.meta.url': 'moduleAddress.href' },
    plugins: [straightImports, ...plugins],
  };
}

function packagesOutside() {
  const { dependencies, peerDependencies = {} } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return Object.keys({ ...dependencies, ...peerDependencies }).filter((name) => name !== 'commander');
}
