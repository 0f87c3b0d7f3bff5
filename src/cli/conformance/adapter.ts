// SPDX-License-Identifier: Apache-2.0
// The adapter that conformance and benchmark suites run: their sub-commands and flags on this library, and no more.

import { Command } from 'commander';

import { HASH_ALGORITHMS, type SignOptions, createSigner, createVerifier, digest } from '../../index.js';
import { runProgram } from '../program.js';
import { Report } from '../report.js';
import { bundleCommands } from './bundles.js';
import { type Given, addFlags, extraFlags, givenTo, needed } from './flags.js';
import { METHOD_NAMES, methodOf } from './methods.js';

/** Runs one command line of a suite and returns its exit code. */
export async function run(argv: readonly string[], version: string): Promise<number> {
  const report = new Report({ json: false, logFormat: 'text' });
  return runProgram(buildProgram(report, version), report, () => argv);
}

function buildProgram(report: Report, version: string): Command {
  const program = new Command('model-signing-conformance')
    .description(DESCRIPTION)
    .version(version)
    .addHelpText('afterAll', WARNING);
  const add = (name: string, description: string, action: (given: Given) => Promise<unknown>): void => {
    const command = program.command(name).description(description);
    addFlags(command).action(async () => void (await action(givenTo(command))));
  };
  add('sign-model', 'Sign a model; exit 0 when the signature is written.', (given) => sign(given)());
  add('verify-model', 'Verify a model; exit 0 when it is the one that was signed.', (given) => verify(given)());
  add('benchmark-model', 'Repeat an operation and print how long each run took.', async (given) => {
    if (given.chunkSize !== undefined) report.note('--chunk-size has no effect: reads are sized as they come');
    await report.answer(json({ times_ms: await measure(operationOf(given), given.repeat ?? REPEAT) }));
  });
  program
    .command('capabilities')
    .description('Print what this adapter can do.')
    .action(() => report.answer(json(capabilities(version))));
  for (const command of bundleCommands()) program.addCommand(command);
  return program;
}

const DESCRIPTION = 'Speaks the protocol of the OpenSSF Model Signing conformance suite.';

const WARNING = `
For test suites only: it accepts signatures from before the specification, and secrets on the command line.
To sign and verify models, use model-signing.`;

/** How often an operation is measured when nobody says. */
const REPEAT = 5;

/** Something that is prepared once and may run many times. */
type Operation = () => Promise<unknown>;

function sign(given: Given): Operation {
  const { signer } = methodOf(given);
  const signature = needed(given, 'outputBundle');
  const models = createSigner({ ...recipe(given), signer: signer(given), signature });
  const model = needed(given, 'modelPath');
  return () => models.sign(model);
}

function verify(given: Given): Operation {
  const { verifier } = methodOf(given);
  const models = createVerifier({
    verifier: verifier(given),
    ignorePaths: given.ignorePaths ?? [],
    ignoreUnsignedFiles: given.ignoreUnsignedFiles === true,
    allowLegacy: true,
    ...threads(given),
  });
  const [model, bundle] = [needed(given, 'modelPath'), needed(given, 'bundle')];
  return () => models.verify(model, bundle);
}

function hash(given: Given): Operation {
  const model = needed(given, 'modelPath');
  return () => digest(model, recipe(given));
}

function operationOf(given: Given): Operation {
  needed(given, 'operation');
  if (given.operation === 'hash') return hash(given);
  return given.operation === 'verify' ? verify(given) : sign(given);
}

/** What a statement records. */
function recipe(given: Given): SignOptions {
  const { hashAlgorithm, shardSize } = given;
  return {
    ignorePaths: given.ignorePaths ?? [],
    allowSymlinks: given.allowSymlinks === true,
    ...(hashAlgorithm !== undefined && { hashAlgorithm }),
    ...(shardSize !== undefined && { shardSize }),
    ...threads(given),
  };
}

function threads({ maxWorkers }: Given): { threads?: number } {
  return maxWorkers === undefined ? {} : { threads: maxWorkers };
}

/** In milliseconds. A run before them, that does not count, loads the code and the keys and fills the page cache. */
async function measure(operation: Operation, repeat: number): Promise<number[]> {
  await operation();
  const times: number[] = [];
  for (let count = 0; count < repeat; count += 1) {
    const start = performance.now();
    await operation();
    times.push(Number((performance.now() - start).toFixed(3)));
  }
  return times;
}

function capabilities(version: string): object {
  return {
    methods: METHOD_NAMES,
    flags: extraFlags(METHOD_NAMES),
    hash_algorithms: HASH_ALGORITHMS,
    benchmark_model: true,
    client_version: version,
  };
}

function json(value: object): string[] {
  return [`${JSON.stringify(value)}\n`];
}
