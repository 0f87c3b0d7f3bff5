// SPDX-License-Identifier: Apache-2.0
// One measurement in a process of its own, printed in milliseconds: cancel|stall|idle|many FOLDER ROUND
import { setTimeout as sleep } from 'node:timers/promises';
import { digest } from '../../dist/index.js';

/** How long a run without an end is watched. */
const WATCHED = 2000;

const [what = '', folder = '', round = '0'] = process.argv.slice(2);
const measures = { cancel, idle: () => longestStall(sleep(WATCHED)), stall, many: () => longestStall(digest(folder)) };
console.log(await measures[/** @type {keyof typeof measures} */ (what)]());

/** From `abort()` to the rejection. */
async function cancel() {
  const controller = new AbortController();
  const ended = digest(folder, { signal: controller.signal }).then(
    () => false,
    () => true,
  );
  await sleep(100 + 137 * Number(round));
  const start = performance.now();
  controller.abort();
  if (!(await ended)) throw new Error('the run ended before it was cancelled');
  return performance.now() - start;
}

async function stall() {
  const controller = new AbortController();
  const ended = digest(folder, { signal: controller.signal, onProgress: () => {} }).catch(() => {});
  const longest = await longestStall(sleep(WATCHED));
  controller.abort();
  await ended;
  return longest;
}

/**
 * The longest time between two turns of the event loop until a promise settles, less the timer's own millisecond.
 * @param {Promise<unknown>} work
 */
async function longestStall(work) {
  let last = performance.now();
  let longest = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last - 1);
    last = now;
  }, 1);
  await work;
  longest = Math.max(longest, performance.now() - last - 1);
  clearInterval(timer);
  return longest;
}
