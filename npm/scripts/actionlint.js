// SPDX-License-Identifier: Apache-2.0
// Looks at the workflows with actionlint, built once into target/tools. Without Go, or where its modules cannot be had,
// it says so; the structure of the workflows is also tested by __test__/workflows.spec.ts.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, ask, run } from './run.js';

const VERSION = 'v1.7.12';
const FOLDER = join(ROOT, 'target', 'tools', `actionlint-${VERSION}`);
const PROGRAM = join(FOLDER, process.platform === 'win32' ? 'actionlint.exe' : 'actionlint');
const WORKFLOWS = join('.github', 'workflows');

if (existsSync(PROGRAM) || build())
  run(
    PROGRAM,
    readdirSync(WORKFLOWS).map((name) => join(WORKFLOWS, name)),
  );

function build() {
  const { status, stderr, error } = ask('go', ['install', `github.com/rhysd/actionlint/cmd/actionlint@${VERSION}`], {
    GOBIN: FOLDER,
  });
  if (status === 0) return true;
  console.log(`SKIPPED: no actionlint here: ${error?.message ?? stderr.trim().split('\n').at(-1)}`);
  return false;
}
