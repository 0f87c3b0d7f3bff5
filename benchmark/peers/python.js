// SPDX-License-Identifier: Apache-2.0
// The Python tool, in a virtual environment of the benchmark's own, made once per set of requirements.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pythonWith } from '../../npm/scripts/python-environment.js';
import { ROOT, ask } from '../../npm/scripts/run.js';

const FOLDER = join(ROOT, 'benchmark', 'peers');

/**
 * The program that runs the tool's hash step, or nothing where it cannot be installed.
 * @param {string} cache
 * @returns {{ version: string, hashStep: (model: string) => import('../measure/command.js').Command } | undefined}
 */
export function pythonTool(cache) {
  const python = pythonWith(readFileSync(join(FOLDER, 'requirements.txt'), 'utf8'), join(cache, 'peers'));
  if (python === undefined) return undefined;
  const version = ask(python, [
    '-c',
    'import importlib.metadata as m; print(m.version("model-signing"))',
  ]).stdout.trim();
  return { version, hashStep: (model) => [python, join(FOLDER, 'hash_step.py'), model] };
}
