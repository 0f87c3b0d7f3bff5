// SPDX-License-Identifier: Apache-2.0
// `model-signing log`: who else signs with this identity? For people and for cron: entries that no known bundle accounts
// for are the answer, one line each, and an exit code of their own.

import { Command } from 'commander';

import {
  type LogFindings,
  LogForkError,
  type LogSearchOptions,
  type LogSighting,
  ModelSigningError,
  VerificationError,
  escape,
  searchLog,
  watchLog,
} from '../../index.js';
import { EXIT } from '../exit.js';
import { type Flag, type FlagValues, addFlags } from '../flags.js';
import { SCHEMA_VERSION, toJson } from '../json-answer.js';
import { list, number, required, text } from '../method.js';
import { INSTANCE_FLAGS, instanceOptions } from '../methods/sigstore-instance-flags.js';
import type { Report } from '../report.js';
import { type Run, runCommand } from '../run.js';
import { parseMoment } from '../moment.js';

const SEARCH_FLAGS: readonly Flag[] = [
  { name: 'identity', kind: 'text', value: 'name', description: 'the whole e-mail address, URI or user name' },
  {
    name: 'identity-regex',
    kind: 'text',
    value: 'pattern',
    description: 'a regular expression for the whole identity, instead of it; for logs of version 2',
  },
  {
    name: 'identity-provider',
    kind: 'text',
    value: 'url',
    description: 'who vouched for that identity',
    default: 'anybody',
  },
  {
    name: 'known',
    kind: 'list',
    value: 'path',
    description: 'a bundle that is known, or a folder of them: their entries are not printed; repeatable',
  },
  {
    name: 'log-url',
    kind: 'list',
    value: 'url',
    description: 'a log of the instance to read; repeatable',
    default: 'all that are in service',
  },
  {
    name: 'limit',
    kind: 'count',
    value: 'number',
    description: 'entries of a log that are read in one run',
    default: '50000',
  },
];

const SINCE: Flag = {
  name: 'since',
  kind: 'text',
  value: 'time',
  description: 'only what was signed since then: 2026-01-31 or 2026-01-31T12:00:00Z',
};

const STATE: Flag = {
  name: 'state',
  kind: 'text',
  value: 'path',
  description: 'the file that remembers what was read and what the logs signed; made by the first run',
};

const EXIT_CODES = `
Exit codes of this command: ${EXIT.yes} all logs were read, and every entry is known; ${EXIT.policy} there are entries that no known bundle
accounts for: they are printed; ${EXIT.no} a log forks, shrank or lies; ${EXIT.service} a log could not be read.
Of several, ${EXIT.no} comes before ${EXIT.policy}, and that before ${EXIT.service}; what was found is printed in any case.`;

/** One way to look. */
interface Task {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly Flag[];
  readonly run: (options: LogSearchOptions, flags: FlagValues) => Promise<LogFindings>;
}

const TASKS: readonly Task[] = [
  {
    name: 'search',
    description: 'Print the entries of an identity in the logs of an instance. Needs no identity of your own.',
    flags: [...SEARCH_FLAGS, SINCE],
    run: async (options, flags) => searchLog({ ...options, since: parseMoment(text(flags, 'since'), '--since') }),
  },
  {
    name: 'watch',
    description:
      'Print the entries that are new since the last run, and make sure that the logs still tell the same history. ' +
      'For cron: one run, and it ends.',
    flags: [...SEARCH_FLAGS, STATE],
    run: async (options, flags) => watchLog({ ...options, state: required(flags, 'state') }),
  },
];

/** The command and one below it for each way to look. */
export function logCommand(report: Report): Command {
  const command = new Command('log').description('Look in transparency logs for what was signed with an identity.');
  for (const task of TASKS) command.addCommand(taskCommand(task, report));
  return command;
}

function taskCommand({ name, description, flags: own, run }: Task, report: Report): Command {
  const flags = [...own, ...INSTANCE_FLAGS];
  const command = new Command(name)
    .description(description)
    .addHelpText('after', EXIT_CODES)
    .action(async () =>
      runCommand(command, flags, undefined, report, async (given) => {
        let count = 0;
        const onEntry = async (entry: LogSighting): Promise<void> => {
          count += 1;
          await report.answer([given.json ? jsonLine({ entry }) : textLine(entry)]);
        };
        try {
          const { known, logs } = await run({ ...optionsOf(given), onEntry }, given.values);
          if (given.json) await report.answer([jsonLine({ ok: count === 0, unknown: count, known, logs })]);
        } catch (cause) {
          await tellCheckpoints(cause, given, report);
          if (count === 0 || !isPassing(cause)) throw cause;
          report.warn(`${cause.message} [${cause.code}]`);
        }
        if (count > 0) throw unaccounted(count);
      }),
    );
  addFlags(command, flags);
  return command;
}

function optionsOf({ values, listeners: { logger, signal } }: Run): LogSearchOptions {
  return {
    ...instanceOptions(values),
    identity: text(values, 'identity'),
    identityRegex: text(values, 'identityRegex'),
    identityProvider: text(values, 'identityProvider'),
    known: list(values, 'known'),
    logs: list(values, 'logUrl'),
    limit: number(values, 'limit'),
    logger,
    signal,
  };
}

/** What a log signed is the proof that it lies: to be kept and shown. In JSON it is part of the error. */
async function tellCheckpoints(cause: unknown, { json }: Run, report: Report): Promise<void> {
  if (json || !(cause instanceof LogForkError)) return;
  const titles = ['checkpoint seen first:', 'checkpoint seen then:'];
  await report.answer(cause.checkpoints.map((note, at) => `${titles[at]}\n${note}\n`));
}

/** Entries that nobody knows are worse news than a log that could not be read this time. */
function isPassing(cause: unknown): cause is ModelSigningError {
  return cause instanceof ModelSigningError && cause.kind === 'service';
}

function unaccounted(count: number): VerificationError {
  const message = `${count} ${count === 1 ? 'entry is' : 'entries are'} in no known bundle`;
  const hint =
    'whoever made them acted as this identity: if it was not you, revoke its access; if it was, keep the bundle';
  return new VerificationError('LOG_ENTRIES_UNKNOWN', message, { hint });
}

function jsonLine(value: object): string {
  return `${toJson({ schemaVersion: SCHEMA_VERSION, ...value })}\n`;
}

/** Fields as `cut` knows them: no name can hold the tab between two of them. */
function textLine({ log, index, time, timeSource, identity, issuer, digest = '-' }: LogSighting): string {
  const fields = [log, index, `${time.toISOString()} (${timeSource})`, identity, issuer, digest];
  return `${fields.map(bounded).join('\t')}\n`;
}

const LONGEST_FIELD = 400;

function bounded(field: string): string {
  const characters = Array.from(escape(field));
  return characters.length <= LONGEST_FIELD ? characters.join('') : `${characters.slice(0, LONGEST_FIELD).join('')}…`;
}
