// SPDX-License-Identifier: Apache-2.0
// `model-signing sign METHOD`: this model is what I say it is.

import { Command } from 'commander';

import { type SignOptions, type SignedModel, escape, sign } from '../../index.js';
import { adviseOnCores } from '../advice.js';
import { type Flag, addFlags, flagValues, pick } from '../flags.js';
import { resolveIgnorePaths } from '../ignore-paths.js';
import { jsonAnswer } from '../json-answer.js';
import type { Method } from '../method.js';
import { DEFAULT_METHOD, METHODS } from '../methods.js';
import { choosePassword } from '../password.js';
import type { Report } from '../report.js';
import { ANSWER_FLAGS, MANIFEST_FLAGS, RUN_FLAGS } from '../shared-flags.js';
import { DEFAULT_NAME } from '../signature-file.js';
import { signerText } from '../signer-text.js';
import { adviseOnVerifying } from '../verify-advice.js';

const SIGN_FLAGS: readonly Flag[] = [
  {
    name: 'signature',
    kind: 'text',
    value: 'path',
    description: 'where to write the signature',
    default: DEFAULT_NAME,
  },
  { name: 'force', kind: 'switch', description: 'replace a file there that is not a signature', default: 'off' },
  {
    name: 'compat',
    kind: 'text',
    value: 'tool',
    choices: ['specification', 'python'],
    description: 'write shards and models of one file as this reader wants them',
    default: 'specification',
  },
];

/** The command and one below it for each method. */
export function signCommand(report: Report): Command {
  const command = new Command('sign')
    .description('Sign a model: say who stands for what it is.')
    .addHelpText('after', AFTER_HELP);
  for (const { name, sign: half } of METHODS) {
    if (half) command.addCommand(methodCommand(name, half, report), { isDefault: name === DEFAULT_METHOD });
  }
  return command;
}

const AFTER_HELP = `
Without a method it is signed with your identity: you log in, or a CI job signs as itself.

Examples:
  $ model-signing sign ./my-model
  $ model-signing sign ./my-model --identity-token-file token --signature my-model.sig
  $ model-signing sign key ./my-model --private-key key.pem`;

function methodCommand(name: string, half: NonNullable<Method['sign']>, report: Report): Command {
  const methodFlags = half.flags;
  const flags = [...methodFlags, ...SIGN_FLAGS, ...MANIFEST_FLAGS, ...RUN_FLAGS, ...ANSWER_FLAGS];
  const command = new Command(name)
    .description(half.description)
    .argument('<model-path>', "the model's folder, or its one file")
    .action(async (modelPath: string) => {
      const values = flagValues(command, flags, process.env);
      const { json, quiet, ignorePaths, signature } = values;
      report.configure({ json: json === true, quiet: quiet === true });
      const signer = half.signer(values, choosePassword(values, process.argv, report), report);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the library checks every value once more
      const options = {
        ...pick(values, [...SIGN_FLAGS, ...MANIFEST_FLAGS, ...RUN_FLAGS]),
        ...report.listeners,
        signature: typeof signature === 'string' ? signature : DEFAULT_NAME,
        ignorePaths: resolveIgnorePaths(modelPath, ignorePaths),
      } as SignOptions;
      const started = performance.now();
      const signed = await sign(modelPath, { ...options, signer });
      adviseOnCores(signed.manifest, performance.now() - started, report);
      await report.answer(json === true ? jsonOf(signed) : textOf(signed));
      adviseOnVerifying(signed, modelPath, values, report);
    });
  addFlags(command, flags);
  return command;
}

function* jsonOf({ manifest, statementDigest, method, signer, signature }: SignedModel): Generator<string> {
  yield* jsonAnswer(manifest, { statementDigest, method, signer, signature, ignored: manifest.ignored });
}

function textOf({ manifest, signer, signature = '' }: SignedModel): string[] {
  const { modelName, rootDigest, resourceCount, ignored } = manifest;
  const hidden = ignored.reduce((sum, { files }) => sum + files, 0);
  return [
    `signed ${escape(modelName)} ${rootDigest}\n`,
    `signature: ${escape(signature)}\n`,
    ...(signer ? [`signer: ${signerText(signer)}\n`] : []),
    `resources: ${resourceCount}, files left out: ${hidden}\n`,
  ];
}
