// SPDX-License-Identifier: Apache-2.0
// Everything that signs and verifies models with a key: our command, and other tools where they are.
import { join } from 'node:path';
import { keyPair } from '../keypair.js';
import { command } from '../ours.js';
import { goTool } from './go.js';
import { pythonTool } from './python.js';

/** @typedef {import('../measure/pairs.js').Alternative} Alternative */
/** @typedef {import('../measure/plan.js').Tool} Name */

/**
 * @typedef {object} Signer
 * @property {Name} name
 * @property {string} version
 * @property {(model: string) => Alternative} sign
 * @property {(model: string) => Alternative} verify
 */

/**
 * Ours first.
 * @param {{ cache: string, go: string }} flags
 * @param {(what: string) => void} skipped
 * @returns {[ours: Signer, ...others: Signer[]]}
 */
export function signers(flags, skipped) {
  const keys = keyPair();
  const [python, go] = [pythonTool(flags.cache), goTool(flags.go)];
  if (python === undefined) skipped('the Python tool: it cannot be installed here');
  if (go === undefined) skipped('the Go tool: no program was named with --go PROGRAM');
  return [
    signer('ours', 'this checkout', ours, keys),
    ...(python ? [signer('Python tool', python.version, python, keys)] : []),
    ...(go ? [signer('Go tool', go.version, go, keys)] : []),
  ];
}

/** Our command by itself. */
export function ourSigner() {
  return signer('ours', 'this checkout', ours, keyPair());
}

/** @typedef {(model: string, key: string, signature: string) => import('../measure/command.js').Command} Step */

/** @type {{ sign: Step, verify: Step }} */
const ours = {
  sign: (model, key, signature) => command('sign', 'key', model, '--private-key', key, '--signature', signature),
  verify: (model, key, signature) => command('verify', 'key', model, '--public-key', key, '--signature', signature),
};

/**
 * @param {Name} name
 * @param {string} version
 * @param {{ sign: Step, verify: Step }} steps
 * @param {ReturnType<typeof keyPair>} keys
 * @returns {Signer}
 */
function signer(name, version, { sign, verify }, { folder, privateKey, publicKey }) {
  const signature = join(folder, `${name}.sig`);
  return {
    name,
    version,
    sign: (model) => ({ name: `${name}, sign`, command: sign(model, privateKey, signature) }),
    verify: (model) => ({ name: `${name}, verify`, command: verify(model, publicKey, signature) }),
  };
}
