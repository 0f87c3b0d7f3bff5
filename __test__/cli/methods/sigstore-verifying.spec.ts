// SPDX-License-Identifier: Apache-2.0
// The evidence of a verification with Sigstore, as scripts and people read it: all of it, by its names.

import { join } from 'node:path';

import { type VerifiedModel, sigstoreVerifier, verify } from 'model-signing';

import { buildModel, scratch } from '../../models.js';
import { type Sigstack, type Tenant, sigstackTest } from '../../sigstack.js';
import { command } from '../command.js';

const WORKFLOW = 'https://github.com/acme/model/.github/workflows/release.yml@refs/heads/main';

for (const log of [1, 2] as const) {
  sigstackTest(`who, by whose word, in which log and when: version ${log} of the log`, async (t, stack) => {
    const { model, signature } = await signedBy(t, stack, log, 'github');
    const trust = ['--trust-config', stack.trustedRoot];
    const who = ['--identity', WORKFLOW, '--identity-provider', stack.issuer('github')];
    const args = ['verify', model, '--signature', signature, ...trust, ...who];
    const { exit, stdout, stderr } = await command([...args, '--json']);
    t.is(exit, 0, stderr);
    const { method, signer, time } = JSON.parse(stdout) as Told;
    t.is(method, 'sigstore');
    t.deepEqual(Object.keys(signer), ['method', 'identity', 'issuer', 'claims', 'entries', 'instance']);
    t.like(signer, { identity: WORKFLOW, issuer: stack.issuer('github') });
    t.like(signer.claims, {
      githubWorkflowRepository: 'acme/model',
      sourceRepositoryUri: 'https://github.com/acme/model',
      sourceRepositoryRef: 'refs/heads/main',
      buildTrigger: 'push',
    });
    t.is(signer.instance, `the trust configuration '${stack.trustedRoot}'`);
    const [entry, ...others] = signer.entries;
    t.deepEqual(others, []);
    t.is(entry?.log, log === 1 ? stack.urls.rekor1 : stack.urls.rekor2);
    t.regex(entry?.index ?? '', /^\d+$/);
    t.is(entry?.time !== undefined, log === 1, 'a log of version 2 does not say when');
    t.regex(time.source, log === 1 ? /^(?:log|timestamp)$/ : /^timestamp$/);
    t.true(Math.abs(Date.parse(time.time) - Date.now()) < 600_000);
    t.deepEqual(signer, JSON.parse(JSON.stringify((await asked(stack, model, signature)).signer)));

    const text = (await command(args)).stdout;
    t.regex(text, new RegExp(`^time: ${time.time} \\(${time.source}\\)$`, 'm'));
    const line = /^signer: (.*)$/m.exec(text)?.[1] ?? '';
    t.true(line.startsWith(`sigstore, identity ${WORKFLOW}, issuer ${stack.issuer('github')}, `), line);
    for (const fact of [`log ${entry?.log ?? ''}`, `index ${entry?.index ?? ''}`, 'build trigger push']) {
      t.true(line.includes(`, ${fact}, `), `${fact} in ${line}`);
    }
    t.true(line.endsWith(`, instance 'the trust configuration \\'${stack.trustedRoot}\\''`), line);
  });
}

async function signedBy(t: Parameters<typeof scratch>[0], stack: Sigstack, log: 1 | 2, tenant: Tenant) {
  const model = buildModel(t, { 'a.bin': 'abc' });
  const signature = join(scratch(t), 'model.sig');
  const trust = ['--trust-config', log === 1 ? stack.clientTrustConfigV1 : stack.clientTrustConfigV2];
  const env = { SIGSTORE_ID_TOKEN: await stack.token({ tenant }) };
  const { exit, stderr } = await command(['sign', model, '--signature', signature, ...trust], { env });
  t.is(exit, 0, stderr);
  return { model, signature };
}

function asked(stack: Sigstack, model: string, signature: string): Promise<VerifiedModel> {
  const identityProvider = stack.issuer('github');
  const verifier = sigstoreVerifier({ trustConfig: stack.trustedRoot, identity: WORKFLOW, identityProvider });
  return verify(model, signature, { verifier });
}

interface Told {
  readonly method: string;
  readonly signer: {
    readonly claims: object;
    readonly entries: readonly { readonly log: string; readonly index: string; readonly time?: string }[];
    readonly instance: string;
  };
  readonly time: { readonly time: string; readonly source: string };
}
