// SPDX-License-Identifier: Apache-2.0
// The core's own tests on a target: units, the vectors of NIST on every kernel that its CPU has, bundles, statements.
// What tests the kernel under the core (faults, injected errors, memory) tests nothing of a target but its emulator.
import { ask } from '../run.js';
import { countCargo } from '../count.js';
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

/**
 * Builds the tests as the addon was built, runs them, and says how many passed.
 * @param {import('./build.js').Recipe} recipe
 * @param {import('./runners.js').Runner} runner
 */
export function coreTests({ tests: [program = '', ...args], env }, runner) {
  const chosen = ['--lib', ...TESTS.flatMap((name) => ['--test', name])];
  const what = ['--package', 'model-signing-core', ...chosen, '--locked', '--no-run', '--message-format', 'json'];
  const built = ask(program, [...args, ...what], env);
  if (built.status !== 0) throw new Error(`the core's tests do not build: ${lastWords(built)}`);
  let passed = 0;
  for (const file of executables(built.stdout)) {
    const [command = '', ...rest] = runner.program(file);
    const answer = ask(command, rest);
    const count = countCargo(answer.stdout);
    if (answer.status !== 0 || count === undefined || count.failed > 0) {
      const failed = /^test (.+) \.\.\. FAILED$/m.exec(answer.stdout)?.[1];
      throw new Error(`a test of the core fails: ${failed ?? lastWords(answer)}`);
    }
    passed += count.passed;
  }
  return passed;
}

/** @param {string} messages */
function executables(messages) {
  const all = messages.split('\n').filter((line) => line.startsWith('{'));
  return all.map((line) => JSON.parse(line).executable).filter((file) => typeof file === 'string');
}
