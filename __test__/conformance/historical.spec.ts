// SPDX-License-Identifier: Apache-2.0
// Bundles of other releases and implementations through the conformance adapter, old forms included, where the shared
// vectors are.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import test, { type ExecutionContext } from 'ava';

import { ADAPTER, command } from '../cli/command.js';

interface Case {
  readonly method: string;
  readonly model: string;
  readonly expected_signed_files?: readonly string[];
  readonly verify: {
    readonly public_key?: string;
    readonly cert_chain?: readonly string[];
    readonly ignore_paths?: readonly string[];
    readonly identity?: string;
    readonly identity_provider?: string;
  };
}

const BESIDE = fileURLToPath(new URL('../../../shared/vectors', import.meta.url));
const VECTORS = process.env['MODEL_SIGNING_VECTORS'] ?? BESIDE;

if (existsSync(VECTORS)) {
  for (const name of readdirSync(join(VECTORS, 'historical'))) {
    const folder = join(VECTORS, 'historical', name);
    const { method, model, verify } = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as Case;
    test(`historical: ${name}`, async (t) => {
      const { public_key: publicKey, cert_chain: chain = [], ignore_paths: ignored = [] } = verify;
      const args = ['--method', method, '--model-path', join(folder, model), '--bundle', join(folder, 'bundle.sig')];
      if (publicKey !== undefined) args.push('--public-key', join(VECTORS, publicKey));
      if (verify.identity !== undefined) args.push('--identity', verify.identity);
      if (verify.identity_provider !== undefined) args.push('--identity-provider', verify.identity_provider);
      for (const path of chain) args.push('--cert-chain', join(VECTORS, path));
      for (const path of ignored) args.push('--ignore-paths', join(folder, 'model', path));
      await verified(t, args);
    });
  }
  for (const curve of ['p256', 'p384']) {
    test(`historical: a key of ${curve} from before the specification`, async (t) => {
      const folder = join(VECTORS, 'python');
      const bundle = join(folder, `v0.2.0-${curve}.sig`);
      const args = ['--method', 'key', '--model-path', join(folder, 'model'), '--bundle', bundle];
      await verified(t, [...args, '--public-key', join(folder, `${curve}.pub`)]);
    });
  }
} else {
  console.warn(`SKIPPED: no bundles of other implementations at ${VECTORS}; MODEL_SIGNING_VECTORS can name them`);
  test.skip('bundles of other implementations', (t) => t.pass());
}

async function verified(t: ExecutionContext, args: readonly string[]): Promise<void> {
  t.deepEqual(await command(['verify-model', ...args], {}, ADAPTER), { exit: 0, stdout: '', stderr: '' });
}
