// SPDX-License-Identifier: Apache-2.0
// What the kinds of flags take, as people type it: one reading for the command line, the environment and files.

import { InputError, escape } from '../index.js';
import type { Flag } from './flags.js';

/** The value of one flag. */
export type FlagValue = boolean | string | number | readonly string[] | undefined;

/** Reads a value. `source` names the flag, the variable or the member in the error about it. */
export function parseValue(flag: Flag, value: string, source: string): FlagValue {
  switch (flag.kind) {
    case 'switch':
      return parseSwitch(value, source);
    case 'count':
      return parseCount(value, source);
    case 'size':
      return parseSize(value, source);
    case 'duration':
      return parseDuration(value, source);
    case 'list':
      return value === '' ? [] : [value];
    case 'text':
      return parseText(flag, value, source);
  }
}

/** Reads a value that stands in a file as JSON: switches are true or false, numbers may be text with a unit. */
export function parseMember(flag: Flag, value: unknown, source: string): FlagValue {
  switch (flag.kind) {
    case 'switch':
      if (typeof value === 'boolean') return value;
      throw wrongType(source, 'give true or false');
    case 'count':
    case 'size':
    case 'duration':
      if (typeof value === 'number' || typeof value === 'string') return parseValue(flag, String(value), source);
      throw wrongType(source, 'give a number, or a text such as on the command line');
    case 'list':
      if (typeof value === 'string') return parseValue(flag, value, source);
      if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value;
      throw wrongType(source, 'give a text, or a list of texts');
    case 'text':
      if (typeof value === 'string') return parseValue(flag, value, source);
      throw wrongType(source, 'give a text');
  }
}

/** Reads the value of a switch. */
export function parseSwitch(value: string, source: string): boolean {
  const found = switchOf(value);
  if (found !== undefined) return found;
  throw wrongValue(source, value, 'give true or false');
}

/** Whether a text means on, off, or neither. */
export function switchOf(value: string): boolean | undefined {
  if (/^(?:1|true|yes|on)$/i.test(value)) return true;
  return /^(?:0|false|no|off)$/i.test(value) ? false : undefined;
}

function parseCount(value: string, source: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw wrongValue(source, value, 'give a whole number above 0');
}

const BYTES: Readonly<Record<string, number>> = {
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
  const size = Number(digits) * (BYTES[unit.toLowerCase()] ?? Number.NaN);
  if (Number.isSafeInteger(size) && size > 0) return size;
  throw wrongValue(source, value, 'give a number of bytes, or one with a unit such as 1GB or 512MiB');
}

const MILLISECONDS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Timers wait no longer. */
const LONGEST = 2 ** 31 - 1;

/** In milliseconds: `1h30m`, `90s`, `500ms`, or a plain number of seconds. */
function parseDuration(value: string, source: string): number {
  const text = /^\d+(?:\.\d+)?$/.test(value) ? `${value}s` : value;
  const isDuration = /^(?:\d{1,10}(?:\.\d{1,9})?(?:h|ms|m|s))+$/.test(text);
  const parts = isDuration ? [...text.matchAll(/([\d.]+)([a-z]+)/g)] : [];
  const sum = parts.reduce((total, [, digits, unit = '']) => total + Number(digits) * (MILLISECONDS[unit] ?? 0), 0);
  const duration = Math.ceil(sum);
  if (duration >= 1 && duration <= LONGEST) return duration;
  throw wrongValue(source, value, 'give a time such as 3m, 90s, 1h30m or 500ms, or seconds; at most 24 days');
}

function parseText({ choices }: Flag, value: string, source: string): string {
  if (!choices) return value;
  const choice = value.toLowerCase();
  if (choices.includes(choice)) return choice;
  throw wrongValue(source, value, `give ${choices.join(', ')}`);
}

function wrongValue(source: string, value: string, hint: string): InputError {
  return new InputError('USAGE', `${source} has the wrong value '${escape(value)}'`, { hint });
}

/** Does not repeat the value: it may be a password without quotes. */
function wrongType(source: string, hint: string): InputError {
  return new InputError('USAGE', `${source} has a value of the wrong type`, { hint });
}
