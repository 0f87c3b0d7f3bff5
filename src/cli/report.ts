// SPDX-License-Identifier: Apache-2.0
// What people and scripts read: stdout is the answer, stderr is the talk. Nothing here decides anything.

import { InputError, type Logger, ModelMismatchError, ModelSigningError, type Progress, escape } from '../index.js';
import { SCHEMA_VERSION, toJson } from './json-answer.js';
import { progressLine } from './progress.js';
import { withoutPins } from './token.js';

/** Writes the answer, the talk and the progress of one command. */
export class Report {
  #json: boolean;
  #quiet = false;
  #started = 0;
  #hasProgress = false;

  /** Until the command line is understood, `json` is what it looks like. */
  constructor(json: boolean) {
    this.#json = json;
    // Every write waits for its own outcome; without a listener a failed one would also end the process.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  }

  /** What the flags and the environment say: errors as JSON too; no talk and no progress. */
  configure({ json, quiet }: { json: boolean; quiet: boolean }): void {
    this.#json = json;
    this.#quiet = quiet;
  }

  /** Prints the answer, piece by piece: a million files are not one string. */
  async answer(pieces: Iterable<string>): Promise<void> {
    this.clearProgress();
    for (const piece of pieces) await write(process.stdout, piece);
  }

  /** Prints why a command failed: one line what, one line what to do; as JSON too where JSON was asked for. */
  async failure(error: unknown): Promise<void> {
    this.clearProgress();
    const { code, message, hint } = describe(error);
    const advice = hint === undefined ? '' : `hint: ${oneLine(hint)}\n`;
    await write(process.stderr, `error: ${oneLine(message)} [${code}]\n${advice}`);
    if (!this.#json) return;
    const diff = error instanceof ModelMismatchError ? { diff: error.diff } : {};
    const answer = {
      schemaVersion: SCHEMA_VERSION,
      ok: false,
      error: { code, message: withoutPins(message), hint: hint ?? null },
      ...diff,
    };
    await write(process.stdout, `${toJson(answer)}\n`);
  }

  /** What the library takes to talk to people: a logger, and on a terminal a progress listener. */
  get listeners(): { logger: Logger; onProgress?: (progress: Progress) => void } {
    const onProgress = this.#progressListener();
    const note = (message: string): void => this.note(message);
    return { logger: { debug: () => {}, info: note, warn: note }, ...(onProgress && { onProgress }) };
  }

  /** One line of talk. */
  note(message: string): void {
    if (this.#quiet) return;
    this.clearProgress();
    process.stderr.write(`note: ${oneLine(message)}\n`);
  }

  /** A listener that keeps one line on the terminal up to date; nothing where there is no terminal. */
  #progressListener(): ((progress: Progress) => void) | undefined {
    if (this.#quiet || !process.stderr.isTTY) return undefined;
    this.#started = performance.now();
    return (progress) => {
      const seconds = (performance.now() - this.#started) / 1000;
      // A terminal that does not know its width says 0.
      const columns = process.stderr.columns || 80;
      process.stderr.write(`\r${progressLine(progress, seconds, columns)}\u001B[K`);
      this.#hasProgress = true;
    };
  }

  /** Takes the progress line away. */
  clearProgress(): void {
    if (this.#hasProgress) process.stderr.write('\r\u001B[K');
    this.#hasProgress = false;
  }
}

function describe(error: unknown): { code: string; message: string; hint: string | undefined } {
  if (error instanceof ModelSigningError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'INTERNAL', message, hint: 'please report this, with the message' };
}

/** Messages of this package are safe already; what else comes along must not write a second line. */
function oneLine(message: string): string {
  const shown = withoutPins(message);
  return /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(shown) ? escape(shown) : shown;
}

/**
 * Waits for slow readers. A reader that went away wants no more: that is no error, and the exit code still says what
 * the answer was.
 */
async function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    stream.write(text, (error: NodeJS.ErrnoException | null | undefined) => {
      if (!error || error.code === 'EPIPE') resolve();
      else reject(unwritable(error));
    });
  });
}

function unwritable(cause: Error): InputError {
  const hint = 'make room where the output goes, then try again';
  return new InputError('IO_ERROR', `cannot write the answer: ${cause.message}`, { hint, cause });
}
