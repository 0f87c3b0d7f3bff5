// SPDX-License-Identifier: Apache-2.0
// `model-signing trust`: whom an instance of Sigstore trusts, so that verifying needs no network.

import { Command } from 'commander';

import {
  type InstanceOptions,
  type TrustSummary,
  type TrustedParty,
  escape,
  initTrust,
  showTrust,
  updateTrust,
} from '../../index.js';
import { type Flag, addFlags } from '../flags.js';
import { SCHEMA_VERSION, toJson } from '../json-answer.js';
import { INSTANCE_FLAGS, instanceOptions } from '../methods/sigstore-instance-flags.js';
import type { Report } from '../report.js';
import { runCommand } from '../run.js';

/** One thing to do about trust. */
interface Task {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly string[];
  readonly run: (options: InstanceOptions) => Promise<TrustSummary>;
}

const TASKS: readonly Task[] = [
  {
    name: 'show',
    description: 'Show whom an instance trusts, as far as that is known here. Needs no network.',
    flags: ['use-staging', 'trust-config', 'tuf-url'],
    run: showTrust,
  },
  {
    name: 'update',
    description: 'Fetch whom an instance trusts now, and keep it.',
    flags: ['use-staging', 'tuf-url', 'tuf-root'],
    run: updateTrust,
  },
  {
    name: 'init',
    description: 'Introduce a private instance by its update repository and the first root of that.',
    flags: ['tuf-url', 'tuf-root'],
    run: initTrust,
  },
];

/** The command and one below it for each task. */
export function trustCommand(report: Report): Command {
  const command = new Command('trust').description('Whom to trust when models are verified with Sigstore.');
  for (const task of TASKS) command.addCommand(taskCommand(task, report));
  return command;
}

function taskCommand({ name, description, flags: names, run }: Task, report: Report): Command {
  const flags: readonly Flag[] = INSTANCE_FLAGS.filter((flag) => names.includes(flag.name));
  const command = new Command(name).description(description).action(async () =>
    runCommand(command, flags, undefined, report, async ({ values, json }) => {
      const summary = await run(instanceOptions(values));
      for (const remark of summary.remarks) report.warn(remark);
      await report.answer(json ? jsonOf(summary) : textOf(summary));
    }),
  );
  addFlags(command, flags);
  return command;
}

function* jsonOf(summary: TrustSummary): Generator<string> {
  yield `${toJson({ schemaVersion: SCHEMA_VERSION, ok: true, ...summary })}\n`;
}

function* textOf(summary: TrustSummary): Generator<string> {
  yield `${summary.source}\n`;
  yield* lines('certificate authority', summary.certificateAuthorities);
  yield* lines('timestamp authority', summary.timestampAuthorities);
  yield* lines('log', summary.logs);
  yield* lines('certificate log', summary.certificateLogs);
  yield* lines('service', summary.services ?? []);
}

function lines(what: string, parties: readonly TrustedParty[]): string[] {
  return parties.map(
    ({ name, from, until }) => `${what}: ${escape(name)} from ${day(from)}${until ? ` until ${day(until)}` : ''}\n`,
  );
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
