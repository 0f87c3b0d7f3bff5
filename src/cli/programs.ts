// SPDX-License-Identifier: Apache-2.0
// The programs of this package, which are bundled together: the command, and the adapter for test suites.

export { run } from './program.js';

/** Runs one command line of a conformance suite and returns its exit code. */
export async function runAdapter(argv: readonly string[], version: string): Promise<number> {
  const { run } = await import('./conformance/adapter.js');
  return run(argv, version);
}
