// SPDX-License-Identifier: Apache-2.0
// Builds the addon of one target into a folder of its own, target/addons/<platform>/, and judges it there.
import { readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { addonFiles, napiBuild } from '../addon.js';
import { ROOT, ask } from '../run.js';
import { WhyNot, lastWords } from './why-not.js';
import { zig } from './zig.js';

/** @typedef {import('./table.js').Target} Target */
/**
 * @typedef {object} Recipe
 * @property {readonly string[]} args what `napi build` is told
 * @property {readonly string[]} tests what `cargo test` is here
 * @property {Record<string, string>} [env]
 * @property {(folder: string) => void} [complete] what has to be put beside the compiled file
 * @property {string} [standIn] what is built in the place of the real thing, which only another system can build
 */
/** @typedef {{ file: string, size: number, seconds: number, judged: string[], standIn?: string }} Built */

/** @param {string} platform */
export function addonPath(platform) {
  return join('target', 'addons', platform, addonFiles(platform)[0]);
}

/**
 * Builds, and throws a `WhyNot` where this machine cannot.
 * @param {Target} target
 * @returns {Built}
 */
export function build({ platform, recipe, gates }) {
  const { args, env, complete, standIn } = recipe();
  const file = addonPath(platform);
  const folder = join('target', 'addons', platform);
  rmSync(join(ROOT, folder), { recursive: true, force: true });
  const start = performance.now();
  const answer = ask('napi', napiBuild(folder, args), env);
  if (answer.status !== 0) throw new Error(`it does not build: ${lastWords(answer)}`);
  const seconds = (performance.now() - start) / 1000;
  takeWhatWasMade(join(ROOT, folder), addonFiles(platform)[0]);
  complete?.(join(ROOT, folder));
  const judged = gates.map((gate) => gate(join(ROOT, file)));
  return {
    file,
    size: statSync(join(ROOT, file)).size,
    seconds,
    judged,
    ...(standIn === undefined ? {} : { standIn }),
  };
}

/**
 * Of what napi made only the compiled file is kept, under its name: a stand-in has another one.
 * @param {string} folder
 * @param {string} name
 */
function takeWhatWasMade(folder, name) {
  const kind = name.slice(name.lastIndexOf('.'));
  const made = readdirSync(folder);
  const compiled = made.find((file) => file.endsWith(kind) && !file.endsWith(`.debug${kind}`));
  if (compiled === undefined) throw new Error(`napi made no ${name}`);
  renameSync(join(folder, compiled), join(folder, name));
  for (const file of made.filter((other) => other !== compiled && other !== name)) rmSync(join(folder, file));
}

/**
 * Built by zig.
 * @param {string} triple of Rust
 * @param {string} [libc] the version of glibc to link to
 * @returns {() => Recipe}
 */
export function byZig(triple, libc) {
  return () => withZig(libc === undefined ? triple : `${triple}.${libc}`, zig(triple));
}

/**
 * @param {string} name of the target, as zig's front end takes it
 * @param {Record<string, string>} env
 * @returns {Recipe}
 */
export function withZig(name, env) {
  const target = ['--target', name];
  return { args: ['--cross-compile', ...target], tests: ['cargo-zigbuild', 'test', ...target], env };
}

/**
 * Built by the tools of the system that it is for.
 * @param {string} triple
 * @param {NodeJS.Platform} system
 * @param {() => Recipe} [elsewhere] something that stands in for it on other systems
 * @returns {() => Recipe}
 */
export function byOwnTools(triple, system, elsewhere) {
  return () => {
    const target = ['--target', triple];
    if (process.platform === system) return { args: target, tests: ['cargo', 'test', ...target] };
    if (elsewhere !== undefined) return elsewhere();
    throw new WhyNot(`${triple} needs the tools of ${system}`);
  };
}
