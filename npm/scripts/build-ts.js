// SPDX-License-Identifier: Apache-2.0
// Compiles src/ to dist/ and __test__/ to build/, and checks the types of npm/ and benchmark/. Always from nothing: the
// compiler takes a second or two, and a module that was removed must not live on in what is published.
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundleCommand } from './bundle.js';
import { ROOT, run } from './run.js';
import { stripComments } from './strip.js';

for (const folder of ['dist', 'build']) rmSync(join(ROOT, folder), { recursive: true, force: true });
run('tsc', ['--build']);
await stripComments(join(ROOT, 'dist'));
await bundleCommand();
for (const command of commands()) chmodSync(join(ROOT, command), 0o755);

/** What package.json says can be run. @returns {string[]} */
function commands() {
  const { bin } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return Object.values(bin);
}
