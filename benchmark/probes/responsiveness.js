// SPDX-License-Identifier: Apache-2.0
// One measurement in a process of its own, printed in milliseconds: cancel|stall|idle|many|sign|verify FOLDER ROUND
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { digest, keySigner, keyVerifier, sign, verify } from '../../dist/index.js';

/** How long a run without an end is watched. */
const WATCHED = 2000;

const [what = '', folder = '', round = '0'] = process.argv.slice(2);
const measures = {
  cancel,
  idle: () => longestStall(() => sleep(WATCHED)),
  stall,
  many: () => longestStall(() => digest(folder)),
  sign: () => signed(async (signing) => longestStall(signing)),
  verify: () =>
    signed(async (signing, verifying) => {
      await signing();
      return longestStall(verifying);
    }),
};
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
  const longest = await longestStall(() => sleep(WATCHED));
  controller.abort();
  await ended;
  return longest;
}

/**
 * With what signs the model into a file and what verifies it by that. Keys are loaded before, and what is loaded once is
 * loaded: both have been done with this very file.
 * @param {(signing: () => Promise<unknown>, verifying: () => Promise<unknown>) => Promise<number>} measure
 */
async function signed(measure) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const [signer, verifier] = [keySigner({ privateKey }), keyVerifier({ publicKey })];
  const own = mkdtempSync(join(tmpdir(), 'model-signing-probe-'));
  const signature = join(own, 'model.sig');
  const [program = ''] = process.argv.slice(1);
  await sign(program, { signer, signature });
  await verify(program, signature, { verifier });
  try {
    return await measure(
      () => sign(folder, { signer, signature }),
      () => verify(folder, signature, { verifier }),
    );
  } finally {
    rmSync(own, { recursive: true });
  }
}

/**
 * The longest time between two turns of the event loop until work is done, less the timer's own millisecond.
 * @param {() => Promise<unknown>} work
 */
async function longestStall(work) {
  let last = performance.now();
  let longest = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last - 1);
    last = now;
  }, 1);
  await work();
  longest = Math.max(longest, performance.now() - last - 1);
  clearInterval(timer);
  return longest;
}
