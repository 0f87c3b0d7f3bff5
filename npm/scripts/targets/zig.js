// SPDX-License-Identifier: Apache-2.0
// A compiler and linker for every target but MSVC's: zig, by cargo-zigbuild, both from PyPI in an environment of their
// own; and the standard library of Rust for the target, by rustup.
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { CACHE, pythonWith } from '../python-environment.js';
import { ask, settings } from '../run.js';
import { WhyNot, lastWords } from './why-not.js';

const REQUIREMENTS = 'ziglang==0.15.2\ncargo-zigbuild==0.23.4\n';

/**
 * What has to be in the environment of `cargo` and `napi` to build for a target.
 * @param {string} triple
 * @returns {Record<string, string>}
 */
export function zig(triple) {
  requireStandardLibrary(triple);
  return { PATH: `${dirname(zigPython())}${delimiter}${settings().env.PATH}` };
}

/** The interpreter whose module `ziglang` is the compiler. */
export function zigPython() {
  const python = pythonWith(REQUIREMENTS, join(CACHE, 'targets'), 'builds for other systems');
  if (python === undefined) throw new WhyNot('zig, which builds for other systems, cannot be installed with pip');
  return python;
}

/** @param {string} triple */
export function requireStandardLibrary(triple) {
  const { status, stdout } = ask('rustc', ['--print', 'target-libdir', '--target', triple]);
  if (status === 0 && existsSync(stdout.trim())) return;
  const answer = ask('rustup', ['target', 'add', triple]);
  if (answer.status !== 0) throw new WhyNot(`rustup cannot add the target ${triple}: ${lastWords(answer)}`);
}
