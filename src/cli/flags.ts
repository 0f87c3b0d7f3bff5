// SPDX-License-Identifier: Apache-2.0
// Flags as data: name, kind, words. From one table come the help, the parsing, the environment variables and the
// members of a configuration file.

import { type Command, Option } from 'commander';

import { type FlagValue, parseSwitch, parseValue, switchOf } from './flag-kinds.js';

/** One flag. */
export interface Flag {
  readonly name: string;
  /** `switch` also exists as `--no-…`; `list` may be given several times; a `duration` is read as milliseconds. */
  readonly kind: 'switch' | 'text' | 'count' | 'size' | 'duration' | 'list';
  readonly description: string;
  /** One letter that means the same. */
  readonly short?: string;
  /** The name of its value in the help. */
  readonly value?: string;
  /** What it may be; taken in any case. */
  readonly choices?: readonly string[];
  /** What happens without it, in words. */
  readonly default?: string;
  /** It makes a verifier tolerate more: where it comes from is told, unless somebody typed it. */
  readonly relaxes?: boolean;
}

/** The values of flags, under their names in camel case; only those that were given. */
export type FlagValues = Readonly<Record<string, FlagValue>>;

/** Adds flags to a command's help and parser. */
export function addFlags(command: Command, flags: readonly Flag[]): void {
  for (const flag of flags) {
    const text = flag.default === undefined ? flag.description : `${flag.description} (default: ${flag.default})`;
    if (flag.kind === 'switch') {
      command.addOption(new Option(`--${flag.name}`, text));
      command.addOption(new Option(`--no-${flag.name}`).hideHelp());
      continue;
    }
    const short = flag.short === undefined ? '' : `-${flag.short}, `;
    const option = new Option(`${short}--${flag.name} <${flag.value ?? flag.kind}>`, text);
    if (flag.choices) option.choices([...flag.choices]);
    if (flag.kind === 'list')
      option.argParser<readonly string[] | undefined>((value, before) => [...(before ?? []), value]);
    else option.argParser((value) => parseValue(flag, value, `--${flag.name}`));
    command.addOption(option);
  }
}

/** The values of these flags alone. */
export function pick(values: FlagValues, flags: readonly Flag[]): FlagValues {
  const keys = new Set(flags.map(({ name }) => camelCase(name)));
  return Object.fromEntries(Object.entries(values).filter(([key]) => keys.has(key)));
}

/** The environment variable of a flag. */
export function variableName(flag: string): string {
  return `MODEL_SIGNING_${flag.toUpperCase().replaceAll('-', '_')}`;
}

/** The name under which a flag's value is found. */
export function camelCase(name: string): string {
  return name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * Writes flags as this command's parser knows them: `--ignore_paths` is what the Python tool calls `--ignore-paths`, and
 * `--mmap=false` is how the Go tool says `--no-mmap`. What stands behind a flag that takes a value is that value.
 */
export function normalizeFlags(
  argv: readonly string[],
  switches: ReadonlySet<string> = new Set(),
  valued: ReadonlySet<string> = new Set(),
): string[] {
  let isLiteral = false;
  let isOver = false;
  return argv.map((argument) => {
    const isFlag = !isOver && !isLiteral && argument.startsWith('--');
    isLiteral = false;
    if (!isFlag) return argument;
    isOver = argument === '--';
    const [flag = '', ...rest] = argument.split('=');
    const name = flag.slice(2).replaceAll('_', '-');
    isLiteral = rest.length === 0 && valued.has(name);
    return rest.length === 0 ? `--${name}` : withValue(name, rest.join('='), switches, valued);
  });
}

/** A flag and its value in one word. The value of a flag that there is not may be a secret, and is not repeated. */
function withValue(name: string, value: string, switches: ReadonlySet<string>, valued: ReadonlySet<string>): string {
  const positive = name.replace(/^no-/, '');
  if (!switches.has(positive)) return valued.size === 0 || valued.has(name) ? `--${name}=${value}` : `--${name}`;
  const isOn = parseSwitch(value, `--${name}`) === (name === positive);
  return isOn ? `--${positive}` : `--no-${positive}`;
}

/** How errors have to be told; asked for before the command line is understood, and even if it cannot be. */
export function looksLike(
  argv: readonly string[],
  { MODEL_SIGNING_JSON = '', MODEL_SIGNING_LOG_FORMAT = '' }: NodeJS.ProcessEnv,
): { readonly json: boolean; readonly logFormat: string } {
  const flags = normalizeFlags(argv.slice(0, argv.includes('--') ? argv.indexOf('--') : argv.length));
  const asked = flags.findLast((flag) => /^--(?:no-)?json(?:=|$)/.test(flag)) ?? `--json=${MODEL_SIGNING_JSON}`;
  const joined = flags.find((flag) => flag.startsWith('--log-format='))?.slice('--log-format='.length);
  const format = joined ?? flags[flags.indexOf('--log-format') + 1 || flags.length] ?? MODEL_SIGNING_LOG_FORMAT;
  return {
    json: asked === '--json' || (asked.startsWith('--json=') && switchOf(asked.slice('--json='.length)) === true),
    logFormat: format.toLowerCase() === 'json' ? 'json' : 'text',
  };
}
