// SPDX-License-Identifier: Apache-2.0
// What an installation says that cannot work: two lines from the command, and the same from the library.

import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import { runProgram } from './program.js';

const LIBRARY = `import('model-signing').then(({ digest }) => digest('my-model')).catch(
  ({ code, message, hint }) => console.log(JSON.stringify({ code, message, hint })))`;

/** Runs the installed command with a Node.js. */
export function command(cwd: string, args: readonly string[], node = process.execPath) {
  return runProgram(node, [join('node_modules', 'model-signing', 'dist', 'cli', 'main.cjs'), ...args], { cwd });
}

/** Asserts how a message and a hint begin, and that there is nothing else. */
export async function refused(
  t: ExecutionContext,
  cwd: string,
  code: string,
  [message, hint]: readonly [string, string],
  node = process.execPath,
): Promise<void> {
  const { status, stdout, stderr } = await command(cwd, ['digest', 'my-model'], node);
  t.deepEqual([status, stdout], [3, ''], stderr);
  const [first = '', second = '', ...others] = stderr.split('\n');
  t.true(first.startsWith(`error: ${message}`) && first.endsWith(` [${code}]`), stderr);
  t.true(second.startsWith(`hint: ${hint}`), stderr);
  t.deepEqual(others, ['']);
  const library = await runProgram(node, ['--eval', LIBRARY], { cwd });
  const error = JSON.parse(library.stdout) as { code: string; message: string; hint: string };
  t.deepEqual([`error: ${error.message} [${error.code}]`, `hint: ${error.hint}`], [first, second]);
}
