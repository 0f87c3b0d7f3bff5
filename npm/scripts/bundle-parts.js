// SPDX-License-Identifier: Apache-2.0
// How the command's two files get at each other's modules: by name, through the functions that their first lines define.
import { relative, sep } from 'node:path';
import { ROOT } from './run.js';

/** A module's name in both files: its path from the root, as esbuild writes it, too. @param {string} path */
export function nameOf(path) {
  return relative(ROOT, path).replaceAll(sep, '/');
}

/**
 * What is imported when it is used comes from the other file, unless it is to be here all the same.
 * @param {readonly string[]} here
 * @param {Set<string>} found the names of the others
 * @returns {import('esbuild').Plugin}
 */
export function laterModules(here, found) {
  return {
    name: 'later modules',
    setup(bundle) {
      bundle.onResolve({ filter: /^\./ }, async ({ path, kind, pluginData, ...from }) => {
        if (kind !== 'dynamic-import' || pluginData === 'asked') return undefined;
        const module = await bundle.resolve(path, { kind, ...from, pluginData: 'asked' });
        const name = nameOf(module.path);
        if (here.includes(name)) return module;
        found.add(name);
        return { path: name, namespace: 'later' };
      });
      bundle.onLoad({ filter: /^/, namespace: 'later' }, ({ path }) => ({
        contents: `module.exports = laterModule(${JSON.stringify(path)});`,
      }));
    },
  };
}

/**
 * What the program has comes from the program.
 * @param {ReadonlySet<string>} there
 * @param {Set<string>} used the names of those that are asked for
 * @returns {import('esbuild').Plugin}
 */
export function programModules(there, used) {
  return {
    name: 'program modules',
    setup(bundle) {
      bundle.onResolve({ filter: /^\.|^commander$/ }, async ({ path, kind, pluginData, ...from }) => {
        if (pluginData === 'asked') return undefined;
        const found = await bundle.resolve(path, { kind, ...from, pluginData: 'asked' });
        const name = nameOf(found.path);
        if (!there.has(name)) return found;
        used.add(name);
        // What hands it on is CommonJS, also where the module itself is called .mjs.
        return { path: `${name}.cjs`, namespace: 'program' };
      });
      bundle.onLoad({ filter: /^/, namespace: 'program' }, ({ path }) => ({
        contents: `module.exports = programModules[${JSON.stringify(path.replace(/\.cjs$/, ''))}];`,
      }));
    },
  };
}
