// SPDX-License-Identifier: Apache-2.0
// The core's own tests on a target: units, the vectors of NIST on every kernel that its CPU has, bundles, statements.
// What tests the kernel under the core (faults, injected errors, memory) tests nothing of a target but its emulator.
import { ask } from '../run.js';
import { countCargo } from '../count.js';
import { limited } from './limited.js';
import { lastWords } from './why-not.js';

const TESTS = [
  'bundle',
  'check',
  'log_entries',
  'nist',
  'oracle',
  'statement',
  'statement_vectors',
  'tolerate',
  'windows',
];

/** What hashes is optimised as in the addon: an emulator pays for every instruction. */
const FAST = ['blake2b_simd', 'blake3', 'model-signing-core', 'sha2'].flatMap((name) => [
  '--config',
  `profile.dev.package.${name}.opt-level=3`,
]);

/** @typedef {{ name: string, file: string }} Program */
/** @typedef {{ passed: number, failures: string[], skips: string[], kernels: string[] }} Result `kernels` of SHA-256 */

/**
 * Builds the tests as the addon was built, runs all of them, and says how many passed, what they could not try, and which
 * kernels were tried.
 * @param {import('./build.js').Recipe} recipe
 * @param {import('./runners.js').Runner} runner
 */
export async function coreTests(recipe, runner) {
  /** @type {Result[]} */
  const results = [];
  for (const { name, file } of programs(recipe)) results.push(resultOf(name, await limited(runner.program(file))));
  const failures = results.flatMap((result) => result.failures);
  if (failures.length > 0) throw new Error(`tests of the core fail: ${failures.join('; ')}`);
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const [skips, kernels] = [results.flatMap((result) => result.skips), results.flatMap((result) => result.kernels)];
  return { passed, skips, kernels };
}

/**
 * @param {import('./build.js').Recipe} recipe
 * @returns {Program[]}
 */
function programs({ tests: [program = '', ...args], env }) {
  const chosen = ['--lib', ...TESTS.flatMap((name) => ['--test', name])];
  const what = ['--package', 'model-signing-core', ...chosen, '--locked', '--no-run', '--message-format', 'json'];
  // Nobody debugs them there, and what a debugger reads takes long to make.
  const built = ask(program, [...args, ...FAST, ...what], { ...env, CARGO_PROFILE_DEV_DEBUG: 'none' });
  if (built.status !== 0) throw new Error(`the core's tests do not build: ${lastWords(built)}`);
  const messages = built.stdout.split('\n').filter((line) => line.startsWith('{'));
  const made = messages.map((line) => JSON.parse(line)).filter(({ executable }) => typeof executable === 'string');
  return made.map(({ target, executable }) => ({ name: target.name, file: executable }));
}

/**
 * What a program of Rust's test harness says of itself.
 * @param {string} program
 * @param {import('./limited.js').Answer} answer
 * @returns {Result}
 */
export function resultOf(program, answer) {
  const { stdout, stderr, status, error } = answer;
  const skips = [...stderr.matchAll(/^SKIPPED: .*$/gm)].map(([line]) => line);
  const kernels = namesOf(stderr, /^NIST's vectors, in every lane of: (.+)$/gm).flatMap((names) => names.split(', '));
  const count = countCargo(stdout);
  const said = { passed: count?.passed ?? 0, failures: [], skips, kernels };
  if (status === 0 && count !== undefined && count.failed === 0) return said;
  const failed = namesOf(stdout, /^test (\S+) .*\bFAILED$/gm);
  if (error === undefined && failed.length > 0) return { ...said, failures: [`${program}: ${failed.join(', ')}`] };
  const begun = namesOf(stdout, /^test (\S+) has been running for over/gm);
  const ended = new Set(namesOf(stdout, /^test (\S+) .*\b(?:ok|FAILED|ignored)/gm));
  const within = begun.filter((name) => !ended.has(name));
  const where = within.length > 0 ? ` (in ${within.join(', ')})` : '';
  return { ...said, failures: [`${program}: ${lastWords(answer)}${where}`] };
}

/**
 * @param {string} text
 * @param {RegExp} pattern
 */
function namesOf(text, pattern) {
  return [...text.matchAll(pattern)].map(([, name = '']) => name);
}
