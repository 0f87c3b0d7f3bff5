// SPDX-License-Identifier: Apache-2.0
// Flags as data: name, kind, words. From one table come the help, the parsing and the environment variables.

import { type Command, Option } from 'commander';

import { InputError, escape } from '../index.js';

/** One flag. */
export interface Flag {
  readonly name: string;
  /** `switch` also exists as `--no-…`; `list` may be given several times. */
  readonly kind: 'switch' | 'text' | 'count' | 'size' | 'list';
  readonly description: string;
  /** The name of its value in the help. */
  readonly value?: string;
  readonly choices?: readonly string[];
  /** What happens without it, in words. */
  readonly default?: string;
}

/** The values of flags, under their names in camel case; only those that were given. */
export type FlagValues = Readonly<Record<string, boolean | string | number | readonly string[] | undefined>>;

/** Adds flags to a command's help and parser. */
export function addFlags(command: Command, flags: readonly Flag[]): void {
  for (const flag of flags) {
    const text = flag.default === undefined ? flag.description : `${flag.description} (default: ${flag.default})`;
    if (flag.kind === 'switch') {
      command.addOption(new Option(`--${flag.name}`, text));
      command.addOption(new Option(`--no-${flag.name}`).hideHelp());
      continue;
    }
    const option = new Option(`--${flag.name} <${flag.value ?? flag.kind}>`, text);
    if (flag.choices) option.choices([...flag.choices]);
    if (flag.kind === 'list')
      option.argParser<readonly string[] | undefined>((value, before) => [...(before ?? []), value]);
    else if (flag.kind !== 'text') option.argParser((value) => parseValue(flag, value, `--${flag.name}`));
    command.addOption(option);
  }
}

/** The values that were given: on the command line, else in the environment. */
export function flagValues(command: Command, flags: readonly Flag[], environment: NodeJS.ProcessEnv): FlagValues {
  const values: Record<string, FlagValues[string]> = {};
  for (const flag of flags) {
    const key = camelCase(flag.name);
    const given = command.getOptionValueSource(key) === 'cli' ? command.getOptionValue(key) : undefined;
    values[key] = given ?? fromEnvironment(flag, environment);
  }
  return values;
}

/** The values of these flags alone. */
export function pick(values: FlagValues, flags: readonly Flag[]): FlagValues {
  const keys = new Set(flags.map(({ name }) => camelCase(name)));
  return Object.fromEntries(Object.entries(values).filter(([key]) => keys.has(key)));
}

/** The environment variable of a flag. */
export function variableName(flag: Flag): string {
  return `MODEL_SIGNING_${flag.name.toUpperCase().replaceAll('-', '_')}`;
}

/** Writes `--ignore_paths` as `--ignore-paths`: who comes from the Python tool types underscores. */
export function normalizeFlags(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  return argv.map((argument, index) => {
    if (!argument.startsWith('--') || (end !== -1 && index >= end)) return argument;
    const [name = '', ...value] = argument.split('=');
    return [name.replaceAll('_', '-'), ...value].join('=');
  });
}

/** Whether failures are to be JSON, too; asked before the command line is understood, and even if it cannot be. */
export function looksLikeJson(argv: readonly string[], { MODEL_SIGNING_JSON = '' }: NodeJS.ProcessEnv): boolean {
  const flags = new Set(argv.slice(0, argv.includes('--') ? argv.indexOf('--') : argv.length));
  return flags.has('--json') || (!flags.has('--no-json') && ON.test(MODEL_SIGNING_JSON));
}

function fromEnvironment(flag: Flag, environment: NodeJS.ProcessEnv): FlagValues[string] {
  const name = variableName(flag);
  const value = environment[name];
  return value === undefined ? undefined : parseValue(flag, value, name);
}

function parseValue(flag: Flag, value: string, source: string): FlagValues[string] {
  switch (flag.kind) {
    case 'switch':
      return parseSwitch(value, source);
    case 'count':
      return parseCount(value, source);
    case 'size':
      return parseSize(value, source);
    case 'list':
      return value === '' ? [] : [value];
    case 'text':
      return parseText(flag, value, source);
  }
}

function parseText(flag: Flag, value: string, source: string): string {
  if (!flag.choices || flag.choices.includes(value)) return value;
  throw wrongValue(source, value, `give ${flag.choices.join(', ')}`);
}

const ON = /^(?:1|true|yes|on)$/i;
const OFF = /^(?:0|false|no|off)$/i;

function parseSwitch(value: string, source: string): boolean {
  if (ON.test(value)) return true;
  if (OFF.test(value)) return false;
  throw wrongValue(source, value, 'give true or false');
}

function parseCount(value: string, source: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw wrongValue(source, value, 'give a whole number above 0');
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

function parseSize(value: string, source: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,16})\s*([a-z]*)$/i.exec(value) ?? [];
  const size = Number(digits) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
  if (Number.isSafeInteger(size) && size > 0) return size;
  throw wrongValue(source, value, 'give a number of bytes, or one with a unit such as 1GB or 512MiB');
}

function wrongValue(source: string, value: string, hint: string): InputError {
  return new InputError('USAGE', `${source} has the wrong value '${escape(value)}'`, { hint });
}

function camelCase(name: string): string {
  return name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
