// SPDX-License-Identifier: Apache-2.0
// `model-signing digest`: what is this model?

import { Command } from 'commander';

import { type DigestOptions, digest } from '../../index.js';
import { adviseOnCores } from '../advice.js';
import { addFlags, flagValues } from '../flags.js';
import { resolveIgnorePaths } from '../ignore-paths.js';
import { jsonAnswer } from '../json-answer.js';
import type { Report } from '../report.js';
import { ANSWER_FLAGS, MANIFEST_FLAGS, RUN_FLAGS } from '../shared-flags.js';

const FLAGS = [...MANIFEST_FLAGS, ...RUN_FLAGS, ...ANSWER_FLAGS];

/** The command. */
export function digestCommand(report: Report): Command {
  const command = new Command('digest')
    .description('Print the digest of a model: one value for all its files.')
    .argument('<model-path>', "the model's folder, or its one file")
    .addHelpText('after', AFTER_HELP)
    .action(async (modelPath: string) => {
      const { json, quiet, ignorePaths, ...flags } = flagValues(command, FLAGS, process.env);
      report.configure({ json: json === true, quiet: quiet === true });
      const options = {
        ...flags,
        ...report.listeners,
        ignorePaths: resolveIgnorePaths(modelPath, ignorePaths),
      } as DigestOptions;
      const started = performance.now();
      const manifest = await digest(modelPath, options);
      adviseOnCores(manifest, performance.now() - started, report);
      const { ignored } = manifest;
      await report.answer(json === true ? jsonAnswer(manifest, { ignored }) : [`${manifest.rootDigest}\n`]);
    });
  addFlags(command, FLAGS);
  return command;
}

const AFTER_HELP = `
Every switch has its opposite: --no-mmap. Every flag has an environment variable: --shard-size is
MODEL_SIGNING_SHARD_SIZE, with true or false for switches; a flag wins over it.

Examples:
  $ model-signing digest ./my-model
  $ model-signing digest ./my-model --shard-size 1GB --json
  $ model-signing digest ./my-model --ignore-paths ./my-model/README.md`;
