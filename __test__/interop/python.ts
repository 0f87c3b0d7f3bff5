// SPDX-License-Identifier: Apache-2.0
// The Python tool itself, any release of it, in a virtual environment of its own: what it is told, and what came of it.
// Tests that need one are skipped, and say so, where there is no python3 or where packages cannot be installed.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import type { ExecutionContext } from 'ava';

const SCRIPT = fileURLToPath(new URL('../../__test__/interop/python.py', import.meta.url));
const ENVIRONMENTS = new URL('../../npm/scripts/python-environment.js', import.meta.url);
const { pythonWith } = (await import(ENVIRONMENTS.href)) as { pythonWith: (packages: string) => string | undefined };

/** How a model is turned into a manifest, in the words of the script. */
export interface Recipe {
  readonly hash?: 'sha256' | 'blake2b' | 'blake3';
  readonly shard_size?: number;
  readonly ignore?: readonly string[];
  readonly links?: boolean;
}

/** One thing to do for the Python tool. Without a recipe it takes the one of the signature. */
export type Task =
  | {
      readonly do: 'sign';
      readonly model: string;
      readonly signature: string;
      readonly recipe: Recipe;
      readonly key: string;
      readonly certificate?: string;
      readonly chain?: readonly string[];
      readonly password?: string;
    }
  | {
      readonly do: 'verify';
      readonly model: string;
      readonly signature: string;
      readonly recipe?: Recipe;
      readonly key?: string;
      readonly chain?: readonly string[];
    }
  | { readonly do: 'command'; readonly arguments: readonly string[] };

/** The packages of the release that our texts name. */
export const CURRENT: string = readFileSync(new URL('../../benchmark/peers/requirements.txt', import.meta.url), 'utf8');

/** The packages of an older release, every version pinned: with what came out since, most of them do not start. */
export function packagesOf(release: string): string {
  const pins = release === '1.1.0' ? 'sigstore-4.txt' : 'sigstore-3.txt';
  const text = readFileSync(new URL(`../../__test__/interop/${pins}`, import.meta.url), 'utf8');
  return `model-signing==${release}\n${text}`;
}

/** Runs a test with an interpreter that has these packages. The first run installs them, and that may take minutes. */
export async function withPython(
  t: ExecutionContext,
  packages: string,
  body: (python: string) => Promise<void>,
): Promise<void> {
  t.timeout(600_000);
  await sleep(100); // Installing blocks this thread: AVA has to hear of the limit before.
  const python = pythonWith(packages);
  if (python !== undefined) return body(python);
  console.warn(`SKIPPED 1 test: ${t.title}`);
  t.pass();
}

/** Does all tasks in one process: starting one takes longer than any of them. */
export function outcomes(python: string, tasks: readonly Task[]): readonly (string | null)[] {
  const { stdout, stderr } = spawnSync(python, [SCRIPT], { input: JSON.stringify(tasks), encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as (string | null)[];
}

/** The tasks alone. */
export function tasksOf(signed: readonly { readonly task: Task }[]): Task[] {
  return signed.map(({ task }) => task);
}

/** Asserts that the Python tool does all of it; a failure names its task. */
export function allGood(t: ExecutionContext, python: string, tasks: readonly Task[]): void {
  const found = outcomes(python, tasks);
  const failures = tasks.flatMap((task, index) => (found[index] === null ? [] : [{ task, outcome: found[index] }]));
  t.deepEqual(failures, []);
  t.is(found.length, tasks.length);
}
