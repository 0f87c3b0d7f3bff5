// SPDX-License-Identifier: Apache-2.0
// The Python tool and ours, with Sigstore: what one signs the other verifies, by both versions of the log, for every kind
// of identity, and not for anybody else.

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';
import { sign, sigstoreSigner, sigstoreVerifier, verify } from 'model-signing';

import { type Ended, ended } from './cli/command.js';
import { buildModel, pattern, scratch } from './models.js';
import { CURRENT, withPython } from './interop/python.js';
import { type Sigstack, type Tenant, sigstackTest } from './sigstack.js';

const FILES = { 'a.bin': pattern(1000, 1), 'a/q': pattern(10, 2), 'a-b': pattern(10, 3), '.gitignore': '*' };
const WORKFLOW = 'https://github.com/acme/model/.github/workflows/release.yml@refs/heads/main';

/** The kinds of identity, and what each is called in a certificate. */
function identities({ urls }: Sigstack): readonly (readonly [Tenant, string])[] {
  return [
    ['email', 'alice@example.com'],
    ['github', WORKFLOW],
    ['uri', `${urls.oidc}/uri/users/1`],
  ];
}

sigstackTest('what we sign, the Python command verifies', (t, stack) =>
  withPython(t, CURRENT, async (python) => {
    for (const trustConfig of [stack.clientTrustConfigV1, stack.clientTrustConfigV2]) {
      for (const [tenant, identity] of identities(stack)) {
        const model = buildModel(t, FILES);
        const signature = join(scratch(t), 'model.sig');
        const signer = sigstoreSigner({ trustConfig, identityToken: await stack.token({ tenant }) });
        await sign(model, { signer, signature });
        const check = (name: string): Promise<Ended> => {
          const who = ['--identity', name, '--identity_provider', stack.issuer(tenant)];
          return tool(python, [
            'verify',
            'sigstore',
            model,
            '--signature',
            signature,
            '--trust_config',
            trustConfig,
            ...who,
          ]);
        };
        const { exit, stdout, stderr } = await check(identity);
        t.is(exit, 0, stdout + stderr);
        t.not((await check(`x${identity}`)).exit, 0);
        writeFileSync(join(model, 'a-b'), 'changed');
        t.not((await check(identity)).exit, 0);
      }
    }
  }),
);

sigstackTest('what the Python command signs, we verify', (t, stack) =>
  withPython(t, CURRENT, async (python) => {
    for (const trustConfig of [stack.clientTrustConfigV1, stack.clientTrustConfigV2]) {
      for (const [tenant, identity] of identities(stack)) {
        const model = buildModel(t, FILES);
        const signature = join(scratch(t), 'model.sig');
        const token = ['--identity_token', await stack.token({ tenant })];
        const args = ['sign', 'sigstore', model, '--signature', signature, '--trust_config', trustConfig, ...token];
        const { exit, stdout, stderr } = await tool(python, args);
        t.is(exit, 0, stdout + stderr);
        await accepts(t, model, signature, { identity, identityProvider: stack.issuer(tenant), trustConfig });
      }
    }
  }),
);

async function accepts(
  t: ExecutionContext,
  model: string,
  signature: string,
  options: { readonly identity: string; readonly identityProvider: string; readonly trustConfig: string },
): Promise<void> {
  const { signer } = await verify(model, signature, { verifier: sigstoreVerifier(options) });
  t.is((signer as { identity?: string }).identity, options.identity);
  const other = sigstoreVerifier({ ...options, identity: `x${options.identity}` });
  await t.throwsAsync(verify(model, signature, { verifier: other }), { code: 'IDENTITY_MISMATCH' });
}

async function tool(python: string, args: readonly string[]): Promise<Ended> {
  return ended(spawn(python, ['-m', 'model_signing', ...args], { stdio: ['ignore', 'pipe', 'pipe'] }));
}
