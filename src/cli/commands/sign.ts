// SPDX-License-Identifier: Apache-2.0
// `model-signing sign METHOD`: this model is what I say it is.

import { Command } from 'commander';

import { type SignOptions, type SignedModel, escape, sign } from '../../index.js';
import { adviseOnCores } from '../advice.js';
import { type Flag, addFlags, pick } from '../flags.js';
import { resolveIgnorePaths } from '../ignore-paths.js';
import { jsonAnswer } from '../json-answer.js';
import { type Method, text } from '../method.js';
import { DEFAULT_METHOD, methodsFor } from '../methods.js';
import { choosePassword } from '../password.js';
import type { Report } from '../report.js';
import { runCommand } from '../run.js';
import { MANIFEST_FLAGS, RUN_FLAGS } from '../shared-flags.js';
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

/** The command and one below it for each method, or for the one that is named. */
export async function signCommand(report: Report, named?: string): Promise<Command> {
  const command = new Command('sign')
    .description('Sign a model: say who stands for what it is.')
    .addHelpText('after', AFTER_HELP);
  for (const { name, sign: half } of await methodsFor('sign', named)) {
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
  const modelFlags = [...SIGN_FLAGS, ...MANIFEST_FLAGS, ...RUN_FLAGS];
  const flags = [...half.flags, ...modelFlags];
  const command = new Command(name)
    .description(half.description)
    .argument('<model-path>', "the model's folder, or its one file")
    .action(async (modelPath: string) =>
      runCommand(command, flags, modelPath, report, async ({ values, json, listeners }) => {
        const signer = await half.signer(values, await choosePassword(values, process.argv, report), report);
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the library checks every value once more
        const options = {
          ...pick(values, modelFlags),
          ...listeners,
          signature: text(values, 'signature') ?? DEFAULT_NAME,
          ignorePaths: resolveIgnorePaths(modelPath, values['ignorePaths']),
        } as SignOptions;
        const signed = await sign(modelPath, { ...options, signer });
        adviseOnCores(signed.manifest, report);
        for (const remark of signed.remarks) report.warn(remark);
        await report.answer(json ? jsonOf(signed) : textOf(signed));
        adviseOnVerifying(signed, modelPath, values, report);
      }),
    );
  addFlags(command, flags);
  return command;
}

function* jsonOf({ manifest, statementDigest, method, signer, signature, remarks }: SignedModel): Generator<string> {
  yield* jsonAnswer(manifest, { statementDigest, method, signer, signature, ignored: manifest.ignored, remarks });
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
