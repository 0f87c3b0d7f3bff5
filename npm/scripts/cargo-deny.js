// SPDX-License-Identifier: Apache-2.0
// Where cargo-deny is: on PATH, or built once into target/tools, which takes two minutes on two cores.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, ask, run } from './run.js';

const VERSION = '0.20.2';
const FOLDER = join(ROOT, 'target', 'tools');

/**
 * Returns the program to run.
 * @returns {string}
 */
export function cargoDeny() {
  if (ask('cargo-deny', ['--version']).status === 0) return 'cargo-deny';
  const program = join(FOLDER, 'bin', process.platform === 'win32' ? 'cargo-deny.exe' : 'cargo-deny');
  if (!existsSync(program)) {
    console.log(`cargo-deny is not on PATH; building ${VERSION} into target/tools, once`);
    run('cargo', ['install', 'cargo-deny', '--version', VERSION, '--locked', '--quiet', '--root', FOLDER]);
  }
  return program;
}
