#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The command's entry: answers the version by itself, leaves the rest to the program. CommonJS, because loading the
// first ES module costs a fifth of what starting Node.js costs; for the same reason the program is two files, made of
// program.ts and what it imports when the package is built: what every run needs, and what only some do.

import type { Compiled } from './compiled.cjs';

void main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<void> {
  if (!('getBuiltinModule' in process)) return refuseNode();
  const version = packageVersion();
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    process.stdout.on('error', unwritable).write(`${version}\n`);
    return;
  }
  try {
    const { loadProgram }: Compiled = require('./compiled.cjs');
    const { program, keep } = loadProgram(argv[0]);
    // Nothing is left to write or to wait for by then. Node would free piece by piece what the system takes back at once.
    // A run that has not said how it ended did not end well.
    process.once('beforeExit', () => process.exit(process.exitCode ?? 1));
    process.exitCode = await program.run(argv, version);
    if (process.exitCode === 0) keep();
  } catch (error) {
    giveUp(error);
  }
}

/** Releases that lack this function lack what comes next, too; said here, for not even the version could be read. */
function refuseNode(): void {
  process.stderr.write(`error: Node.js ${process.version} is too old for model-signing [ADDON_UNLOADABLE]\n`);
  process.stderr.write('hint: use Node.js 20.19, 22.12, 24 or later\n');
  process.exitCode = 3;
}

/** A reader that went away wants no more; everything else is a failure, as it is for every answer. */
function unwritable({ code }: NodeJS.ErrnoException): void {
  if (code !== 'EPIPE') process.exitCode = 3;
}

/** Only when this package itself is broken: everything else has been said by then, and better. */
function giveUp(error: unknown): void {
  process.stderr.write(`error: ${error instanceof Error ? error.message.split('\n', 1)[0] : 'unknown'} [INTERNAL]\n`);
  process.exitCode = 1;
}

function packageVersion(): string {
  const fs = process.getBuiltinModule('node:fs');
  const path = process.getBuiltinModule('node:path');
  const text = fs.readFileSync(path.join(__dirname, '../../package.json'), 'utf8');
  const { version }: { version: string } = JSON.parse(text);
  return version;
}
