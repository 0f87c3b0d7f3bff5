// SPDX-License-Identifier: Apache-2.0
// The command line: which commands there are, and how every one of them begins and ends.

import { Command, CommanderError, type Option } from 'commander';

import { InputError } from '../index.js';
import { EXIT, SIGNALS, exitCodeOf } from './exit.js';
import { isTimedOut } from './deadline.js';
import { addFlags, looksLike, normalizeFlags } from './flags.js';
import { oneLine } from './log-line.js';
import { requireMethod } from './methods.js';
import { Report } from './report.js';
import { PROGRAM_FLAGS } from './shared-flags.js';
import { leaveLostTerminals, stderr, stdout } from './terminal.js';

/** Runs one command line and returns its exit code. */
export async function run(argv: readonly string[], version: string): Promise<number> {
  const report = new Report(looksLike(argv, process.env));
  const program = await buildProgram(report, version, argv);
  return runProgram(program, report, async () => {
    if (argv[0] === 'help' && argv.length > 1) return helpOf(program, argv.slice(1));
    if (argv.length === 1) program.commands.find((command) => isBare(command, argv[0]))?.help({ error: true });
    await requireMethod(argv);
    return normalizeFlags(argv, optionNames(program, isSwitch), optionNames(program, isValued));
  });
}

/** Runs one command line of a program: every command of this package begins and ends like this. */
export async function runProgram(
  program: Command,
  report: Report,
  argv: () => readonly string[] | Promise<readonly string[]>,
): Promise<number> {
  endOnSignals(report);
  // Commander's own words about errors come back as errors, and are printed by the report in its one way.
  program.exitOverride().configureOutput({
    outputError: () => {},
    writeOut: (text) => stdout().write(text),
    writeErr: (text) => stderr().write(text),
  });
  for (const command of program.commands) inherit(command, program);
  let words: readonly string[] = [];
  try {
    words = await argv();
    await program.parseAsync(words, { from: 'user' });
    await report.finish();
    return EXIT.yes;
  } catch (error) {
    if (!(error instanceof CommanderError)) return fail(error, report);
    if (error.exitCode === 0) return EXIT.yes;
    const usage = usageError(error, nearestHelp(program, words));
    if (error.code !== 'commander.help') return fail(usage, report);
    // A command that only has commands below it printed its help on stderr.
    await report.failureAnswer(usage);
    return EXIT.usage;
  }
}

/** Says why. When not even that can be written, the exit code has to be enough. */
async function fail(cause: unknown, report: Report): Promise<number> {
  const error = isLostFolder(cause) ? lostFolder(cause) : cause;
  await report.failure(error).catch(() => {});
  await report.finish().catch(() => {});
  const exitCode = exitCodeOf(error);
  // Whatever still holds on, a prompt or a network file system that does not answer, has had its time.
  if (isTimedOut(error)) process.exit(exitCode);
  return exitCode;
}

/** The folder that a command runs in can be removed at any time; whatever asks Node for its name fails then. */
function isLostFolder(cause: unknown): boolean {
  return cause instanceof Error && 'syscall' in cause && cause.syscall === 'uv_cwd';
}

function lostFolder(cause: unknown): InputError {
  const hint = 'change to a folder that exists, then try again';
  return new InputError('IO_ERROR', 'the working directory does not exist any more', { hint, cause });
}

/** Makes a command; `named` is the word behind its own. */
type Make = (report: Report, named?: string) => Command | Promise<Command>;

/** In the order of the help; each is loaded when it is made. */
const COMMANDS: Readonly<Record<string, () => Promise<Make>>> = {
  sign: async () => (await import('./commands/sign.js')).signCommand,
  verify: async () => (await import('./commands/verify.js')).verifyCommand,
  digest: async () => (await import('./commands/digest.js')).digestCommand,
  benchmark: async () => (await import('./commands/benchmark.js')).benchmarkCommand,
  trust: async () => (await import('./commands/trust.js')).trustCommand,
  log: async () => (await import('./commands/log.js')).logCommand,
  pkcs11: async () => (await import('./commands/pkcs11.js')).pkcs11Command,
};

