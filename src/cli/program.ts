// SPDX-License-Identifier: Apache-2.0
// The command line: which commands there are, and how every one of them begins and ends.

import { Command, CommanderError } from 'commander';

import { InputError } from '../index.js';
import { digestCommand } from './commands/digest.js';
import { signCommand } from './commands/sign.js';
import { trustCommand } from './commands/trust.js';
import { verifyCommand } from './commands/verify.js';
import { EXIT, SIGNALS, exitCodeOf } from './exit.js';
import { looksLikeJson, normalizeFlags } from './flags.js';
import { Report } from './report.js';

/** Runs one command line and returns its exit code. */
export async function run(argv: readonly string[], version: string): Promise<number> {
  const report = new Report(looksLikeJson(argv, process.env));
  endOnSignals(report);
  try {
    const program = buildProgram(report, version);
    if (argv.length === 1) program.commands.find((command) => isBare(command, argv[0]))?.help({ error: true });
    await program.parseAsync(normalizeFlags(argv), { from: 'user' });
    return EXIT.yes;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.yes;
    // A command that only has commands below it printed its help on stderr.
    if (error instanceof CommanderError && error.code === 'commander.help') return EXIT.usage;
    const shown = error instanceof CommanderError ? usageError(error) : error;
    // When not even the error can be written, the exit code has to be enough.
    await report.failure(shown).catch(() => {});
    return exitCodeOf(shown);
  }
}

function buildProgram(report: Report, version: string): Command {
  const program = new Command('model-signing')
    .description('Sign and verify machine learning models, in the OpenSSF Model Signing format.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .addHelpText('after', EXIT_CODES)
    .exitOverride()
    // Commander's own words about errors come back as errors, and are printed by the report in its one way.
    .configureOutput({ outputError: () => {} });
  for (const command of [signCommand(report), verifyCommand(report), digestCommand(report), trustCommand(report)]) {
    program.addCommand(inherit(command, program));
  }
  return program;
}

/** A command of commands and nothing more; the method that is meant when none is named needs a model at least. */
function isBare(command: Command, name: string | undefined): boolean {
  return command.name() === name && command.commands.length > 0;
}

/** Commands of commands end and talk like their parent, too. */
function inherit(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent);
  for (const below of command.commands) inherit(below, command);
  return command;
}

const EXIT_CODES = `
Exit codes: 0 done, or verified; 1 not acceptable; 2 wrong command line; 3 a file, a key or the system failed;
4 the network or a service failed; 5 the signature is good, but not what was asked for; 6 no signature found; 129, 130, 143 ended by SIGHUP, SIGINT, SIGTERM.`;

/** What the user typed stands in the message and may have lines of its own; a suggestion is the last one. */
function usageError(error: CommanderError): InputError {
  const [, message = '', suggestion] = /^(?:error: )?(.*?)(?:\n\((Did you mean .*)\))?$/s.exec(error.message) ?? [];
  return new InputError('USAGE', message, { hint: suggestion ?? 'see model-signing --help' });
}

function endOnSignals(report: Report): void {
  for (const [signal, exitCode] of Object.entries(SIGNALS)) {
    process.once(signal, () => {
      report.clearProgress();
      process.exit(exitCode);
    });
  }
}
