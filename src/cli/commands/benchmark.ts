// SPDX-License-Identifier: Apache-2.0
// `model-signing benchmark`: what limits hashing here, and what would help?

import { Command } from 'commander';

import { type BenchmarkOptions, benchmark } from '../../index.js';
import { benchmarkText } from '../benchmark-text.js';
import { type Flag, type FlagValues, addFlags, camelCase, pick } from '../flags.js';
import { resolveIgnorePaths } from '../ignore-paths.js';
import { SCHEMA_VERSION, toJson } from '../json-answer.js';
import { list, text } from '../method.js';
import type { Report } from '../report.js';
import { type Run, runCommand } from '../run.js';
import { MANIFEST_FLAGS, RUN_FLAGS } from '../shared-flags.js';

/** What decides which files belong to the model, and the threads that options are compared with. */
const SHARED_FLAGS = [...MANIFEST_FLAGS, ...RUN_FLAGS].filter(({ name }) =>
  /^(?:ignore-paths|ignore-git-paths|allow-symlinks|allow-external-symlinks|threads)$/.test(name),
);

const FLAGS: readonly Flag[] = [
  {
    name: 'model',
    kind: 'text',
    value: 'path',
    description: "the model's folder, or its one file",
    default: 'sample data in a temporary folder',
  },
  { name: 'duration', kind: 'duration', description: 'how long to measure, about', default: '15s' },
  ...SHARED_FLAGS,
];

/** The command. */
export function benchmarkCommand(report: Report): Command {
  const command = new Command('benchmark')
    .description('Say what limits hashing on this machine or of a model, and what each option would give.')
    .addHelpText('after', AFTER_HELP)
    .action(async () =>
      runCommand(command, FLAGS, undefined, report, async (run) => {
        const model = text(run.values, 'model');
        const found = await benchmark(model, optionsOf(model, run, report));
        report.clearLine();
        const json = { schemaVersion: SCHEMA_VERSION, ok: true, ...found };
        await report.answer(run.json ? [`${toJson(json)}\n`] : benchmarkText(found, signing(model, run.values)));
      }),
    );
  addFlags(command, FLAGS);
  return command;
}

function optionsOf(model: string | undefined, { values, listeners }: Run, report: Report): BenchmarkOptions {
  const { onProgress: _, ...others } = listeners;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the library checks every value once more
  return {
    ...pick(values, SHARED_FLAGS),
    ...others,
    duration: values['duration'],
    ignorePaths: model === undefined ? [] : resolveIgnorePaths(model, values['ignorePaths']),
    onProgress: ({ step, share }) => report.progress(`${Math.round(100 * share)} %  ${step}`),
  } as BenchmarkOptions;
}

/** The model, and the flags that were given here: signing has to be told the same. */
function signing(model: string | undefined, values: FlagValues): string[] {
  const flags = SHARED_FLAGS.flatMap(({ name }) => {
    const value = values[camelCase(name)];
    if (typeof value === 'number') return [`--${name}`, `${value}`];
    if (typeof value === 'boolean') return [value ? `--${name}` : `--no-${name}`];
    return list(values, camelCase(name))?.flatMap((entry) => [`--${name}`, entry]) ?? [];
  });
  return [model ?? 'MODEL', ...flags];
}

const AFTER_HELP = `
Measures the kernels in memory, then parts of the model in the page cache and on the disk; of a large model only some of
it. The model is never written to. What is measured on the disk is dropped from the page cache first, those parts only.
Without --model it makes up to 550 MB of sample data in the temporary folder (TMPDIR) and removes it.

Estimates are marked, in the text by ~, in JSON by "kind". JSON: machine, kernels, reading, smallFiles, sample,
forecasts; speeds in bytes a second, times in seconds, each a median with its spread.

Examples:
  $ model-signing benchmark
  $ model-signing benchmark --model ./my-model
  $ model-signing benchmark --model ./my-model --duration 60s --json`;
