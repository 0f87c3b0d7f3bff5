// SPDX-License-Identifier: Apache-2.0
// The command with a person at a terminal: one who types a line when asked, or one who does not.

import { type SpawnSyncReturns, spawnSync } from 'node:child_process';

import { MAIN } from './command.js';

/** Runs a program at a terminal, types a line when it is asked, if there is one, and prints what the terminal showed. */
const PYTHON = `
import os, pty, sys
question, text, *program = sys.argv[1:]
pid, fd = pty.fork()
if pid == 0: os.execv(program[0], program)
shown, typed = b'', text == ''
while True:
    try: piece = os.read(fd, 4096)
    except OSError: break
    if not piece: break
    shown += piece
    if not typed and question.encode() in shown and shown.endswith(b': '):
        typed = True
        os.write(fd, text.encode() + b'\\r')
os.write(1, shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) % 256)
`;

/** Whether there can be a terminal here. */
export const hasTerminals = spawnSync('python3', ['-c', 'import pty, os; os.waitstatus_to_exitcode']).status === 0;
if (!hasTerminals) console.warn('SKIPPED: no python3 with terminals here, for tests that have to be asked something');

/** Runs the command, and types the text when the terminal asks that question; an empty text is nobody who answers. */
export function atATerminal(
  args: readonly string[],
  [question, text]: readonly [question: string, text: string],
  { cwd, env = {} }: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): SpawnSyncReturns<string> {
  const all = ['-c', PYTHON, question, text, process.execPath, MAIN, ...args];
  return spawnSync('python3', all, { cwd, encoding: 'utf8', timeout: 30_000, env: { ...process.env, ...env } });
}

/** Runs a program at a terminal and takes that away once it asks; `own` is the terminal that sends a signal, too. */
const HANG_UP = `
import os, pty, sys
question, relation, *program = sys.argv[1:]
if relation == 'own': pid, fd = pty.fork()
else:
    fd, used = pty.openpty()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        os.close(fd)
        for stream in (0, 1, 2): os.dup2(used, stream)
    os.close(used)
if pid == 0: os.execv(program[0], program)
shown = b''
while question.encode() not in shown: shown += os.read(fd, 4096)
os.close(fd)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

/** How the command ends when its terminal goes away instead of an answer; below 0 it is the signal that killed it. */
export function hungUp(
  args: readonly string[],
  question: string,
  relation: 'own' | 'used',
  { cwd }: { readonly cwd: string },
): number {
  const all = ['-c', HANG_UP, question, relation, process.execPath, MAIN, ...args];
  return Number(spawnSync('python3', all, { cwd, encoding: 'utf8', timeout: 30_000 }).stdout);
}
