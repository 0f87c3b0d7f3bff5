// SPDX-License-Identifier: Apache-2.0
// The Python tool, in a virtual environment of the benchmark's own, made once per set of requirements.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pythonWith } from '../../npm/scripts/python-environment.js';
import { ROOT, ask } from '../../npm/scripts/run.js';

const FOLDER = join(ROOT, 'benchmark', 'peers');

/** @typedef {import('../measure/command.js').Command} Command */

/**
 * The tool's hash step and its commands, or nothing where it cannot be installed.
 * @param {string} cache
 */
export function pythonTool(cache) {
  const python = pythonWith(readFileSync(join(FOLDER, 'requirements.txt'), 'utf8'), join(cache, 'peers'));
  if (python === undefined) return undefined;
  const version = ask(python, [
    '-c',
    'import importlib.metadata as m; print(m.version("model-signing"))',
  ]).stdout.trim();
  const [interpreter = ''] = /^Python \d+\.\d+/.exec(ask(python, ['-V']).stdout) ?? [];
  return {
    version,
    interpreter,
    /** @type {(model: string) => Command} */
    hashStep: (model) => [python, join(FOLDER, 'hash_step.py'), model],
    /** @type {(model: string, key: string, signature: string) => Command} */
    sign: (model, key, signature) => tool('sign', model, '--private_key', key, '--signature', signature),
    /** @type {(model: string, key: string, signature: string) => Command} */
    verify: (model, key, signature) => tool('verify', model, '--public_key', key, '--signature', signature),
  };

  /** @type {(step: string, ...args: string[]) => Command} */
  function tool(step, ...args) {
    return [join(dirname(/** @type {string} */ (python)), 'model_signing'), step, 'key', ...args];
  }
}
