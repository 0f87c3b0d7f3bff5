// SPDX-License-Identifier: Apache-2.0
// How programs of a target are run: for so long and no longer, and nothing of them stays behind.
import { spawn } from 'node:child_process';
import { ROOT, settings } from '../run.js';

/** For each program; the slowest, the core's `oracle` under QEMU, needs a few minutes of one core. */
export const MOST_MINUTES = 15;

const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/** @typedef {{ status: number | null, stdout: string, stderr: string, error?: Error }} Answer */

/**
 * Runs a program in the root and says what it said; `error` is there where it did not start, was late, or was killed.
 * @param {readonly string[]} command
 * @param {number} [minutes]
 * @returns {Promise<Answer>}
 */
export function limited([program = '', ...args], minutes = MOST_MINUTES) {
  return new Promise((resolve) => {
    const { env } = settings();
    const isGroup = process.platform !== 'win32';
    const child = spawn(program, args, { cwd: ROOT, env, detached: isGroup, stdio: ['ignore', 'pipe', 'pipe'] });
    const texts = [child.stdout, child.stderr].map(collected);
    /** @type {Error | undefined} */
    let error;
    const end = () => {
      kill(child, isGroup);
      // Whoever left the group may still hold them open.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const timer = setTimeout(() => {
      error = new Error(`it took longer than ${minutes} min`);
      end();
    }, minutes * 60_000);
    const forget = withUs(end);
    const settle = (/** @type {number | null} */ status) => {
      clearTimeout(timer);
      forget();
      const [stdout = '', stderr = ''] = texts.map((text) => text());
      resolve({ status, stdout, stderr, ...(error === undefined ? {} : { error }) });
    };
    child.once('error', (reason) => {
      error = new Error(`${program} did not start: ${reason.message}`);
      settle(null);
    });
    child.once('close', (status, signal) => {
      if (signal !== null) error ??= new Error(`it was ended by ${signal}`);
      settle(status);
    });
  });
}

/**
 * A group of its own hears no Ctrl-C: what ends us ends it.
 * @param {() => void} end
 */
function withUs(end) {
  /** @param {NodeJS.Signals} signal */
  const both = (signal) => {
    end();
    for (const name of SIGNALS) process.removeListener(name, both);
    process.kill(process.pid, signal);
  };
  for (const name of SIGNALS) process.once(name, both);
  return () => SIGNALS.forEach((name) => process.removeListener(name, both));
}

/**
 * With all that it started.
 * @param {import('node:child_process').ChildProcess} child
 * @param {boolean} isGroup
 */
function kill(child, isGroup) {
  try {
    if (isGroup && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    else child.kill('SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** @param {import('node:stream').Readable} stream */
function collected(stream) {
  /** @type {Buffer[]} */
  const chunks = [];
  stream.on('data', (chunk) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}
