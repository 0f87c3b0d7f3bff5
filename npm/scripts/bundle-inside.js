// SPDX-License-Identifier: Apache-2.0
// What becomes another thing inside the bundled command: each saves what a small run would pay for and not use.
import { readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { ROOT } from './run.js';

/**
 * The command imports the front door, and through it every method there is. In the bundle each name comes from the very
 * module that makes it, so that what a command does not name is not loaded with it.
 * @type {import('esbuild').Plugin}
 */
export const straightImports = {
  name: 'straight imports',
  setup(bundle) {
    const dist = join(ROOT, 'dist');
    const origins = new Map(
      importsIn(readFileSync(join(dist, 'index.js'), 'utf8')).flatMap(({ names, from }) =>
        names.map((name) => [name, from]),
      ),
    );
    bundle.onLoad({ filter: /[/\\]dist[/\\]cli[/\\].*\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll(IMPORT, (statement, names, from) =>
        /^(?:\.\.\/)+index\.js$/.test(from) ? straight(names, path, origins, dist) : statement,
      ),
    }));
  },
};

const IMPORT = /import\s*\{([^}]*)\}\s*from\s*"([^"]+)";?/g;

/** @param {string} text @returns {{ names: string[], from: string }[]} */
function importsIn(text) {
  return [...text.matchAll(IMPORT)].map(([, names = '', from = '']) => ({ names: listed(names), from }));
}

/** @param {string} names */
function listed(names) {
  return names.split(',').map((name) => name.trim());
}

/**
 * The same names, each from where it is made.
 * @param {string} names
 * @param {string} path
 * @param {ReadonlyMap<string | undefined, string | undefined>} origins
 * @param {string} dist
 */
function straight(names, path, origins, dist) {
  const door = relative(dirname(path), dist).replaceAll(sep, '/');
  return listed(names)
    .map((name) => {
      const origin = origins.get(name.split(' as ', 1)[0]);
      if (origin === undefined) throw new Error(`${path} imports ${name}, which the front door has not`);
      return `import{${name}}from"${door}/${origin.replace('./', '')}";`;
    })
    .join('');
}

/**
 * The loader of the addon goes along: as files of their own, it and what it needs cost 1 ms. Its folder stays the one
 * that it looks into.
 * @type {import('esbuild').Plugin}
 */
export const loaderInside = {
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
export const childProcessWhenUsed = {
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
