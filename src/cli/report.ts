// SPDX-License-Identifier: Apache-2.0
// What people and scripts read: stdout is the answer, stderr is the talk. Nothing here decides anything.

import {
  LogForkError,
  type Logger,
  ModelMismatchError,
  ModelSigningError,
  type Progress,
  writeOutput,
} from '../index.js';
import { SCHEMA_VERSION, toJson } from './json-answer.js';
import { type Level, isTold, logLine, oneLine } from './log-line.js';
import { print, printAside } from './print.js';
import { progressLine } from './progress.js';
import { isTerminal, stderr } from './terminal.js';
import { withoutPins } from './token.js';

/** How to talk. */
export interface Manner {
  /** Errors as JSON on stdout, too. */
  readonly json: boolean;
  /** `text` or `json`: how lines on stderr look. */
  readonly logFormat: string;
  /** The least level that is told. */
  readonly level: Level;
}

/** Writes the answer, the talk and the progress of one command. */
export class Report {
  #manner: Manner;
  #outputFile: string | undefined;
  #started = 0;
  /** What ends the line that is being written, if one is. */
  #lineEnd = '';
  /** For the output file, which is written in one go. */
  #lines: string[] = [];
  #answers: Iterable<string>[] = [];

  /** Until the command line is understood, the manner is what it looks like. */
  constructor({ json, logFormat }: { readonly json: boolean; readonly logFormat: string }) {
    this.#manner = { json, logFormat, level: 'info' };
  }

  /** What flags, environment and file say. */
  configure(manner: Manner): void {
    this.#manner = manner;
  }

  /** Answer and talk go to a file from now on. */
  redirect(outputFile: string): void {
    this.#outputFile = outputFile;
  }

  /** Prints the answer, piece by piece: a million files are not one string. */
  async answer(pieces: Iterable<string>): Promise<void> {
    this.clearLine();
    if (this.#outputFile !== undefined) this.#answers.push(pieces);
    else for (const piece of pieces) await print(piece);
  }

  /** Prints why a command failed: one line what, one line what to do; as JSON too where JSON was asked for. */
  async failure(cause: unknown): Promise<void> {
    this.clearLine();
    const { code, message, hint } = describe(cause);
    const line = logLine(this.#manner.logFormat, 'error', message, { code, hint });
    // That nobody hears it here does not undo the answer.
    await Promise.all([printAside(line), this.failureAnswer(cause)]);
  }

  /** The same for those who asked for JSON, and nobody else. */
  async failureAnswer(error: unknown): Promise<void> {
    if (this.#manner.json) await this.answer([failureJson(error)]);
  }

  /** Writes the output file, if there is one: all that was said, the answer last. */
  async finish(): Promise<void> {
    if (this.#outputFile !== undefined) await writeOutput(this.#outputFile, joined(this.#lines, ...this.#answers));
  }

  /** What the library takes to talk to people: a logger, and on a terminal a progress listener. */
  get listeners(): { logger: Logger; onProgress?: (progress: Progress) => void } {
    const onProgress = this.#progressListener();
    const logger: Logger = {
      debug: (message) => this.#tell('debug', message),
      info: (message) => this.#tell('info', message),
      warn: (message) => this.#tell('warn', message),
    };
    return { logger, ...(onProgress && { onProgress }) };
  }

  /** A detail for whoever looks for a fault. */
  debug(message: string): void {
    this.#tell('debug', message);
  }

  /** What may be worth knowing. */
  note(message: string): void {
    this.#tell('info', message);
  }

  /** What a careful reader should know, or what was probably not meant. */
  warn(message: string): void {
    this.#tell('warn', message);
  }

  /** Asks somebody at the terminal, who answers on the same line. */
  question(text: string): void {
    this.clearLine();
    stderr().write(text);
    this.#lineEnd = '\n';
  }

  /** Begins a new line where another one stands: progress goes away, a question stays. */
  clearLine(): void {
    if (this.#lineEnd !== '') stderr().write(this.#lineEnd);
    this.#lineEnd = '';
  }

  #tell(level: Level, message: string): void {
    if (!isTold(level, this.#manner.level)) return;
    this.clearLine();
    const line = logLine(this.#manner.logFormat, level, message);
    if (this.#outputFile === undefined) stderr().write(line);
    else this.#lines.push(line);
  }

  /** Keeps one line on the terminal up to date; nothing where there is no terminal. */
  progress(line: string): void {
    if (!this.#showsProgress) return;
    stderr().write(`\r${line.slice(0, columns() - 1)}\u001B[K`);
    this.#lineEnd = '\r\u001B[K';
  }

  get #showsProgress(): boolean {
    const { level, logFormat } = this.#manner;
    return isTold('info', level) && logFormat !== 'json' && isTerminal('stderr');
  }

  #progressListener(): ((progress: Progress) => void) | undefined {
    if (!this.#showsProgress) return undefined;
    this.#started = performance.now();
    return (progress) => {
      const seconds = (performance.now() - this.#started) / 1000;
      this.progress(progressLine(progress, seconds, columns()));
    };
  }
}

/** A terminal that does not know its width says 0. */
function columns(): number {
  return stderr().columns || 80;
}

function describe(error: unknown): { code: string; message: string; hint: string | undefined } {
  if (error instanceof ModelSigningError) return error;
  const message = oneLine(error instanceof Error ? error.message : String(error));
  return new ModelSigningError('INTERNAL', message, { hint: 'please report this, with the message' });
}

/** The answer of a command that failed, on one line. */
function failureJson(error: unknown): string {
  const { code, message, hint } = describe(error);
  const told = { code, message: withoutPins(message), hint: hint === undefined ? null : withoutPins(hint) };
  return `${toJson({ schemaVersion: SCHEMA_VERSION, ok: false, error: told, ...evidenceIn(error) })}\n`;
}

/** What some errors show beside their words. */
function evidenceIn(error: unknown): object {
  if (error instanceof ModelMismatchError) return { diff: error.diff };
  return error instanceof LogForkError ? { checkpoints: error.checkpoints } : {};
}

function* joined(...parts: readonly Iterable<string>[]): Generator<string> {
  for (const part of parts) yield* part;
}
