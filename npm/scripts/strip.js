// SPDX-License-Identifier: Apache-2.0
// Takes comments and indentation out of the compiled modules, a third of what they weigh: people read declarations, which
// keep theirs, or the sources. Names stay, and lines stay short, so that a stack trace still says where.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transform } from 'esbuild';

const HEAD = '// SPDX-License-Identifier: Apache-2.0\n';

/**
 * Rewrites every ES module below a folder.
 * @param {string} folder
 */
export async function stripComments(folder) {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.js')) continue;
    const file = join(folder, name);
    const { code } = await transform(readFileSync(file, 'utf8'), {
      format: 'esm',
      target: 'node20',
      charset: 'utf8',
      minifyWhitespace: true,
      lineLimit: 120,
      legalComments: 'none',
    });
    writeFileSync(file, HEAD + code);
  }
}
