// SPDX-License-Identifier: Apache-2.0
// Every check of this repository in order; the first that fails ends the run. Each is a script of package.json, so it
// can be run by itself. At the end: the minutes of each stage, and the sum of the tests that ran.
import { spawn } from 'node:child_process';
import { countCargo, countTap } from './count.js';
import { minutes, settings } from './run.js';

/** @typedef {import('./count.js').Count} Count */
/** @typedef {{ name: string, script: string, args?: string[], count?: (output: string) => Count | undefined }} Stage */
/** @typedef {{ name: string, time: number, ok: boolean, count: Count | undefined }} Outcome */

/** @type {readonly Stage[]} */
const STAGES = [
  { name: 'Rust format', script: 'format:rust' },
  { name: 'Rust lint', script: 'lint:rust' },
  { name: 'TypeScript format', script: 'format:ts' },
  { name: 'TypeScript lint', script: 'lint:ts' },
  { name: 'Go format', script: 'format:go' },
  { name: 'workflow lint', script: 'lint:workflows' },
  { name: 'build and types', script: 'setup' },
  { name: 'local Sigstore', script: 'build:sigstack' },
  { name: 'Go lint', script: 'lint:go' },
  { name: 'Rust tests', script: 'test:rust', count: countCargo },
  { name: 'Node.js tests', script: 'test:node', args: ['--tap'], count: countTap },
  { name: 'Node.js lines', script: 'test:matrix', args: ['--short'] },
  { name: 'package', script: 'package:check' },
  { name: 'installation', script: 'test:install', args: ['--short', '--tap'], count: countTap },
  { name: 'benchmarks', script: 'bench:quick' },
  { name: 'licences', script: 'licences' },
  { name: 'advisories', script: 'audit' },
];

const outcomes = await runAll(STAGES);
report(outcomes);

/** @param {readonly Stage[]} stages */
async function runAll(stages) {
  /** @type {Outcome[]} */
  const done = [];
  for (const stage of stages) {
    const outcome = await runStage(stage);
    done.push(outcome);
    if (!outcome.ok) break;
  }
  return done;
}

/**
 * @param {Stage} stage
 * @returns {Promise<Outcome>}
 */
async function runStage({ name, script, args = [], count }) {
  console.log(`\n== ${name} (npm run ${script})`);
  const start = performance.now();
  const { status, output } = await tee('npm', ['run', '--silent', script, ...(args.length > 0 ? ['--', ...args] : [])]);
  const time = performance.now() - start;
  const found = count?.(output);
  const unread = status === 0 && count !== undefined && found === undefined;
  const end = unread
    ? ', failed: the runner did not say how many tests ran'
    : status === 0
      ? ''
      : `, failed: status ${status}`;
  console.log(`-- ${name}: ${minutes(time)}${end}`);
  return { name, time, ok: status === 0 && !unread, count: found };
}

/**
 * Runs a program, shows what it prints as it prints it, and keeps its stdout.
 * @param {string} program
 * @param {readonly string[]} args
 * @returns {Promise<{ status: number, output: string }>}
 */
function tee(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...settings(), stdio: ['ignore', 'pipe', 'inherit'] });
    /** @type {Buffer[]} */
    const chunks = [];
    child.stdout.on('data', (chunk) => {
      chunks.push(chunk);
      process.stdout.write(chunk);
    });
    child.once('error', reject);
    child.once('close', (status) => resolve({ status: status ?? 1, output: Buffer.concat(chunks).toString() }));
  });
}

/**
 * A stage that failed without a failed test counts as one failure, so that the last line never looks like success.
 * @param {readonly Outcome[]} done
 */
function report(done) {
  const failed = done.find(({ ok }) => !ok);
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const { count } of done) {
    sum.passed += count?.passed ?? 0;
    sum.failed += count?.failed ?? 0;
    sum.skipped += count?.skipped ?? 0;
  }
  console.log('\n== summary');
  for (const { name, time, ok } of done) {
    console.log(`${name.padEnd(20)}${minutes(time).padStart(10)}  ${ok ? 'ok' : 'FAILED'}`);
  }
  const total = done.reduce((time, outcome) => time + outcome.time, 0);
  console.log(`${'total'.padEnd(20)}${minutes(total).padStart(10)}`);
  if (failed !== undefined) {
    console.log(`stopped at: ${failed.name}; the stages after it did not run`);
    sum.failed ||= 1;
    process.exitCode = 1;
  }
  console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
  if (sum.failed > 0) process.exitCode = 1;
}
