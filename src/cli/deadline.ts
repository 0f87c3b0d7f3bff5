// SPDX-License-Identifier: Apache-2.0
// The longest that a whole run may take, whatever it does: hashing, waiting for a service, or for somebody at a terminal.

import { ModelSigningError } from '../index.js';

/** Does work under a deadline, if there is one; whoever can be stopped gets a signal. */
export async function withDeadline<T>(
  milliseconds: number | undefined,
  work: (signal: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  if (milliseconds === undefined) return work(undefined);
  const controller = new AbortController();
  const { signal } = controller;
  // Not all work listens to a signal.
  const passed = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  const timer = setTimeout(() => controller.abort(timedOut(milliseconds)), milliseconds);
  try {
    return await Promise.race([work(signal), passed]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether work may still be going on that nobody waits for. */
export function isTimedOut(error: unknown): boolean {
  return error instanceof ModelSigningError && error.code === 'TIMED_OUT';
}

function timedOut(milliseconds: number): ModelSigningError {
  const message = `the run was not done after ${milliseconds / 1000} s and was stopped`;
  return new ModelSigningError('TIMED_OUT', message, { hint: 'give it more time by --total-timeout' });
}
