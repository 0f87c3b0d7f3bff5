// SPDX-License-Identifier: Apache-2.0
// The file that --config names: one JSON object, its members called like flags, `shard-size`, `shard_size` or
// `shardSize`. Read to the letter: what is unknown or there twice was meant to do something, and would not.

import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

import type { Command } from 'commander';

import { InputError, ModelSigningError, escape, parseJson } from '../index.js';
import { camelCase } from './flags.js';

/** What a file says. */
export interface Config {
  readonly path: string;
  /** By the flag's name in camel case; the name is as it is written there. */
  readonly members: ReadonlyMap<string, { readonly name: string; readonly value: unknown }>;
}

const LARGEST = 1_048_576;

/** Flags that a file cannot set: it does not name another one, and does not ask for something else to be done. */
const NOT_HERE = new Set(['config', 'help', 'version']);

/** Reads a file. Members for other commands than this one are as good as any: one file may serve several. */
export function readConfig(path: string, command: Command): Config {
  const object = parse(path, readBytes(path));
  const known = flagNames(rootOf(command));
  const members = new Map<string, { name: string; value: unknown }>();
  for (const [name, value] of Object.entries(object)) {
    const key = camelCase(name.replaceAll('_', '-'));
    if (!known.has(key)) throw wrong(path, `has an unknown member '${escape(name)}'`, 'members are named like flags');
    if (members.has(key)) throw wrong(path, `says '${escape(name)}' twice`, 'leave one of them out');
    members.set(key, { name, value });
  }
  return { path, members };
}

function readBytes(path: string): Buffer {
  try {
    // A pipe that nobody writes to would be waited for without end.
    const file = openSync(path, constants.O_RDONLY | (process.platform === 'win32' ? 0 : constants.O_NONBLOCK));
    try {
      const stats = fstatSync(file);
      if (!stats.isFile()) throw new Error('not a regular file');
      if (stats.size > LARGEST) throw new Error('too large');
      return readFileSync(file);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no small regular file';
    const message = `the configuration file '${escape(path)}' cannot be read (${why})`;
    throw new InputError('CONFIG_UNREADABLE', message, { hint: 'check the path and its permissions', path, cause });
  }
}

/** The one object. Whatever the strict reader refuses was meant to do something, and would not. */
function parse(path: string, bytes: Buffer): object {
  let value: unknown;
  try {
    value = parseJson(bytes);
  } catch (cause) {
    const why = cause instanceof ModelSigningError ? cause.message : 'not valid JSON';
    throw wrong(path, `cannot be understood: ${why}`, 'write one JSON object, without comments', cause);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw wrong(path, 'is not a JSON object', 'write one, such as {"threads": 4}');
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

/** Of a command and all below it, in camel case. */
function flagNames(command: Command): Set<string> {
  const own = command.options.map((option) => option.attributeName()).filter((name) => !NOT_HERE.has(name));
  return new Set([...own, ...command.commands.flatMap((below) => [...flagNames(below)])]);
}

function wrong(path: string, what: string, hint: string, cause?: unknown): InputError {
  return new InputError('USAGE', `the configuration file '${escape(path)}' ${what}`, { hint, path, cause });
}
