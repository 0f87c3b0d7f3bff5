// SPDX-License-Identifier: Apache-2.0
// Where the values of flags come from: the command line, else the environment, else the file that --config names. Each
// value keeps its source, for whoever has to know who relaxed a rule.

import type { Command } from 'commander';

import { escape } from '../index.js';
import { type Config, readConfig } from './config-file.js';
import { type FlagValue, parseMember, parseSwitch, parseValue } from './flag-kinds.js';
import { type Flag, type FlagValues, camelCase, variableName } from './flags.js';

/** What was given, and by whom. */
export interface Given {
  readonly values: FlagValues;
  /** Values that nobody typed: which flag, and in words where it comes from. */
  readonly untyped: readonly { readonly flag: Flag; readonly source: string }[];
  /** Remarks on rules that were relaxed by something else than the command line. */
  readonly relaxations: readonly string[];
}

/** A value and where it stands; the command line has no need to be named. */
interface Found {
  readonly value: FlagValue;
  readonly source?: string;
}

/** The values of a command's flags. */
export function givenFlags(command: Command, flags: readonly Flag[], environment: NodeJS.ProcessEnv): Given {
  const config = configOf(command, flags, environment);
  const found = flags.map((flag) => ({ flag, ...find(command, flag, environment, config) }));
  const untyped = found.flatMap(({ flag, source }) => (source === undefined ? [] : [{ flag, source }]));
  const relaxing = found.filter(({ flag, value, source }) => flag.relaxes === true && isOn(value) && source);
  return {
    values: Object.fromEntries(found.map(({ flag, value }) => [camelCase(flag.name), value])),
    untyped,
    relaxations: relaxing.map(({ flag, source }) => `--${flag.name} was set by ${source}`),
  };
}

/** No file is searched for: only the one that is named counts. */
function configOf(command: Command, flags: readonly Flag[], environment: NodeJS.ProcessEnv): Config | undefined {
  const flag = flags.find(({ name }) => name === 'config');
  const path = flag && (typed(command, flag) ?? inEnvironment(flag, environment))?.value;
  return typeof path === 'string' ? readConfig(path, command) : undefined;
}

function find(
  command: Command,
  flag: Flag,
  environment: NodeJS.ProcessEnv,
  config: Config | undefined,
): Found | undefined {
  return typed(command, flag) ?? inEnvironment(flag, environment) ?? inFile(flag, config);
}

/** Flags of the program itself may stand before or after the command. */
function typed(command: Command, flag: Flag): Found | undefined {
  const key = camelCase(flag.name);
  for (let level: Command | null = command; level; level = level.parent) {
    if (level.getOptionValueSource(key) !== 'cli') continue;
    const value: FlagValue = level.getOptionValue(key);
    return { value };
  }
  return undefined;
}

function inEnvironment(flag: Flag, environment: NodeJS.ProcessEnv): Found | undefined {
  const name = variableName(flag.name);
  const value = environment[name];
  if (value === undefined) return flag.kind === 'switch' ? opposite(flag, environment) : undefined;
  return { value: parseValue(flag, value, name), source: `the environment variable ${name}` };
}

/** `--no-mmap` is a flag as well: its variable must not be passed over, least of all where it is the stricter one. */
function opposite({ name: flag }: Flag, environment: NodeJS.ProcessEnv): Found | undefined {
  const name = variableName(`no-${flag}`);
  const value = environment[name];
  if (value === undefined) return undefined;
  return { value: !parseSwitch(value, name), source: `the environment variable ${name}` };
}

function inFile(flag: Flag, config: Config | undefined): Found | undefined {
  const member = config?.members.get(camelCase(flag.name));
  if (config === undefined || member === undefined) return undefined;
  const file = `'${escape(config.path)}'`;
  return {
    value: parseMember(flag, member.value, `member '${escape(member.name)}' of ${file}`),
    source: `the file ${file}`,
  };
}

function isOn(value: FlagValue): boolean {
  return value === true || (Array.isArray(value) && value.length > 0);
}
