// SPDX-License-Identifier: Apache-2.0
// Looks at the sources of the local Sigstore: `format`, `write` (which mends it) and `lint`. Without Go it says so.
import { ask, fail } from './run.js';
import { ENVIRONMENT, SOURCES } from './sigstack.js';

/** With the settings of the build, so that what it compiled serves here, too. */
const TASKS = {
  format: () => check(ask('gofmt', ['-l', SOURCES]), 'not formatted; run: npm run format'),
  write: () => check(ask('gofmt', ['-w', SOURCES]), 'cannot be formatted'),
  lint: () => check(ask('go', ['-C', SOURCES, 'vet', '-mod=readonly', '-trimpath', '.'], ENVIRONMENT), 'go vet'),
};

const task = Object.entries(TASKS).find(([name]) => name === process.argv[2])?.[1];
if (task === undefined) fail(`say what: ${Object.keys(TASKS).join(', ')}`);
if (ask('go', ['version']).status === 0) task();
else console.log('SKIPPED: there is no Go to look at the local Sigstore with');

/**
 * Both tools say what they found, gofmt on stdout and with the status of success.
 * @param {ReturnType<typeof ask>} outcome
 * @param {string} problem
 */
function check({ status, stdout, stderr, error }, problem) {
  const found = `${stdout ?? ''}${stderr ?? ''}`.trim();
  if (status !== 0 || stdout !== '') fail(`${found || error?.message}\n${SOURCES}: ${problem}`);
}
