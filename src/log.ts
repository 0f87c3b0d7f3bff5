// SPDX-License-Identifier: Apache-2.0
// Where remarks go that are neither the answer nor an error. Silent unless the caller gives a logger.

/** Takes remarks; `console` is one. */
export interface Logger {
  /** Details for whoever looks for a fault. */
  debug(message: string): void;
  /** What a careful reader may want to know. */
  info(message: string): void;
  /** What was probably not meant. */
  warn(message: string): void;
}

/** Says nothing. */
export const SILENT: Logger = { debug() {}, info() {}, warn() {} };
