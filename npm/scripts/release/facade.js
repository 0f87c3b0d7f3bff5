// SPDX-License-Identifier: Apache-2.0
// The facade as it is published: what npm would pack of the checkout, but with the packages of all platforms as optional
// dependencies of exactly its own version, with the sums of their addons, and without what only a checkout needs.
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT, ask } from '../run.js';
import { description } from './platforms.js';

/** @typedef {import('./platforms.js').Platform} Platform */
/** @typedef {import('./platforms.js').Description} Description */

/** For those who work on the sources. `private` keeps the checkout itself from being published. */
const OF_THE_CHECKOUT = new Set(['private', 'scripts', 'devDependencies', 'napi', 'ava', 'allowScripts']);

/**
 * Writes the facade into a folder that does not exist yet.
 * @param {Description} facade
 * @param {readonly Platform[]} platforms
 * @param {string} table the sums of their addons
 * @param {string} folder
 */
export function writeFacade(facade, platforms, table, folder) {
  for (const file of packedFiles()) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(ROOT, file), join(folder, file));
  }
  writeJson(join(folder, 'package.json'), publicDescription(facade, platforms));
  writeFileSync(join(folder, 'npm', 'checksums.json'), table);
}

/** What npm would pack, without modules and declarations that nobody can reach. @returns {string[]} */
function packedFiles() {
  const { status, stdout, stderr } = ask('npm', ['pack', '--dry-run', '--json', '--ignore-scripts']);
  if (status !== 0) throw new Error(`npm pack: ${stderr}`);
  const [{ files }] = JSON.parse(stdout);
  const paths = files.map((/** @type {{ path: string }} */ { path }) => path);
  checkBuilt(paths);
  const types = reachable(['dist/index.d.ts', 'npm/loader.d.cts'], (module) => module.replace(/\.(c?)js$/, '.d.$1ts'));
  const modules = reachable(['dist/index.js'], (module) => module);
  return paths.filter((/** @type {string} */ path) => {
    if (/\.d\.c?ts$/.test(path)) return types.has(path);
    return !/^dist\/.+\.js$/.test(path) || modules.has(path);
  });
}

/** What the command is made of. */
const BUNDLED = ['./dist/cli/program.cjs', './dist/cli/later.cjs'];

/**
 * A build that failed half way leaves a package behind that npm would pack.
 * @param {readonly string[]} paths
 */
function checkBuilt(paths) {
  const { bin, exports } = description();
  for (const file of [...Object.values(bin), ...Object.values(exports['.']), ...BUNDLED]) {
    if (!paths.includes(file.replace('./', ''))) throw new Error(`${file} is not built; run: npm run build`);
  }
}

/**
 * These files and all that they name, and so on. No other could be imported by anyone; the command has files of its own.
 * @param {string[]} waiting
 * @param {(module: string) => string} fileOf what a module's name stands for
 * @returns {Set<string>}
 */
function reachable(waiting, fileOf) {
  /** @type {Set<string>} */
  const found = new Set();
  for (const file of waiting) {
    if (found.has(file)) continue;
    found.add(file);
    for (const [, specifier = ''] of readFileSync(join(ROOT, file), 'utf8').matchAll(/['"](\.[^'"]+\.c?js)['"]/g)) {
      const named = fileOf(join(dirname(file), specifier).replaceAll('\\', '/'));
      if (existsSync(join(ROOT, named))) waiting.push(named);
    }
  }
  return found;
}

/**
 * @param {Description} facade
 * @param {readonly Platform[]} platforms
 */
function publicDescription(facade, platforms) {
  const kept = Object.entries(facade).filter(([name]) => !OF_THE_CHECKOUT.has(name));
  // What is for any system would be installed on every one.
  const exact = platforms.filter(({ os }) => os !== undefined).map(({ packageName }) => [packageName, facade.version]);
  return { ...Object.fromEntries(kept), optionalDependencies: Object.fromEntries(exact) };
}

/**
 * @param {string} file
 * @param {unknown} value
 */
function writeJson(file, value) {
  writeFileSync(file, `${JSON.stringify(value, undefined, 2)}\n`);
}
