// SPDX-License-Identifier: Apache-2.0
// Programs that print a digest per file. `find` and `xargs` hand them the files, and count as their cost.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ask } from '../../npm/scripts/run.js';

/** @typedef {{ name: string, version: string, overFiles: (folder: string) => import('../measure/command.js').Command }} Tool */

const B3SUM = '1.8.7';

/**
 * The tools that are here; b3sum is built once where cargo can fetch it.
 * @param {string} cache
 * @param {{ install: boolean }} options
 * @returns {Tool[]}
 */
export function tools(cache, { install }) {
  const b3sum = install ? builtB3sum(join(cache, 'peers', `b3sum-${B3SUM}`)) : undefined;
  const found = [
    tool('sha256sum', ['sha256sum'], ['sha256sum', '--version']),
    tool('openssl', ['openssl', 'dgst', '-sha256'], ['openssl', 'version']),
    b3sum === undefined ? undefined : tool('b3sum', [b3sum], [b3sum, '--version']),
  ];
  return found.filter((each) => each !== undefined);
}

/**
 * @param {string} name
 * @param {readonly string[]} program
 * @param {readonly [string, ...string[]]} version
 * @returns {Tool | undefined}
 */
function tool(name, program, [ask0, ...rest]) {
  const { status, stdout } = ask(ask0, rest);
  if (status !== 0) return undefined;
  const script = 'folder=$1; shift; find "$folder" -type f -print0 | xargs -0 "$@"';
  return {
    name,
    version: stdout.split('\n', 1)[0] ?? '',
    overFiles: (folder) => ['sh', '-c', script, 'sh', folder, ...program],
  };
}

/**
 * @param {string} folder
 * @returns {string | undefined}
 */
function builtB3sum(folder) {
  const program = join(folder, 'bin', 'b3sum');
  if (existsSync(program)) return program;
  console.log('building b3sum for comparison, once');
  const args = ['b3sum', '--version', B3SUM, '--locked', '--quiet', '--root', folder];
  const { status, stderr } = ask('cargo', ['install', ...args]);
  if (status === 0) return program;
  rmSync(folder, { recursive: true, force: true });
  console.log(`b3sum cannot be built here: ${(stderr ?? '').trim().split('\n')[0]}`);
  return undefined;
}
