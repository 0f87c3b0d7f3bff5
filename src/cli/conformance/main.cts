#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The entry of `model-signing-conformance`.

import type { Compiled } from '../compiled.cjs';

const { version }: { version: string } = require('../../../package.json');
const { loadProgram }: Compiled = require('../compiled.cjs');

void main();

async function main(): Promise<void> {
  // A run that has not said how it ended did not end well.
  process.once('beforeExit', () => process.exit(process.exitCode ?? 1));
  const { program, keep } = loadProgram('conformance');
  process.exitCode = await program.runAdapter(process.argv.slice(2), version);
  if (process.exitCode === 0) keep();
}
