// SPDX-License-Identifier: Apache-2.0
// Every question in turn, each in a process of its own; flags go on to all of them.
import { join } from 'node:path';
import { ROOT, run, timed } from '../npm/scripts/run.js';

const QUESTIONS = ['kernels', 'commands', 'growth', 'memory', 'cold', 'responsiveness', 'startup'];

for (const question of QUESTIONS) {
  console.log(`\n== ${question}`);
  timed(question, () => run(process.execPath, [join(ROOT, 'benchmark', `${question}.js`), ...process.argv.slice(2)]));
}
