// SPDX-License-Identifier: Apache-2.0
// Builds and tries every target of a release that this machine can build and run, and says of the others why not.
//   npm run build:targets [-- NAME…]   these targets only
//     --require NAME   an error where it cannot be built or run here (repeatable)
//     --no-run         build only
//     --no-core        without the core's own tests, which take longest
//     --json           the outcomes on stdout, too
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, fail } from '../run.js';
import { outcomeOf } from './outcome.js';
import { complaints, table } from './report.js';
import { TARGETS } from './table.js';

const { values: flags, positionals } = readArguments();
const names = TARGETS.map(({ platform }) => platform);
for (const name of [...positionals, ...flags.require]) {
  if (!names.includes(name)) fail(`${name} is no target; there are: ${names.join(', ')}`);
}
if (flags.run && !existsSync(join(ROOT, 'dist', 'index.js'))) fail('dist/ is not built yet; run: npm run build');

const chosen = TARGETS.filter(({ platform }) => positionals.length === 0 || positionals.includes(platform));
/** @type {import('./outcome.js').Outcome[]} */
const outcomes = [];
// One after the other: an emulator takes every core that there is.
for (const target of chosen) outcomes.push(await outcomeOf(target, flags));
console.error(`\n${table(outcomes)}`);
if (flags.json) console.log(JSON.stringify(outcomes, undefined, 2));

const wrong = complaints(outcomes, flags.require);
for (const line of wrong) console.error(line);
if (wrong.length > 0) process.exitCode = 1;

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      allowNegative: true,
      options: {
        run: { type: 'boolean', default: true },
        core: { type: 'boolean', default: true },
        json: { type: 'boolean', default: false },
        require: { type: 'string', multiple: true, default: [] },
      },
    });
  } catch (error) {
    return fail(/** @type {Error} */ (error).message);
  }
}
