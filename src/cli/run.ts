// SPDX-License-Identifier: Apache-2.0
// How every command goes: its flags from wherever they come, the manner of its talk, the file for its output, and the
// time it may take.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

import type { Command } from 'commander';

import { InputError, type RunOptions, checkPlainOutput, escape, isInsideModel } from '../index.js';
import { withDeadline } from './deadline.js';
import { type Given, givenFlags } from './flag-sources.js';
import { type Flag, type FlagValues, camelCase } from './flags.js';
import { LOG_LEVELS } from './log-line.js';
import { number, text } from './method.js';
import type { Manner, Report } from './report.js';
import { PROGRAM_FLAGS } from './shared-flags.js';
import { DEFAULT_NAME } from './signature-file.js';
import { filesOfUri } from './token.js';

/** What a command works with. */
export interface Run {
  readonly values: FlagValues;
  readonly json: boolean;
  /** Remarks on rules that something else than the command line relaxed. */
  readonly relaxations: readonly string[];
  /** Who the library talks to, and who stops it. */
  readonly listeners: Pick<RunOptions, 'logger' | 'onProgress'> & { readonly signal?: AbortSignal };
}

/** Runs one command on one model, or on none; where the model is a flag and no argument, that flag is `--model`. */
export async function runCommand(
  command: Command,
  flags: readonly Flag[],
  model: string | undefined,
  report: Report,
  work: (run: Run) => Promise<void>,
): Promise<void> {
  const allFlags = [...flags, ...PROGRAM_FLAGS];
  const given = givenFlags(command, allFlags, process.env);
  const { values, relaxations } = given;
  const modelPath = model ?? text(values, 'model');
  report.configure(mannerOf(values));
  const outputFile = text(values, 'outputFile');
  if (outputFile !== undefined) {
    await checkOutputFile(outputFile, pathsIn(allFlags, values), modelPath);
    report.redirect(outputFile);
  }
  tellOrigins(given, report);
  warnOfCommas(flags, values, modelPath, report);
  await withDeadline(number(values, 'totalTimeout'), async (signal) => {
    const listeners = { ...report.listeners, ...(signal && { signal }) };
    await work({ values, json: values['json'] === true, relaxations, listeners });
  });
}

function mannerOf(values: FlagValues): Manner {
  return {
    json: values['json'] === true,
    logFormat: text(values, 'logFormat') ?? 'text',
    level: values['quiet'] === true ? 'error' : (LOG_LEVELS[text(values, 'logLevel') ?? 'info'] ?? 'info'),
  };
}

/** Every path that a flag names, but the output file's own; the URI of a key on a token may name some, too. */
function pathsIn(flags: readonly Flag[], values: FlagValues): string[] {
  const naming = flags.filter(({ name, value }) => /^(?:path|uri)$/.test(value ?? '') && name !== 'output-file');
  const named = naming.flatMap(({ name }) => values[camelCase(name)]).filter((value) => typeof value === 'string');
  return [...named, ...named.flatMap((path) => filesOfUri(path))];
}

/** Nothing that this run reads or signs is written over, and nothing is put where it would become part of the model. */
async function checkOutputFile(path: string, named: readonly string[], modelPath: string | undefined): Promise<void> {
  const inputs = modelPath === undefined ? named : [modelPath, ...named];
  if (path === '') throw new InputError('USAGE', '--output-file is empty', { hint: 'give a path' });
  await checkPlainOutput(path, inputs);
  if ([DEFAULT_NAME, ...inputs].some((input) => resolve(input) === resolve(path))) {
    const message = `the output file '${escape(path)}' is also the place of something else`;
    throw new InputError('OUTPUT_IS_INPUT', message, { hint: 'give another path', path });
  }
  if (modelPath === undefined || !isInsideModel(modelPath, path)) return;
  const message = `the output file '${escape(path)}' would be part of the model`;
  throw new InputError('OUTPUT_IS_INPUT', message, { hint: 'give a path outside of it', path });
}

/** Values may be secrets; names are not. */
function tellOrigins({ untyped }: Given, report: Report): void {
  for (const { flag, source } of untyped) report.debug(`--${flag.name} was set by ${source}`);
}

/** Lists are repeated flags here, and a comma is a letter; who comes from the Go tool should know. */
function warnOfCommas(flags: readonly Flag[], values: FlagValues, modelPath: string | undefined, report: Report): void {
  for (const { name } of flags.filter(({ kind }) => kind === 'list')) {
    const list = values[camelCase(name)];
    const entries: readonly string[] = typeof list === 'object' ? list : [];
    for (const entry of entries.filter((path) => path.includes(','))) {
      if (existsSync(entry) || existsSync(resolve(modelPath ?? '.', entry))) continue;
      report.warn(`--${name} '${escape(entry)}' is taken as one path; repeat the flag for several`);
    }
  }
}
