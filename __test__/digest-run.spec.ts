// SPDX-License-Identifier: Apache-2.0
// How digest() runs: it stops at once, reports and then is silent, leaves the event loop alone, and gives all back.

import { spawn } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

import test from 'ava';
import { type Progress, digest } from 'model-signing';

import { HUGE, buildModel, pattern } from './models.js';

const INDEX = new URL('../dist/index.js', import.meta.url).href;

test.serial('a signal that is aborted already: nothing is looked at', async (t) => {
  const reason = new Error('not today');
  t.is(await rejection(digest('no such model', { signal: AbortSignal.abort(reason) })), reason);
});

test.serial('a signal aborted on the way: the reason, at once, whatever it is', async (t) => {
  const model = buildModel(t, { huge: HUGE });
  const reasons: unknown[] = [new Error('enough'), 'text', undefined];
  for (const reason of reasons) {
    const controller = new AbortController();
    const running = rejection(digest(model, { signal: controller.signal }));
    await sleep(100);
    const start = performance.now();
    controller.abort(reason);
    const thrown = await running;
    const took = performance.now() - start;
    t.is(thrown, controller.signal.reason);
    t.log(`rejected after ${took.toFixed(1)} ms`);
    t.true(took < 250);
    t.is(getEventListeners(controller.signal, 'abort').length, 0);
  }
});

test.serial('a time limit is a signal like any other', async (t) => {
  const thrown = await rejection(digest(buildModel(t, { huge: HUGE }), { signal: AbortSignal.timeout(50) }));
  t.is((thrown as Error).name, 'TimeoutError');
});

test.serial('after the end nothing listens to the signal', async (t) => {
  const { signal } = new AbortController();
  const model = buildModel(t, { a: '1' });
  for (let round = 0; round < 20; round++) await digest(model, { signal });
  t.is(getEventListeners(signal, 'abort').length, 0);
});

test.serial('progress: about ten times a second, never backwards, never late', async (t) => {
  const seen: Progress[] = [];
  const controller = new AbortController();
  const onProgress = (progress: Progress): number => seen.push(progress);
  const running = rejection(digest(buildModel(t, { huge: HUGE, b: '2' }), { signal: controller.signal, onProgress }));
  await sleep(1000);
  controller.abort();
  await running;
  const count = seen.length;
  t.log(`${count} reports in a second`);
  t.true(count >= 5 && count <= 11);
  await sleep(250);
  t.is(seen.length, count);
  for (const [index, progress] of seen.entries()) {
    const before = seen[index - 1];
    if (before) t.true(progress.bytesDone >= before.bytesDone && progress.filesDone >= before.filesDone);
    t.deepEqual([progress.bytesTotal, progress.filesTotal], [5e12 + 1, 2]);
  }
});

test.serial('the last report says that all is done', async (t) => {
  const seen: Progress[] = [];
  await digest(buildModel(t, { a: '123', b: '4' }), { onProgress: (progress) => seen.push(progress) });
  t.deepEqual(seen.at(-1), { filesDone: 2, filesTotal: 2, bytesDone: 4, bytesTotal: 4 });
});

test.serial('a listener that throws ends the run, not the process', async (t) => {
  const broken = new Error('broken listener');
  const throws = (): never => {
    throw broken;
  };
  t.is(await rejection(digest(buildModel(t, { huge: HUGE }), { onProgress: throws })), broken);
  t.is(await rejection(digest(buildModel(t, { a: '1' }), { onProgress: throws })), broken);
});

test.serial('remarks go to the logger', async (t) => {
  const remarks: string[] = [];
  const logger = { debug() {}, info: (text: string) => remarks.push(text), warn() {} };
  await digest(buildModel(t, { '../latest': { link: 'model' }, a: '1' }).replace(/model$/, 'latest'), { logger });
  t.deepEqual(remarks, ['the model path is a symbolic link and was followed']);
});

test.serial('what looks like a pattern is a name, and that is said', async (t) => {
  const warnings: string[] = [];
  const logger = { debug() {}, info() {}, warn: (text: string) => warnings.push(text) };
  const { resourceCount } = await digest(buildModel(t, { a: '1', '*': '2' }), {
    logger,
    ignorePaths: ['*', 'b\u001B?', 'c'],
  });
  t.is(resourceCount, 1);
  t.deepEqual(
    warnings.map((text) => /'(.*)'/.exec(text)?.[1]),
    ['*', 'b\\u{1b}?'],
  );
});

test.serial('a run that nobody but the collector looks at goes on to its end', async (t) => {
  const model = buildModel(t, { a: { zeros: 5e8 } });
  const code = `
    import(${JSON.stringify(INDEX)}).then(async ({ digest }) => {
      const timer = setInterval(gc, 5);
      console.log((await digest(${JSON.stringify(model)})).byteCount);
      clearInterval(timer);
    });`;
  t.deepEqual(await child(code, ['--expose-gc']), { output: '500000000\n', end: 0 });
});

