// SPDX-License-Identifier: Apache-2.0
// Compiles src/ to dist/ and __test__/ to build/, and checks the types of npm/ and benchmark/. Always from nothing: the
// compiler takes a second or two, and a module that was removed must not live on in what is published.
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run } from './run.js';

const COMMAND = join(ROOT, 'dist', 'cli', 'main.cjs');

for (const folder of ['dist', 'build']) rmSync(join(ROOT, folder), { recursive: true, force: true });
run('tsc', ['--build']);
if (existsSync(COMMAND)) chmodSync(COMMAND, 0o755);
