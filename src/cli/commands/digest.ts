// SPDX-License-Identifier: Apache-2.0
// `model-signing digest`: what is this model?

import { Command } from 'commander';

import { type DigestOptions, digest } from '../../index.js';
import { adviseOnCores } from '../advice.js';
import { addFlags, pick } from '../flags.js';
import { resolveIgnorePaths } from '../ignore-paths.js';
import { jsonAnswer } from '../json-answer.js';
import type { Report } from '../report.js';
import { runCommand } from '../run.js';
import { MANIFEST_FLAGS, RUN_FLAGS } from '../shared-flags.js';

const FLAGS = [...MANIFEST_FLAGS, ...RUN_FLAGS];

/** The command. */
export function digestCommand(report: Report): Command {
  const command = new Command('digest')
    .description('Print the digest of a model: one value for all its files.')
    .argument('<model-path>', "the model's folder, or its one file")
    .addHelpText('after', AFTER_HELP)
    .action(async (modelPath: string) =>
      runCommand(command, FLAGS, modelPath, report, async ({ values, json, listeners }) => {
        const options = {
          ...pick(values, FLAGS),
          ...listeners,
          ignorePaths: resolveIgnorePaths(modelPath, values['ignorePaths']),
        } as DigestOptions;
        const manifest = await digest(modelPath, options);
        adviseOnCores(manifest, report);
        const { ignored } = manifest;
        await report.answer(json ? jsonAnswer(manifest, { ignored }) : [`${manifest.rootDigest}\n`]);
      }),
    );
  addFlags(command, FLAGS);
  return command;
}

const AFTER_HELP = `
Examples:
  $ model-signing digest ./my-model
  $ model-signing digest ./my-model --shard-size 1GB --json
  $ model-signing digest ./my-model --ignore-paths ./my-model/README.md`;
