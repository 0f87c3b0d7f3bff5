// SPDX-License-Identifier: Apache-2.0
// Where the password of a private key comes from: a flag, a file, a variable, or a person at a terminal. It is never
// echoed, and a flag that shows it to every process of the machine is warned about.

import { StringDecoder } from 'node:string_decoder';

import { InputError } from '../index.js';
import type { Flag, FlagValues } from './flags.js';
import type { Report } from './report.js';
import { type Secret, secretFromFile, secretFromVariable } from './secret.js';
import { isTerminal } from './terminal.js';

/** The flags. */
export const PASSWORD_FLAGS: readonly Flag[] = [
  {
    name: 'password',
    kind: 'text',
    description: 'password of the private key; visible to others, rather use one below',
  },
  { name: 'password-file', kind: 'text', value: 'path', description: 'file that holds the password' },
  { name: 'password-env', kind: 'text', value: 'name', description: 'environment variable that holds the password' },
];

/** The password, or who to ask for it once it is known to be needed. */
export type Password = string | (() => Promise<string>) | undefined;

const PASSWORD: Secret = { name: 'password', code: 'PASSWORD_UNREADABLE', fileFlag: '--password-file' };

/** Finds the password that the flags mean. */
export async function choosePassword(flags: FlagValues, argv: readonly string[], report: Report): Promise<Password> {
  const { password, passwordFile, passwordEnv } = flags;
  const given = [password, passwordFile, passwordEnv].filter((value) => value !== undefined);
  if (given.length > 1) throw new InputError('USAGE', 'the password is given twice', { hint: 'leave one of them out' });
  if (typeof password === 'string') {
    const isVisible = argv.some((argument) => argument === '--password' || argument.startsWith('--password='));
    if (isVisible) report.warn('a password on the command line can be read by others; use --password-file');
    return password;
  }
  if (typeof passwordFile === 'string') return secretFromFile(passwordFile, PASSWORD);
  if (typeof passwordEnv === 'string') return secretFromVariable(passwordEnv, PASSWORD);
  return isTerminal('stderr') && isTerminal('stdin')
    ? () => askSecret('Password of the private key: ', PASSWORD, report)
    : undefined;
}

/** Reads a line without showing it. */
export async function askSecret(question: string, secret: Secret, report: Report): Promise<string> {
  const { stdin } = process;
  // First the terminal stops showing what is typed, then it is asked for.
  stdin.setRawMode(true);
  report.question(question);
  try {
    return await readSecret(stdin, secret);
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    report.clearLine();
  }
}

function readSecret(stdin: NodeJS.ReadStream, { name, code, fileFlag }: Secret): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const decoder = new StringDecoder('utf8');
    const onData = (chunk: Buffer): void => {
      for (const character of decoder.write(chunk)) {
        if (character === '\r' || character === '\n' || character === '\u0004') return done(() => resolve(text));
        // In raw mode Ctrl-C is a character. It means what it always means, and ends the process from outside.
        if (character === '\u0003') return done(interrupt);
        text = afterKey(text, character);
      }
    };
    const onEnd = (): void => {
      const message = `the terminal went away before the ${name} was typed`;
      done(() => reject(new InputError(code, message, { hint: `sign again, or use ${fileFlag}` })));
    };
    const done = (settle: () => void): void => {
      // Not off('error'): a terminal that is gone cannot be told to show again what is typed, either.
      stdin.off('data', onData).off('end', onEnd);
      settle();
    };
    stdin.on('data', onData).on('end', onEnd).on('error', onEnd);
  });
}

/** What is typed after one more key: backspace takes one character back, Ctrl-U all of them. */
function afterKey(text: string, key: string): string {
  if (key === '\u007F' || key === '\b') return Array.from(text).slice(0, -1).join('');
  return key === '\u0015' ? '' : text + key;
}

/** On Windows a signal to oneself ends the process before its own listeners hear of it. */
function interrupt(): void {
  if (process.platform === 'win32') process.emit('SIGINT');
  else process.kill(process.pid, 'SIGINT');
}
