// SPDX-License-Identifier: Apache-2.0
// One line of talk: which are told, and how they look. Levels have the names that the other tools give them.

import { escape } from '../index.js';
import { toJson } from './json-answer.js';
import { withoutPins } from './token.js';

/** How much something matters. */
export type Level = 'debug' | 'info' | 'warn' | 'error';

/** What `--log-level` takes, and the least level that is told then. */
export const LOG_LEVELS: Readonly<Record<string, Level>> = {
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
  critical: 'error',
  silent: 'error',
  none: 'error',
  off: 'error',
};

/** What else an error says. */
export interface ErrorLine {
  readonly code: string;
  readonly hint: string | undefined;
}

const ORDER: readonly Level[] = ['debug', 'info', 'warn', 'error'];

/** Whether something of this level is told. */
export function isTold(level: Level, least: Level): boolean {
  return ORDER.indexOf(level) >= ORDER.indexOf(least);
}

/** The line or, of an error in words, the two lines: what, and what to do about it. No PIN stands in any of them. */
export function logLine(format: string, level: Level, message: string, error?: ErrorLine): string {
  const hint = error?.hint === undefined ? undefined : withoutPins(error.hint);
  const told = error && { code: error.code, hint };
  return format === 'json' ? jsonLine(level, withoutPins(message), told) : textLines(level, withoutPins(message), told);
}

function jsonLine(level: Level, message: string, error?: ErrorLine): string {
  const time = new Date().toISOString();
  return `${toJson({ time, level, message, ...(error && { code: error.code, hint: error.hint ?? null }) })}\n`;
}

function textLines(level: Level, message: string, error?: ErrorLine): string {
  if (error === undefined) return `${level === 'debug' ? 'debug' : 'note'}: ${oneLine(message)}\n`;
  const advice = error.hint === undefined ? '' : `hint: ${oneLine(error.hint)}\n`;
  return `error: ${oneLine(message)} [${error.code}]\n${advice}`;
}

/** Messages of this package are safe already; what else comes along must not write a second line. */
export function oneLine(message: string): string {
  return /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(message) ? escape(message) : message;
}
