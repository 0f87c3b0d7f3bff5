// SPDX-License-Identifier: Apache-2.0
// What can go wrong, as classes, sorted by what the caller does next.

import { type ErrorCode, type ErrorKind, isErrorCode, kindOf } from './error-codes.js';

export type { ErrorCode, ErrorKind };

/** Details of an error beside its message. */
export interface ErrorDetails {
  /** One line: what to do about it. */
  readonly hint?: string | undefined;
  /** The file or folder it is about, exactly as it is on disk; escape it before you print it. */
  readonly path?: string | undefined;
  /** What led to it. */
  readonly cause?: unknown;
}

/** The base of every error this package throws on purpose. */
export class ModelSigningError extends Error {
  override readonly name: string = 'ModelSigningError';
  /** The stable name of the kind of error. */
  readonly code: ErrorCode;
  /** Who has to act. */
  readonly kind: ErrorKind;
  /** One line: what to do about it. */
  readonly hint: string | undefined;
  /** The file or folder it is about, exactly as it is on disk; escape it before you print it. */
  readonly path: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(shortened(message), details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.kind = kindOf(code);
    this.hint = details.hint;
    this.path = details.path;
  }
}

/** What a message may take of a terminal or a log, in bytes; its escaped names can be eight times as long as they are. */
const LONGEST_MESSAGE = 3072;
const KEPT_CHARACTERS = 380;

/** Leaves out the middle: the beginning says what it is about, the end what is wrong. */
function shortened(message: string): string {
  if (Buffer.byteLength(message) <= LONGEST_MESSAGE) return message;
  const characters = Array.from(message);
  return `${characters.slice(0, KEPT_CHARACTERS).join('')}…${characters.slice(-KEPT_CHARACTERS).join('')}`;
}

/** The call cannot be carried out: fix an option, a path or the file system, then call again. */
export class InputError extends ModelSigningError {
  override readonly name = 'InputError';
}

/** The statement could not be signed: fix credentials or services, then try again. */
export class SigningError extends ModelSigningError {
  override readonly name = 'SigningError';
}

/** The model, its statement or its signature is not acceptable as it is: do not trust it. */
export class VerificationError extends ModelSigningError {
  override readonly name: string = 'VerificationError';
}

/** A log tells different histories: what it signed shows it. */
export class LogForkError extends VerificationError {
  override readonly name = 'LogForkError';
  /** The signed notes that cannot all be true, in the order in which they were seen. */
  readonly checkpoints: readonly string[];

  constructor(code: 'LOG_FORK' | 'LOG_SHRUNK', message: string, checkpoints: readonly string[], details: ErrorDetails) {
    super(code, message, details);
    this.checkpoints = checkpoints;
  }
}

/** How a model differs from what was signed. */
export interface Diff {
  /** Files that were signed and are not there. */
  readonly missing: readonly string[];
  /** Files that are there and were not signed. */
  readonly extra: readonly string[];
  /** Files whose shards add up to another size. */
  readonly resized: readonly { readonly path: string; readonly expected: number; readonly actual: number }[];
  /** Resources with another content; `null` when nothing was hashed because names or sizes differ already. */
  readonly changed: readonly { readonly name: string; readonly expected: string; readonly actual: string }[] | null;
  /** Extra files with the content of missing ones; `null` like `changed`. */
  readonly renamed: readonly { readonly from: string; readonly to: string }[] | null;
}

/** The signature is good, but the model is another one. */
export class ModelMismatchError extends ModelSigningError {
  override readonly name = 'ModelMismatchError';
  /** How it differs. */
  readonly diff: Diff;

  constructor(message: string, diff: Diff, details: ErrorDetails = {}) {
    super('MODEL_MISMATCH', message, details);
    this.diff = diff;
  }
}

/** Makes the error that a code stands for. */
export function errorOf(code: string, message: string, details: ErrorDetails = {}): ModelSigningError {
  if (!isErrorCode(code)) return new ModelSigningError('INTERNAL', message, details);
  switch (kindOf(code)) {
    case 'call':
    case 'system':
      return new InputError(code, message, details);
    case 'credentials':
    case 'service':
      return new SigningError(code, message, details);
    case 'untrusted':
    case 'policy':
    case 'absent':
      return new VerificationError(code, message, details);
    case 'defect':
      return new ModelSigningError(code, message, details);
  }
}