async function buildProgram(report: Report, version: string, argv: readonly string[]): Promise<Command> {
  const program = new Command('model-signing')
    .description('Sign and verify machine learning models, in the OpenSSF Model Signing format.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .addHelpText('after', EXIT_CODES)
    .addHelpText('afterAll', FLAG_SOURCES)
    .configureHelp({ showGlobalOptions: true });
  addFlags(program, PROGRAM_FLAGS);
  for (const command of await commandsFor(argv, report)) program.addCommand(command);
  return program;
}

/**
 * To make every command of every method takes longer than signing a tiny model. The one that is named first will do,
 * unless a configuration file, which may have members for any of them, has to be understood.
 */
async function commandsFor(argv: readonly string[], report: Report): Promise<readonly Command[]> {
  const [first = '', second] = argv;
  const hasConfig = argv.some((argument) => argument.startsWith('--config')) || 'MODEL_SIGNING_CONFIG' in process.env;
  const load = Object.hasOwn(COMMANDS, first) && !hasConfig ? COMMANDS[first] : undefined;
  if (load !== undefined) return [await (await load())(report, second)];
  return Promise.all(Object.values(COMMANDS).map(async (loadOne) => (await loadOne())(report)));
}

/** A command of commands and nothing more; the method that is meant when none is named needs a model at least. */
function isBare(command: Command, name: string | undefined): boolean {
  return command.name() === name && command.commands.length > 0;
}

/** Commands of commands end and talk like their parent, too. */
function inherit(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent);
  for (const below of command.commands) inherit(below, command);
}

/** Asks for help about a command as that command would be asked; of one that there is not, the parser says so. */
function helpOf(program: Command, words: readonly string[]): readonly string[] {
  const [word = ''] = words;
  const isKnown = word.startsWith('-') || program.commands.some((command) => command.name() === word);
  return isKnown ? [...words, '--help'] : words;
}

/** How to ask for the help that is nearest to what was typed. */
function nearestHelp(command: Command, words: readonly string[]): string {
  const [word, ...rest] = words.filter((text) => !text.startsWith('-'));
  const below = command.commands.find((one) => one.name() === word);
  return `${command.name()} ${below ? nearestHelp(below, rest) : '--help'}`;
}

/** The names of some options of a command and of all below it. */
function optionNames(command: Command, isMeant: (option: Option) => boolean): Set<string> {
  const own = command.options.filter(isMeant).map((option) => option.name());
  return new Set([...own, ...command.commands.flatMap((below) => [...optionNames(below, isMeant)])]);
}

function isSwitch(option: Option): boolean {
  return option.isBoolean();
}

function isValued(option: Option): boolean {
  return option.required;
}

const FLAG_SOURCES = `
Every switch has its opposite: --no-mmap. Every flag has an environment variable: --shard-size is
MODEL_SIGNING_SHARD_SIZE, with true or false for switches. A flag wins over its variable, and that over --config.`;

const EXIT_CODES = `
Exit codes: 0 done, or verified; 1 not acceptable; 2 wrong command line, kind of key or password; 3 a file, a token or
the system failed; 4 a service failed, or the time was up; 5 the signature is good, but not what was asked for; 6 no
signature found; 129, 130, 143 ended by SIGHUP, SIGINT, SIGTERM.`;

/** What the user typed stands in the message and may have lines of its own; a suggestion is the last one. */
function usageError(error: CommanderError, help: string): InputError {
  if (error.code === 'commander.help') return new InputError('USAGE', 'no command is named', { hint: `see ${help}` });
  const [, message = '', suggestion] = /^(?:error: )?(.*?)(?:\n\((Did you mean .*)\))?$/s.exec(error.message) ?? [];
  return new InputError('USAGE', oneLine(message), { hint: suggestion ?? `see ${help}` });
}

function endOnSignals(report: Report): void {
  process.once('exit', leaveLostTerminals);
  for (const [signal, exitCode] of Object.entries(SIGNALS)) {
    process.once(signal, () => {
      report.clearLine();
      process.exit(exitCode);
    });
  }
}
