// SPDX-License-Identifier: Apache-2.0
// What the exit code says. A contract: scripts branch on it.

import { type ErrorKind, ModelSigningError } from '../index.js';

/** The exit codes. */
export const EXIT = {
  /** Yes: done, or verified. */
  yes: 0,
  /** No: what was looked at is not acceptable. */
  no: 1,
  /** The command line is wrong. */
  usage: 2,
  /** A file, a credential or the system failed. */
  input: 3,
  /** The network or a service failed. */
  service: 4,
  /** The signature is good, but the signer or what was signed is not acceptable. */
  policy: 5,
  /** There is no signature. */
  absent: 6,
} as const;

/** Signals that end the command, and the exit codes by which a shell knows them. */
export const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

const BY_KIND: Readonly<Record<ErrorKind, number>> = {
  call: EXIT.usage,
  system: EXIT.input,
  credentials: EXIT.input,
  service: EXIT.service,
  untrusted: EXIT.no,
  policy: EXIT.policy,
  absent: EXIT.absent,
  defect: EXIT.no,
};

/** The exit code for an error. */
export function exitCodeOf(error: unknown): number {
  return error instanceof ModelSigningError ? BY_KIND[error.kind] : EXIT.no;
}
