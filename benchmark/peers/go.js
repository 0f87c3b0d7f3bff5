// SPDX-License-Identifier: Apache-2.0
// The Go tool, which has no package to install from: its program is named by `--go PROGRAM`.
import { fail, ask } from '../../npm/scripts/run.js';

/** @typedef {import('../measure/command.js').Command} Command */

/**
 * Its commands, or nothing when no program was named.
 * @param {string} program
 */
export function goTool(program) {
  if (program === '') return undefined;
  const { status, stdout, stderr } = ask(program, ['version']);
  const said = `${stdout ?? ''}\n${stderr ?? ''}`;
  if (status !== 0 || !/model-signing/i.test(said)) fail(`--go: ${program} is not the Go model-signing tool`);
  return {
    version: /GitVersion:\s*(\S+)/.exec(said)?.[1] ?? 'unknown',
    /** @type {(model: string, key: string, signature: string) => Command} */
    sign: (model, key, signature) => [program, 'sign', 'key', model, '--private-key', key, '--signature', signature],
    /** @type {(model: string, key: string, signature: string) => Command} */
    verify: (model, key, signature) => [program, 'verify', 'key', model, '--public-key', key, '--signature', signature],
  };
}
