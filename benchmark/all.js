// SPDX-License-Identifier: Apache-2.0
// Every question in turn, each in a process of its own; flags go on to all of them that know them.
import { join } from 'node:path';
import { ROOT, run, timed } from '../npm/scripts/run.js';

const QUESTIONS = ['kernels', 'commands', 'growth', 'memory', 'cold', 'responsiveness', 'startup'];
/** Those that a number of minutes can be asked of. */
const BOUNDED = new Set(['commands', 'growth', 'memory']);

const flags = process.argv.slice(2);
const minutes = flags.findIndex((flag) => /^--minutes(=|$)/.test(flag));
const withoutMinutes = minutes < 0 ? flags : flags.toSpliced(minutes, flags[minutes] === '--minutes' ? 2 : 1);

for (const question of QUESTIONS) {
  console.log(`\n== ${question}`);
  const own = BOUNDED.has(question) ? flags : withoutMinutes;
  timed(question, () => run(process.execPath, [join(ROOT, 'benchmark', `${question}.js`), ...own]));
}
