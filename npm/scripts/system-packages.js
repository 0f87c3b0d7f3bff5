// SPDX-License-Identifier: Apache-2.0
// Programs of the system that only tests use: a software token (SoftHSM) and the tool that puts keys on it (OpenSC).
// Installed where that needs no question: as root, by apt. Elsewhere one line says how, and those tests are skipped.
import { spawnSync } from 'node:child_process';
import { ask } from './run.js';

const PACKAGES = ['softhsm2', 'opensc'];
const PROGRAMS = [
  ['softhsm2-util', '--version'],
  ['pkcs11-tool', '--help'],
];

/** No step may hold up a set-up for longer, in milliseconds. */
const LIMIT = 180_000;

/** Sees that the programs are there. */
export function installSystemPackages() {
  const isRoot = process.getuid?.() === 0;
  if (isThere() || (isRoot && ask('apt-get', ['--version']).status === 0 && install())) return;
  const how = process.platform === 'darwin' ? 'brew install softhsm opensc' : `apt-get install ${PACKAGES.join(' ')}`;
  console.log(`SoftHSM and OpenSC are not here, so tests of the PKCS #11 methods will be skipped; run: ${how}`);
}

function isThere() {
  return PROGRAMS.every(([program = '', ...args]) => ask(program, args).error === undefined);
}

function install() {
  console.log(`installing for tests, once: ${PACKAGES.join(', ')}`);
  const wait = ['-q', '-o', 'DPkg::Lock::Timeout=60', '-o', 'Acquire::Retries=2'];
  const steps = [
    ['update', ...wait],
    ['install', '--yes', '--no-install-recommends', ...wait, ...PACKAGES],
  ];
  for (const args of steps) {
    const { status, stderr, error } = aptGet(args);
    if (status === 0) continue;
    console.log(`apt-get ${args[0]} did not succeed: ${error?.message ?? stderr.trim().split('\n').at(-1)}`);
  }
  return isThere();
}

/**
 * Never asks, and ends after a while.
 * @param {string[]} args
 */
function aptGet(args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', args, { env, encoding: 'utf8', timeout: LIMIT, stdio: ['ignore', 'ignore', 'pipe'] });
}
