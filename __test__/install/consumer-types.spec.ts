// SPDX-License-Identifier: Apache-2.0
// Somebody who uses the package from TypeScript: its types resolve in both ways of finding modules, are complete without
// skipLibCheck, and refuse what is wrong.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { consumer, firstExample } from './consumer.js';
import { npm } from './managers.js';
import { runProgram } from './program.js';
import { startRegistry } from './registry.js';
import { ROOT, TARBALLS } from './release.js';

const WRONG = `import { digest, sign, type Manifest } from 'model-signing';
const manifest: Promise<Manifest> = digest('model', { threads: 2 });
digest('model', { thraeds: 2 });
sign('model', {});
manifest.then(({ rootDigest }) => rootDigest.toFixed());
`;

const WAYS = {
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
};

test('types resolve, are complete, and refuse what is wrong', async (t) => {
  t.timeout(300_000);
  const folder = consumer(t);
  const registry = await startRegistry(TARBALLS);
  t.teardown(() => registry.close());
  t.is((await npm(folder, registry.url, ['install', 'model-signing'])).status, 0);
  writeFileSync(join(folder, 'right.mts'), firstExample());
  writeFileSync(join(folder, 'wrong.mts'), WRONG);
  for (const way of Object.values(WAYS)) {
    const right = await check(folder, way, 'right.mts');
    t.deepEqual([right.stdout, right.status], ['', 0]);
    const wrong = await check(folder, way, 'wrong.mts');
    const errors = [...wrong.stdout.matchAll(/^wrong\.mts\((\d+),\d+\): error/gm)].map(([, line]) => Number(line));
    t.deepEqual([errors, wrong.stdout.match(/error TS/g)?.length], [[3, 4, 5], 3], wrong.stdout);
  }
});

function check(cwd: string, way: object, file: string) {
  const common = { target: 'es2023', strict: true, noEmit: true, types: ['node'], skipLibCheck: false };
  const typeRoots = [join(ROOT, 'node_modules', '@types')];
  const config = { files: [file], compilerOptions: { ...common, ...way, typeRoots } };
  writeFileSync(join(cwd, 'tsconfig.json'), JSON.stringify(config));
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  return runProgram(process.execPath, [tsc, '--pretty', 'false'], { cwd });
}
