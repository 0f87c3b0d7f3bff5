// SPDX-License-Identifier: Apache-2.0
// Known vulnerabilities: `npm audit` and cargo-deny's advisories. A database that cannot be reached is said in one
// line and passed over; a finding fails.
import { cargoDeny } from './cargo-deny.js';
import { ask } from './run.js';

const failed = [npmAdvisories(), rustAdvisories()].includes(false);
process.exitCode = failed ? 1 : 0;

/** @returns {boolean} */
function npmAdvisories() {
  const { stdout, stderr } = ask('npm', ['audit', '--json']);
  const total = readTotal(stdout);
  if (total === 0) {
    console.log('npm advisories: 0 found');
    return true;
  }
  if (total === undefined && isUnreachable(stdout)) return skip('npm');
  console.log(total === undefined ? stdout + stderr : ask('npm', ['audit']).stdout);
  return false;
}

/**
 * An answer of the advisory service has counts; a failure to reach it has none.
 * @param {string} text
 * @returns {number | undefined}
 */
function readTotal(text) {
  try {
    return JSON.parse(text).metadata?.vulnerabilities?.total;
  } catch {
    return undefined;
  }
}

/**
 * npm reports the refusal of a registry by its HTTP status, and a missing connection by the system's code.
 * @param {string} text
 */
function isUnreachable(text) {
  return /"statusCode": [45]\d\d|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH/.test(text);
}

/** @returns {boolean} */
function rustAdvisories() {
  const { status, stdout, stderr } = ask(cargoDeny(), ['check', 'advisories']);
  if (status === 0) {
    console.log('Rust advisories: 0 found');
    return true;
  }
  if (/failed to (fetch|clone)[^\n]*advisory|unable to (fetch|clone)[^\n]*advisory/i.test(stderr)) return skip('Rust');
  console.log(stdout + stderr);
  return false;
}

/** @param {string} ecosystem */
function skip(ecosystem) {
  console.log(`${ecosystem} advisories: not checked, the advisory database cannot be reached from here`);
  return true;
}
