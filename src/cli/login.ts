// SPDX-License-Identifier: Apache-2.0
// How a person at this machine logs in: an address opened in the browser, words on stderr, a line from stdin.

import { type Interaction, escape } from '../index.js';
import type { Report } from './report.js';
import { isTerminal, stderr } from './terminal.js';

/** An opener that has not failed by then has done its work, or is the browser itself. In milliseconds. */
const OPENED_MS = 1000;

/** Who is asked, if there is anybody: at a terminal, at a desktop, or at the other end of what was forced; not in a CI. */
export function personHere(report: Report, isForced: boolean, environment = process.env): Interaction | undefined {
  const isSomebody = isTerminal('stdin') || isTerminal('stderr') || hasDesktop(environment);
  if (!isForced && (!isSomebody || isSet(environment['CI']))) return undefined;
  return {
    show: (text) => {
      report.clearLine();
      stderr().write(`${escape(text)}\n`);
    },
    open: async (url) => hasDesktop(environment) && opens(url),
    ask: (question, signal) => askLine(question, signal),
  };
}

/** Without a display an opener would find a browser for the terminal, and take that away from the person. */
function hasDesktop({ DISPLAY, WAYLAND_DISPLAY, BROWSER }: NodeJS.ProcessEnv): boolean {
  if (process.platform === 'darwin' || process.platform === 'win32') return true;
  return [DISPLAY, WAYLAND_DISPLAY, BROWSER].some(isSet);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== 'false';
}

async function opens(url: string): Promise<boolean> {
  const { spawn } = await import('node:child_process');
  const [file, ...args] = openerOf(process.platform);
  return new Promise((resolve) => {
    const opener = spawn(file, [...args, url], { stdio: 'ignore', detached: true });
    const timer = setTimeout(() => resolve(true), OPENED_MS);
    const end = (done: boolean): void => {
      clearTimeout(timer);
      resolve(done);
    };
    opener.once('error', () => end(false)).once('exit', (code) => end(code === 0));
    opener.unref();
  });
}

/** By its whole path on Windows, which would look for it in the working folder first. */
function openerOf(platform: NodeJS.Platform): readonly [file: string, ...args: string[]] {
  if (platform === 'darwin') return ['open'];
  if (platform !== 'win32') return ['xdg-open'];
  const { SystemRoot = 'C:\\Windows' } = process.env;
  return [`${SystemRoot}\\System32\\rundll32.exe`, 'url.dll,FileProtocolHandler'];
}

/** An end of input is an empty line. */
async function askLine(question: string, signal: AbortSignal): Promise<string> {
  const { createInterface } = await import('node:readline');
  const lines = createInterface({ input: process.stdin, output: stderr() });
  return new Promise<string>((resolve, reject) => {
    lines.once('close', () => resolve(''));
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    lines.question(question, resolve);
  }).finally(() => lines.close());
}
