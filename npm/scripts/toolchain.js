// SPDX-License-Identifier: Apache-2.0
// Says in one line each which tool is missing or too old, and how to get it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, ask } from './run.js';

const RUSTUP = 'install Rust with rustup: https://rustup.rs';

/** Ends this process, after a line per problem, when something that a build needs is missing. */
export function requireToolchain() {
  const problems = [node(), ...rust(), linker()].filter((line) => line !== undefined);
  if (problems.length === 0) return;
  for (const line of problems) console.error(`Missing: ${line}`);
  process.exit(1);
}

/** @returns {string | undefined} */
function node() {
  const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  if (satisfies(process.versions.node, engines.node)) return undefined;
  return `Node.js ${engines.node} (this is ${process.version}); get one from https://nodejs.org`;
}

/** @returns {(string | undefined)[]} */
function rust() {
  const version = /^cargo (\S+)/.exec(ask('cargo', ['--version']).stdout ?? '')?.[1];
  if (version === undefined) return [`cargo, which builds the native addon; ${RUSTUP}`];
  const wanted = /^rust-version = "(.+)"$/m.exec(readFileSync(join(ROOT, 'Cargo.toml'), 'utf8'))?.[1] ?? '0';
  if (!satisfies(version, `>=${wanted}`)) return [`Rust ${wanted} or later (this is ${version}); run: rustup update`];
  return ['fmt', 'clippy'].map((name) =>
    ask('cargo', [name, '--version']).status === 0
      ? undefined
      : `cargo ${name}, which the checks use; run: rustup component add rustfmt clippy`,
  );
}

/** On Windows rustc finds the linker by itself and explains its absence well. @returns {string | undefined} */
function linker() {
  if (process.platform === 'win32' || ask('cc', ['--version']).status === 0) return undefined;
  const how = process.platform === 'darwin' ? 'xcode-select --install' : 'apt-get install build-essential (or gcc)';
  return `cc, the C compiler and linker that Rust uses; run: ${how}`;
}

/**
 * Whether a version is in a range of the two forms that this repository writes: `^1.2.3` and `>=1.2.3`, joined by `||`.
 * @param {string} version
 * @param {string} range
 * @returns {boolean}
 */
function satisfies(version, range) {
  const have = numbers(version);
  return range.split('||').some((part) => {
    const want = numbers(part.replace(/[\s^>=]/g, ''));
    const sameMajor = !part.includes('^') || have[0] === want[0];
    const at = want.findIndex((number, index) => number !== (have[index] ?? 0));
    return sameMajor && (at === -1 || (have[at] ?? 0) > (want[at] ?? 0));
  });
}

/** @param {string} version */
function numbers(version) {
  return version.split(/[.-]/, 3).map(Number);
}
