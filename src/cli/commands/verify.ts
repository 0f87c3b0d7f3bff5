// SPDX-License-Identifier: Apache-2.0
// `model-signing verify METHOD`: is this model what somebody I trust says it is?

import { Command } from 'commander';

import { type VerifiedModel, type VerifyOptions, escape, verify } from '../../index.js';
import { type Flag, addFlags, pick } from '../flags.js';
import { resolveIgnorePaths } from '../ignore-paths.js';
import { jsonAnswer } from '../json-answer.js';
import { type Method, text } from '../method.js';
import { DEFAULT_METHOD, methodsFor } from '../methods.js';
import type { Report } from '../report.js';
import { runCommand } from '../run.js';
import { RUN_FLAGS } from '../shared-flags.js';
import { signerText } from '../signer-text.js';
import { findSignature } from '../signature-file.js';

const VERIFY_FLAGS: readonly Flag[] = [
  {
    name: 'signature',
    kind: 'text',
    value: 'path',
    description: 'the signature to verify',
    default: 'model.sig in the model, beside it or here',
  },
];

/** What is tolerated although nobody signed it, and what is refused although somebody did. */
const CHECK_FLAGS: readonly Flag[] = [
  {
    name: 'ignore-paths',
    kind: 'list',
    value: 'path',
    description: 'excuse unsigned files there; repeatable',
    relaxes: true,
  },
  {
    name: 'ignore-git-paths',
    kind: 'switch',
    description: 'excuse unsigned .git, .gitattributes, .github, .gitignore',
    default: 'on',
  },
  {
    name: 'ignore-unsigned-files',
    kind: 'switch',
    description: 'excuse every unsigned file',
    default: 'off',
    relaxes: true,
  },
  {
    name: 'hidden-files',
    kind: 'switch',
    description: 'with --no-hidden-files refuse a model with anything excused',
    default: 'on',
  },
  {
    name: 'allow-symlinks',
    kind: 'switch',
    description: 'with --no-allow-symlinks refuse a model that was signed with links followed',
    default: 'as signed',
  },
  {
    name: 'allow-external-symlinks',
    kind: 'switch',
    description: 'follow links that leave the model',
    default: 'off',
    relaxes: true,
  },
  {
    name: 'allow-legacy',
    kind: 'switch',
    description: 'accept signatures from before the specification',
    default: 'off',
    relaxes: true,
  },
  { name: 'full-diff', kind: 'switch', description: 'hash everything even when names differ already', default: 'off' },
];

/** The command and one below it for each method, or for the one that is named. */
export async function verifyCommand(report: Report, named?: string): Promise<Command> {
  const command = new Command('verify').description('Verify a model: is it what somebody you trust says it is?');
  for (const { name, verify: half } of await methodsFor('verify', named)) {
    if (half) command.addCommand(methodCommand(name, half, report), { isDefault: name === DEFAULT_METHOD });
  }
  return command;
}

function methodCommand(name: string, half: NonNullable<Method['verify']>, report: Report): Command {
  const flags = [...half.flags, ...VERIFY_FLAGS, ...CHECK_FLAGS, ...RUN_FLAGS];
  const command = new Command(name)
    .description(half.description)
    .argument('<model-path>', "the model's folder, or its one file")
    .action(async (modelPath: string) =>
      runCommand(command, flags, modelPath, report, async ({ values, json, listeners, relaxations }) => {
        const bundle = text(values, 'signature') ?? findSignature(modelPath);
        report.debug(`the signature is '${escape(bundle)}'`);
        const { hiddenFiles, ...checks } = pick(values, [...CHECK_FLAGS, ...RUN_FLAGS]);
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the library checks every value once more
        const options = {
          ...checks,
          ...listeners,
          allowHiddenFiles: hiddenFiles !== false,
          ignorePaths: resolveIgnorePaths(modelPath, values['ignorePaths']),
        } as VerifyOptions;
        const found = await verify(modelPath, bundle, { ...options, verifier: half.verifier(values, report) });
        const verified = { ...found, remarks: [...relaxations, ...found.remarks] };
        if (values['allowSymlinks'] === true && !verified.manifest.serialization.allowSymlinks) {
          report.warn('--allow-symlinks has no effect: the model was signed without following links');
        }
        for (const remark of verified.remarks) report.warn(remark);
        await report.answer(json ? jsonOf(verified) : textOf(verified));
      }),
    );
  addFlags(command, flags);
  return command;
}

function* jsonOf(verified: VerifiedModel): Generator<string> {
  const { manifest, signer, time, statementDigest, ignored, unsignedFiles, remarks } = verified;
  const { method } = signer;
  yield* jsonAnswer(manifest, { statementDigest, method, signer, time, ignored, unsignedFiles, remarks, diff: null });
}

function textOf({ manifest, signer, time, ignored, unsignedFiles }: VerifiedModel): string[] {
  const hidden = ignored.reduce((sum, { files }) => sum + files, 0);
  return [
    `${['verified', escape(manifest.modelName), manifest.rootDigest].filter((word) => word !== '').join(' ')}\n`,
    `signer: ${signerText(signer)}\n`,
    `time: ${time.time.toISOString()} (${time.source})\n`,
    `resources: ${manifest.resourceCount}, files excused: ${hidden + unsignedFiles}\n`,
  ];
}
