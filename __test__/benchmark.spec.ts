// SPDX-License-Identifier: Apache-2.0
// `benchmark()` as a library: its answer, its options, and how it stops.

import test from 'ava';
import { type BenchmarkProgress, benchmark } from 'model-signing';

import { buildModel, pattern } from './models.js';

test('a model: what was measured, and a forecast with every way', async (t) => {
  const model = buildModel(t, { 'a.bin': pattern(3_000_000, 1), 'b/c': pattern(10, 2), empty: '' });
  const steps: BenchmarkProgress[] = [];
  const found = await benchmark(model, { duration: 300, threads: 2, onProgress: (progress) => steps.push(progress) });
  t.is(found.forecasts.length, 1);
  const [forecast] = found.forecasts;
  t.like(forecast, {
    model: 'model',
    files: 3,
    smallFiles: 2,
    bytes: 3_000_010,
    largest: { name: 'a.bin', bytes: 3_000_000 },
  });
  t.deepEqual(forecast?.options[0]?.flags, []);
  for (const { cache } of forecast?.options ?? []) {
    t.true(cache !== null && cache.seconds > 0 && Number.isFinite(cache.seconds) && cache.estimate > 0);
  }
  t.true(steps.length > 10 && steps.every(({ share }) => share >= 0 && share <= 1));
  t.is(found.sample.of, 'model');
});

test('wrong options are errors before anything is measured', async (t) => {
  const wrong: readonly (readonly [unknown, unknown])[] = [
    ['', {}],
    [undefined, { duration: 0 }],
    [undefined, { duration: 1.5 }],
    [undefined, { threads: 0 }],
    [undefined, { hashAlgorithm: 'sha256' }],
    [undefined, { onProgress: 1 }],
    [undefined, { allowExternalSymlinks: true }],
  ];
  for (const [model, options] of wrong) {
    const call = benchmark(model as string, options as object);
    await t.throwsAsync(call, { code: 'OPTION_INVALID' }, JSON.stringify(options));
  }
});

test('an abort ends it at once, with its reason', async (t) => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const model = buildModel(t, { a: { zeros: 1e12 } });
  const started = performance.now();
  const onProgress = ({ step }: BenchmarkProgress): void => {
    if (step.includes('large files')) setTimeout(() => controller.abort(reason), 20);
  };
  const run = benchmark(model, { signal: controller.signal, duration: 60_000, onProgress });
  await t.throwsAsync(run, { is: reason });
  t.true(performance.now() - started < 20_000);
  await t.throwsAsync(benchmark(model, { signal: AbortSignal.abort(reason) }), { is: reason });
});
