// SPDX-License-Identifier: Apache-2.0
// Builds the addon of one target into a folder of its own, target/addons/<platform>/, and judges it there.
import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { napiBuild } from '../addon.js';
import { ROOT, ask } from '../run.js';
import { WhyNot, lastWords } from './why-not.js';
import { zig } from './zig.js';

/** @typedef {import('./table.js').Target} Target */
/**
 * @typedef {object} Recipe
 * @property {readonly string[]} args what `napi build` is told
 * @property {readonly string[]} tests what `cargo test` is here
 * @property {Record<string, string>} [env]
 * @property {string} [standIn] what is built in the place of the real thing, which only another system can build
 */
/** @typedef {{ file: string, size: number, seconds: number, judged: string[], standIn?: string }} Built */

/** @param {string} platform */
export function addonPath(platform) {
  return join('target', 'addons', platform, `model-signing.${platform}.node`);
}

/**
 * Builds, and throws a `WhyNot` where this machine cannot.
 * @param {Target} target
 * @returns {Built}
 */
export function build({ platform, recipe, gates }) {
  const { args, env, standIn } = recipe();
  const file = addonPath(platform);
  const folder = join('target', 'addons', platform);
  rmSync(join(ROOT, folder), { recursive: true, force: true });
  const start = performance.now();
  const answer = ask('napi', napiBuild(folder, args), env);
  if (answer.status !== 0) throw new Error(`it does not build: ${lastWords(answer)}`);
  const seconds = (performance.now() - start) / 1000;
  rmSync(join(ROOT, folder, 'binding.d.cts'), { force: true });
  if (!existsSync(join(ROOT, file))) throw new Error(`napi made no ${file}`);
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
 * Built by zig.
 * @param {string} triple of Rust
 * @param {{ suffix?: string, env?: Record<string, string> }} [more] the version of libc to link to; what else to set
 * @returns {() => Recipe}
 */
export function byZig(triple, { suffix = '', env = {} } = {}) {
  const target = ['--target', `${triple}${suffix}`];
  return () => ({
    args: ['--cross-compile', ...target],
    tests: ['cargo-zigbuild', 'test', ...target],
    env: { ...zig(triple), ...env },
  });
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
