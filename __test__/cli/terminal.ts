// SPDX-License-Identifier: Apache-2.0
// The command at a terminal, where it asks and somebody types.

import { type SpawnSyncReturns, spawnSync } from 'node:child_process';

import { MAIN } from './command.js';

/** Runs a command at a terminal, types a line when it is asked, and prints what the terminal showed. */
const AT_A_TERMINAL = `
import os, pty, sys
pid, fd = pty.fork()
if pid == 0: os.execv(sys.argv[3], sys.argv[3:])
shown, typed = b'', False
while True:
    try: piece = os.read(fd, 4096)
    except OSError: break
    if not piece: break
    shown += piece
    if not typed and sys.argv[2].encode() in shown and shown.endswith(b': '):
        typed = True
        os.write(fd, sys.argv[1].encode() + b'\\r')
os.write(1, shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) % 256)
`;

/** Why nothing here can run, or nothing. */
export const NO_TERMINAL: string | undefined =
  spawnSync('python3', ['-c', 'import pty, os; os.waitstatus_to_exitcode']).status === 0
    ? undefined
    : 'SKIPPED: no python3 with terminals here to be asked for secrets at';

/** Runs the command, and types a text when the terminal shows a question that begins so. */
export function atTerminal(
  [question, typed]: readonly [question: string, typed: string],
  args: readonly string[],
  { cwd, env }: { cwd: string; env?: NodeJS.ProcessEnv },
): SpawnSyncReturns<string> {
  const command = ['-c', AT_A_TERMINAL, typed, question, process.execPath, MAIN, ...args];
  return spawnSync('python3', command, { cwd, encoding: 'utf8', timeout: 30_000, env: { ...process.env, ...env } });
}
