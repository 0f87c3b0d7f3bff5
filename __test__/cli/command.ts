// SPDX-License-Identifier: Apache-2.0
// The command as its users run it: a process with arguments, an environment, two streams and an exit code.

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import type { ExecutionContext } from 'ava';

/** The file that `bin` of package.json names. */
export const MAIN: string = fileURLToPath(new URL('../../dist/cli/main.cjs', import.meta.url));

/** The adapter for conformance suites, another file that `bin` names. */
export const ADAPTER: string = fileURLToPath(new URL('../../dist/cli/conformance/main.cjs', import.meta.url));

/** How a command ended. */
export interface Ended {
  /** The exit code, or the name of the signal that killed it. */
  readonly exit: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command to its end. Nothing of this process's own settings for it goes on. */
export async function command(args: readonly string[], options: SpawnOptions = {}, main = MAIN): Promise<Ended> {
  const child = start(args, options, main);
  return ended(child);
}

/** To run it as somebody who may not read everything: this user, or nobody in the place of root; nothing where that cannot be. */
export async function withoutRights(): Promise<SpawnOptions | undefined> {
  const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  return process.platform !== 'win32' && (await command(['--version'], user)).exit === 0 ? user : undefined;
}

/** Starts the command. */
export function start(
  args: readonly string[],
  { env, ...options }: SpawnOptions = {},
  main: string = MAIN,
): ChildProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('MODEL_SIGNING_'));
  const environment = { ...Object.fromEntries(inherited), ...env };
  return spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'], ...options, env: environment });
}

/** Waits for the end of a process. */
export async function ended(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const exit = await new Promise<number | string>((resolve, reject) => {
    child.once('error', reject).once('close', (status, signal) => resolve(status ?? signal ?? 'lost'));
  });
  return { exit, stdout, stderr };
}

/** Asserts that a command failed as all do: one line what, one line what to do, no trace, nothing that acts on a screen. */
export function failed(t: ExecutionContext, { exit, stdout, stderr }: Ended, code: string, wanted: number): string {
  t.is(exit, wanted, stderr);
  t.is(stdout, '');
  const [what = '', hint = '', ...more] = stderr.split('\n');
  t.regex(what, new RegExp(`^error: .+ \\[${code}\\]$`, 'u'));
  t.regex(hint, /^hint: .+$/u);
  t.deepEqual(more, ['']);
  t.notRegex(stderr.replaceAll('\n', ''), /[\p{Cc}\p{Zl}\p{Zp}\u200B-\u200F\u202A-\u202E\u2066-\u2069]| at .*\.js:\d/u);
  return what;
}
