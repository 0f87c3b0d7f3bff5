// SPDX-License-Identifier: Apache-2.0
// Makes one CommonJS file of the command and all it always needs: loading fifty ES modules one by one takes longer than
// a small model does. Packages that only some methods need stay outside, and are loaded by those.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from './run.js';

const BANNER = `'use strict';
const moduleAddress = require('node:url').pathToFileURL(__filename).href;
const npmFolder = require('node:path').join(__dirname, '../../npm');`;

/** Makes the command of what the compiler has made. */
export async function bundleCommand() {
  await bundleProgram();
  await bundleEntry();
}

/** From dist/cli/programs.js to dist/cli/program.cjs. */
async function bundleProgram() {
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['dist/cli/programs.js'],
    outfile: 'dist/cli/program.cjs',
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
    // Files of the package are found from a module's own address, which CommonJS does not give. Both are two folders deep.
    banner: { js: BANNER },
    define: { 'import.meta.url': 'moduleAddress' },
    plugins: [loaderInside, childProcessWhenUsed],
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

function packagesOutside() {
  const { dependencies, peerDependencies = {} } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return Object.keys({ ...dependencies, ...peerDependencies }).filter((name) => name !== 'commander');
}

/**
 * The loader of the addon goes along: as files of their own, it and what it needs cost 1 ms. Its folder stays the one
 * that it looks into.
 * @type {import('esbuild').Plugin}
 */
const loaderInside = {
  name: 'loader inside',
  setup(bundle) {
    const loader = join(ROOT, 'npm', 'loader.cjs');
    bundle.onResolve({ filter: /^#native$/ }, () => ({ path: loader }));
    bundle.onLoad({ filter: /[/\\]npm[/\\]loader\.cjs$/ }, () => ({
      contents: readFileSync(loader, 'utf8').replaceAll('__dirname', 'npmFolder'),
    }));
  },
};

/**
 * Commander asks for this module at once, and with it come half of Node's network modules, 2 ms; it is for commands
 * in files of their own, which this one has not.
 * @type {import('esbuild').Plugin}
 */
const childProcessWhenUsed = {
  name: 'child_process when used',
  setup(bundle) {
    bundle.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes('commander') ? { path: 'child_process', namespace: 'when-used' } : undefined,
    );
    bundle.onLoad({ filter: /^child_process$/, namespace: 'when-used' }, () => ({
      contents: "exports.spawn = (...args) => require('node:child_process').spawn(...args);",
    }));
  },
};