test.serial('many at once are the same as one after the other', async (t) => {
  const models = [0, 1, 2, 3, 4, 5, 6, 7].map((seed) =>
    buildModel(t, { a: pattern(300_000, seed), b: pattern(seed, seed) }),
  );
  const serial: string[] = [];
  for (const model of models) serial.push((await digest(model)).rootDigest);
  const parallel = await Promise.all([...models, ...models].map((model) => digest(model)));
  t.deepEqual(
    parallel.map(({ rootDigest }) => rootDigest),
    [...serial, ...serial],
  );
});

test.serial('the event loop turns while a model is hashed', async (t) => {
  const model = buildModel(t, { a: { zeros: 3e9 }, b: { zeros: 3e9 }, c: { zeros: 3e9 } });
  // The least of three: a busy machine may hold up any thread now and then.
  const stalls: number[] = [];
  for (let round = 0; round < 3; round++) stalls.push(await longestStall(model));
  t.log(`longest stalls: ${stalls.map((stall) => stall.toFixed(1)).join(', ')} ms`);
  t.true(Math.min(...stalls) < 50);
});

test.serial('works in a worker', async (t) => {
  const model = buildModel(t, { a: '1' });
  const code = `import(${JSON.stringify(INDEX)}).then(async ({ digest }) => {
    require('node:worker_threads').parentPort.postMessage((await digest(${JSON.stringify(model)})).rootDigest);
  })`;
  const worker = new Worker(code, { eval: true });
  const message: unknown = await new Promise((resolve, reject) =>
    worker.once('message', resolve).once('error', reject),
  );
  t.is(message, (await digest(model)).rootDigest);
  await worker.terminate();
});

test.serial('workers that are terminated with work in flight leave the process alive', async (t) => {
  const model = buildModel(t, { huge: HUGE });
  const code = `
    const { Worker } = require('node:worker_threads');
    const work = ${JSON.stringify(`import(${JSON.stringify(INDEX)}).then(({ digest }) => {
      void digest(${JSON.stringify(model)});
      require('node:worker_threads').parentPort.postMessage('started');
    })`)};
    (async () => {
      for (let round = 0; round < 25; round++) {
        await Promise.all(Array.from({ length: 8 }, async () => {
          const worker = new Worker(work, { eval: true });
          await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
          await worker.terminate();
        }));
      }
      console.log('alive');
    })();`;
  const { output, end } = await child(code);
  t.deepEqual([output, end], ['alive\n', 0]);
});

test.serial('thousands of digests leave nothing behind', async (t) => {
  const model = buildModel(t, { a: '1', 'b/c': '2' });
  const code = `
    const { readdirSync } = require('node:fs');
    import(${JSON.stringify(INDEX)}).then(async ({ digest }) => {
      const many = async (count) => { for (let n = 0; n < count; n++) await digest(${JSON.stringify(model)}); gc(); };
      const descriptors = () => process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
      await many(2500);
      const sizes = [process.memoryUsage.rss()];
      const before = descriptors();
      for (let round = 0; round < 4; round++) {
        await many(2500);
        sizes.push(process.memoryUsage.rss());
      }
      const grown = sizes.slice(1).map((size, round) => size - sizes[round]);
      console.log(JSON.stringify([descriptors() - before, ...grown]));
    });`;
  const { output, end } = await child(code, ['--expose-gc', '--max-semi-space-size=1']);
  t.is(end, 0);
  const [descriptors, ...grown] = JSON.parse(output) as number[];
  t.log(`resident memory grew by ${grown.map((size) => `${size / 1e6} MB`).join(', ')}`);
  // Pages settle now and then, so that one round says little; a leak of 1000 bytes a run shows in all of them together.
  t.true(grown.reduce((sum, size) => sum + size, 0) < grown.length * 2.5e6);
  t.is(descriptors, 0);
});

test.serial('an aborted run gives its descriptors back', async (t) => {
  const model = buildModel(t, { huge: HUGE });
  const before = openFiles();
  for (let round = 0; round < 10; round++) await rejection(digest(model, { signal: AbortSignal.timeout(5) }));
  for (let wait = 0; wait < 100 && openFiles() > before; wait++) await sleep(20);
  t.true(openFiles() <= before);
});

/** How many descriptors this process has open, where that can be seen. */
function openFiles(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => Promise.reject(new Error('was not rejected')),
    (reason: unknown) => reason,
  );
}

/** How late a timer of 5 ms was at most, while the model is hashed for at least 300 ms. */
async function longestStall(model: string): Promise<number> {
  let last = performance.now();
  let longest = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last - 5);
    last = now;
  }, 5);
  await rejection(digest(model, { signal: AbortSignal.timeout(700) }));
  clearInterval(timer);
  return longest;
}

async function child(code: string, flags: readonly string[] = []): Promise<{ output: string; end: number | string }> {
  const running = spawn(process.execPath, [...flags, '--eval', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  running.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const end = await new Promise<number | string>((resolve) => {
    running.once('close', (status, signal) => resolve(status ?? signal ?? ''));
  });
  return { output, end };
}
