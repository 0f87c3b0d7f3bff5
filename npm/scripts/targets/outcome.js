// SPDX-License-Identifier: Apache-2.0
// What comes of one target: each step that was taken, why the next one could not be, or what is wrong.
import { ownPlatform } from '../release/platforms.js';
import { build } from './build.js';
import { coreTests } from './core-tests.js';
import { limited } from './limited.js';
import { native } from './runners.js';
import { SMOKE, staged } from './stage.js';
import { WhyNot, lastWords } from './why-not.js';

/** @typedef {import('./table.js').Target} Target */
/** @typedef {import('./runners.js').Runner} Runner */
/**
 * @typedef {object} Smoke what the smoke test says about where it ran
 * @property {string} how
 * @property {string} node
 * @property {string} arch
 * @property {'BE' | 'LE'} endianness
 * @property {string} kernel what hashes SHA-256 there
 * @property {number} models golden ones
 * @property {number} lengths
 * @property {number} seconds
 */
/** @typedef {{ passed: number, skips: number, kernels: string[], seconds: number }} Core */
/**
 * @typedef {object} Outcome
 * @property {string} platform
 * @property {import('./build.js').Built} [built]
 * @property {Smoke} [ran]
 * @property {Core} [core] the core's own tests
 * @property {string} [noTests] why they were not run where all else was
 * @property {string} [why] why not, where a step could not be taken
 * @property {string} [failed] what is wrong, where it was taken in vain
 */

/**
 * @param {Target} target
 * @param {{ run: boolean, core: boolean }} steps
 * @returns {Promise<Outcome>}
 */
export async function outcomeOf(target, steps) {
  /** @type {Outcome} */
  const outcome = { platform: target.platform };
  try {
    say(target, 'builds');
    outcome.built = build(target);
    if (!steps.run) return outcome;
    const runner = target.platform === ownPlatform() ? native() : target.run();
    say(target, `runs: ${runner.how}`);
    outcome.ran = await smoke(target, outcome.built.file, runner);
    if (!steps.core) return outcome;
    if (runner.noTests === undefined) outcome.core = await core(target, runner, outcome.ran.kernel);
    else outcome.noTests = runner.noTests;
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    outcome[error instanceof WhyNot ? 'why' : 'failed'] = message;
    say(target, message);
  }
  return outcome;
}

/**
 * @param {{ platform: string }} target
 * @param {string} addon
 * @param {Pick<Runner, 'how' | 'node'>} runner
 * @returns {Promise<Smoke>}
 */
export function smoke(target, addon, { how, node }) {
  return staged(target, addon, async (folder) => {
    const start = performance.now();
    const answer = await limited(node(folder, SMOKE));
    if (answer.status !== 0) throw new Error(`the smoke test fails: ${lastWords(answer)}`);
    const seconds = (performance.now() - start) / 1000;
    return { how, ...JSON.parse(answer.stdout.trim().split('\n').at(-1) ?? ''), seconds };
  });
}

/**
 * @param {Target} target
 * @param {Runner} runner
 * @param {string} best what the addon hashes SHA-256 with there
 * @returns {Promise<Core>}
 */
async function core(target, runner, best) {
  say(target, "runs the core's tests");
  const start = performance.now();
  const { passed, skips, kernels } = await coreTests(target.recipe(), runner);
  for (const skip of new Set(skips)) say(target, skip);
  say(target, `${passed} of the core's tests pass, on ${kernels.join(' and ')}`);
  if (!kernels.includes(best)) throw new Error(`the vectors of NIST were not tried on ${best}`);
  return { passed, skips: skips.length, kernels, seconds: (performance.now() - start) / 1000 };
}

/**
 * @param {Target} target
 * @param {string} what
 */
function say({ platform }, what) {
  console.error(`${platform}: ${what}`);
}
