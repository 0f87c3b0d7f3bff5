// SPDX-License-Identifier: Apache-2.0
// The Python tool itself, in a virtual environment. Tests with it are skipped, and said to be, where there is no python3
// or where packages cannot be installed.

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import type { ExecutionContext } from 'ava';

const REQUIREMENTS = new URL('../benchmark/peers/requirements.txt', import.meta.url);
const ENVIRONMENTS = new URL('../npm/scripts/python-environment.js', import.meta.url);
const { pythonWith } = (await import(ENVIRONMENTS.href)) as { pythonWith: (packages: string) => string | undefined };

/** The release that our texts name, with what it needs. */
export const CURRENT: string = readFileSync(REQUIREMENTS, 'utf8');

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
