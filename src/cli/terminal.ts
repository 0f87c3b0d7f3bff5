// SPDX-License-Identifier: Apache-2.0
// Standard output and error, and whether a person sits there. Node makes a stream when it is first named, and for a pipe
// loads its network modules to do so: 2 ms, a tenth of what Node itself takes to start, for nothing if nothing is told.

import { closeSync, fstatSync, writeSync } from 'node:fs';

/** Standard error, to be written to. */
export function stderr(): NodeJS.WriteStream {
  return outliving(process.stderr);
}

/** Standard output, to be written to. */
export function stdout(): NodeJS.WriteStream {
  return outliving(process.stdout);
}

/** Without a listener a reader that went away would end the process. */
function outliving(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  if (stream.listenerCount('error') === 0) stream.on('error', () => {});
  return stream;
}

/** Whether a stream is a terminal. */
export function isTerminal(name: 'stdin' | 'stderr'): boolean {
  return mayBeTerminal(name === 'stdin' ? 0 : 2) && process[name].isTTY;
}

/** A terminal is a character device; how Windows tells its consoles is left to Node. */
function mayBeTerminal(descriptor: number): boolean {
  try {
    return process.platform === 'win32' || fstatSync(descriptor).isCharacterDevice();
  } catch {
    return false;
  }
}

/**
 * Lets go of terminals that have gone away, at the very end: Node puts every terminal back as it found it, and aborts
 * where that cannot be done. Writing nothing asks a terminal whether it is there, without loading what knows terminals.
 */
export function leaveLostTerminals(): void {
  if (process.platform === 'win32') return;
  for (const descriptor of [0, 1, 2].filter(mayBeTerminal)) {
    try {
      writeSync(descriptor, '');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EIO') closeSync(descriptor);
    }
  }
}
