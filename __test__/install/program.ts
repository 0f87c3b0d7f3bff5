// SPDX-License-Identifier: Apache-2.0
// Runs programs without holding up this process: the registry that they ask is in it.

import { spawn } from 'node:child_process';

/** What a program said, and how it ended. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a program runs, and what its environment has besides. */
export interface Setting {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** No installation takes longer, in milliseconds. */
const LIMIT = 240_000;

/** What npm and its like took from the run that started us, they must not hand to what we start. */
const INHERITED = /^(?:npm_|YARN_|PNPM_|INIT_CWD$|NODE_OPTIONS$|NODE_PATH$|COREPACK_)/i;

/** Runs a program to its end. A program that is not there ends with the status null. */
export function runProgram(program: string, args: readonly string[], { cwd, env = {} }: Setting): Promise<Outcome> {
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !INHERITED.test(name)));
  const child = spawn(program, args, {
    cwd,
    env: { ...own, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT,
    shell: process.platform === 'win32' && !program.endsWith('.exe'),
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ status: null, stdout: '', stderr: error.message }));
    child.once('close', (status) => resolve({ status, ...said }));
  });
}
