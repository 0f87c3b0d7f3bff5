// SPDX-License-Identifier: Apache-2.0
// The library that mends QEMU's stat, lstat and fstat for s390x.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ask } from '../run.js';
import { cached } from './cache.js';
import { lastWords } from './why-not.js';
import { zigPython } from './zig.js';

const SOURCE = fileURLToPath(new URL('s390x-stat.c', import.meta.url));
const NAME = 'stat.so';

/** @returns {string} where it is */
export function s390xStat() {
  const python = zigPython();
  const folder = cached('s390x-stat', [python, readFileSync(SOURCE, 'utf8')], (place) => {
    const how = ['-target', 's390x-linux-gnu.2.17', '-shared', '-fPIC', '-O1', '-s'];
    const answer = ask(python, ['-m', 'ziglang', 'cc', ...how, '-o', join(place, NAME), SOURCE]);
    if (answer.status !== 0) throw new Error(`${SOURCE} does not build: ${lastWords(answer)}`);
  });
  return join(folder, NAME);
}
