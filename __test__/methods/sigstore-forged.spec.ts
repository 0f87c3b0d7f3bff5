// SPDX-License-Identifier: Apache-2.0
// What a real Sigstore witnesses verifies; what one of its services forges, or what was changed afterwards, does not.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';
import { type Thresholds, createSigner, sigstoreSigner, sigstoreVerifier, verify } from 'model-signing';

import { buildModel, scratch } from '../models.js';
import { type Fault, type Tenant, sigstackTest } from '../sigstack.js';
import { outcome, signedBy, trusting } from './sigstore-bundles.js';
import { changesOf, isHarmless } from './tampering.js';

const FILES = { 'weights.bin': 'abc', 'sub/config.json': '{}' };

/** Which identity the local provider gives to each kind of token; `*` stands for the provider's own address. */
const IDENTITIES: Readonly<Partial<Record<Tenant, string>>> = {
  email: 'alice@example.com',
  github: 'https://github.com/acme/model/.github/workflows/release.yml@refs/heads/main',
  uri: '*/uri/users/1',
  spiffe: 'spiffe://localhost/builder',
  username: 'alice!localhost',
  dex: 'alice@example.com',
};

for (const log of [1, 2] as const) {
  for (const [tenant, name] of Object.entries(IDENTITIES) as [Tenant, string][]) {
    sigstackTest(`version ${log} of the log, identity of kind ${tenant}`, async (t, stack) => {
      const model = buildModel(t, FILES);
      const bundle = Buffer.from(await signedBy(stack, model, log, { tenant }));
      const identity = name.replace('*', stack.urls.oidc);
      const options = trusting(stack, { identity, identityProvider: stack.issuer(tenant) });
      const { signer, time, remarks } = await verify(model, bundle, { verifier: sigstoreVerifier(options) });
      t.like(signer, { method: 'sigstore', identity, issuer: stack.issuer(tenant) });
      t.true(time.source === 'timestamp' || log === 1);
      t.deepEqual(remarks, []);
      for (const other of [identity.slice(1), identity.slice(0, -1), `${identity}x`, identity.replace('a', 'A')]) {
        t.is(await outcome(bundle, { ...options, identity: other }), 'IDENTITY_MISMATCH', other);
      }
      t.is(await outcome(bundle, { ...options, identityProvider: `${stack.issuer(tenant)}x` }), 'ISSUER_MISMATCH');
    });
  }

  sigstackTest(`no member of a bundle of version ${log} can be changed or taken away`, async (t, stack) => {
    const bundle = await signedBy(stack, buildModel(t, FILES), log);
    const verifier = sigstoreVerifier(trusting(stack));
    t.is(await outcome(bundle, verifier), 'verified');
    for (const change of changesOf(bundle)) {
      const { what, text } = change;
      const found = await outcome(text, verifier);
      if (isHarmless(change, log)) t.is(found, 'verified', what);
      else
        t.regex(found, /^(?:BUNDLE|JSON|LOG|SCT|TIMESTAMP|CERTIFICATE|SIGNATURE|MATERIAL|PREDICATE|STATEMENT)_/, what);
    }
  });
}

const FORGERIES: readonly (readonly [log: 1 | 2, fault: Fault, wanted: string])[] = [
  [1, { service: 'fulcio', forge: 'sct' }, 'SCT_INVALID'],
  [1, { service: 'fulcio', forge: 'no-sct' }, 'SCT_MISSING'],
  [1, { service: 'fulcio', forge: 'authority' }, 'CERTIFICATE_UNTRUSTED'],
  [1, { service: 'rekor1', forge: 'promise' }, 'LOG_PROMISE_INVALID'],
  [1, { service: 'rekor1', forge: 'checkpoint' }, 'LOG_CHECKPOINT_INVALID'],
  [1, { service: 'rekor1', forge: 'proof' }, 'LOG_PROOF_INVALID'],
  [1, { service: 'rekor1', forge: 'root' }, 'LOG_PROOF_INVALID'],
  [1, { service: 'rekor1', forge: 'entry' }, 'LOG_BODY_MISMATCH'],
  [1, { service: 'rekor1', forge: 'time' }, 'LOG_PROMISE_INVALID'],
  [2, { service: 'rekor2', forge: 'checkpoint' }, 'LOG_CHECKPOINT_INVALID'],
  [2, { service: 'rekor2', forge: 'proof' }, 'LOG_PROOF_INVALID'],
  [2, { service: 'rekor2', forge: 'root' }, 'LOG_PROOF_INVALID'],
  [2, { service: 'rekor2', forge: 'body' }, 'LOG_BODY_MISMATCH'],
  [2, { service: 'rekor2', forge: 'entry' }, 'LOG_BODY_MISMATCH'],
  [2, { service: 'tsa', forge: 'imprint' }, 'TIMESTAMP_IMPRINT_MISMATCH'],
  [2, { service: 'tsa', forge: 'signer' }, 'TIMESTAMP_UNTRUSTED'],
  [2, { service: 'tsa', forge: 'expired' }, 'TIMESTAMP_UNTRUSTED'],
  [2, { service: 'tsa', shift: -7200 }, 'CERTIFICATE_NOT_YET_VALID'],
  [2, { service: 'tsa', shift: 7200 }, 'TIMESTAMP_FUTURE'],
  [1, { service: 'rekor1', shift: -7200 }, 'CERTIFICATE_NOT_YET_VALID'],
  [1, { service: 'rekor1', shift: 7200 }, 'LOG_ENTRY_INVALID'],
];

for (const [log, fault, wanted] of FORGERIES) {
  const { service, forge = `a clock ${fault.shift} s off` } = fault;
  sigstackTest(`forged by ${service}, version ${log}: ${forge}`, async (t, stack) => {
    await signedBy(stack, buildModel(t, { other: 'x' }), log);
    await stack.fault({ times: 'all', ...fault });
    const signed = await signedBy(stack, buildModel(t, FILES), log).catch((error: unknown) => error);
    await stack.clearFaults();
    if (typeof signed !== 'string') {
      t.log(`the signer refuses this itself: ${String(signed)}`);
      t.true(signed instanceof Error && 'code' in signed);
      return;
    }
    t.is(await outcome(signed, trusting(stack)), wanted);
  });
}

sigstackTest('an authority, a log or a clock counts for its span only', async (t, stack) => {
  const bundles = [await signedBy(stack, buildModel(t, FILES), 1), await signedBy(stack, buildModel(t, FILES), 2)];
  const [one = '', two = ''] = bundles;
  const cases: readonly (readonly [string, string, (root: Root) => Root])[] = [
    [one, 'verified', (root) => root],
    [one, 'CERTIFICATE_UNTRUSTED', (root) => ended(root, 'certificateAuthorities')],
    [one, 'TIMESTAMP_UNTRUSTED', (root) => ended(root, 'timestampAuthorities')],
    [one, 'SCT_INVALID', (root) => ended(root, 'ctlogs')],
    [one, 'LOG_PROMISE_INVALID', (root) => ended(root, 'tlogs')],
    [two, 'LOG_KEY_NOT_VALID', (root) => ended(root, 'tlogs')],
    [one, 'LOG_UNKNOWN', (root) => endless(root, 'tlogs')],
    [two, 'LOG_UNKNOWN', (root) => endless(root, 'tlogs')],
    [one, 'SCT_INVALID', (root) => endless(root, 'ctlogs')],
    [one, 'LOG_UNKNOWN', (root) => ({ ...root, tlogs: [] })],
    [one, 'SCT_INVALID', (root) => ({ ...root, ctlogs: [] })],
    [two, 'TIMESTAMP_UNTRUSTED', (root) => ({ ...root, timestampAuthorities: [] })],
  ];
  for (const [index, [bundle, wanted, change]] of cases.entries()) {
    const trustConfig = join(scratch(t), 'trusted_root.json');
    writeFileSync(trustConfig, JSON.stringify(change(JSON.parse(readFileSync(stack.trustedRoot, 'utf8')) as Root)));
    t.is(await outcome(bundle, trusting(stack, { trustConfig })), wanted, `case ${index}`);
  }
});

sigstackTest('entries and parts of other bundles do not fit', async (t, stack) => {
  const [one, two] = [
    await signedBy(stack, buildModel(t, FILES), 1),
    await signedBy(stack, buildModel(t, { a: '1' }), 1),
  ];
  const [mine, theirs] = [JSON.parse(one) as Bundle, JSON.parse(two) as Bundle];
  const mixed = (material: Partial<Bundle['verificationMaterial']>): string =>
    JSON.stringify({ ...mine, verificationMaterial: { ...mine.verificationMaterial, ...material } });
  const { tlogEntries, certificate, timestampVerificationData } = theirs.verificationMaterial;
  t.is(await outcome(mixed({ tlogEntries }), trusting(stack)), 'LOG_BODY_MISMATCH');
  t.is(await outcome(mixed({ certificate }), trusting(stack)), 'SIGNATURE_INVALID');
  t.is(await outcome(mixed({ timestampVerificationData }), trusting(stack)), 'TIMESTAMP_IMPRINT_MISMATCH');
  t.is(
    await outcome(JSON.stringify({ ...mine, dsseEnvelope: theirs.dsseEnvelope }), trusting(stack)),
    'SIGNATURE_INVALID',
  );
  const twice = [...mine.verificationMaterial.tlogEntries, ...mine.verificationMaterial.tlogEntries];
  t.is(await outcome(mixed({ tlogEntries: twice }), trusting(stack)), 'LOG_ENTRY_INVALID');
  t.is(await outcome(mixed({ tlogEntries: [] }), trusting(stack)), 'LOG_ENTRY_MISSING');
});

sigstackTest('what the provider said about a workflow can be asked for, each as a whole', async (t, stack) => {
  const bundle = await signedBy(stack, buildModel(t, FILES), 2, { tenant: 'github' });
  const { github: identity } = IDENTITIES;
  const options = trusting(stack, { identity, identityProvider: stack.issuer('github') });
  const claims = {
    sourceRepositoryUri: 'https://github.com/acme/model',
    sourceRepositoryRef: 'refs/heads/main',
    buildTrigger: 'push',
    githubWorkflowRepository: 'acme/model',
  };
  t.is(await outcome(bundle, { ...options, claims }), 'verified');
  for (const [name, value] of Object.entries(claims)) {
    const other = { ...claims, [name]: value.slice(1) };
    t.is(await outcome(bundle, { ...options, claims: other }), 'CLAIM_MISMATCH', name);
  }
  t.is(await outcome(bundle, { ...options, claims: { deploymentEnvironment: 'production' } }), 'CLAIM_MISMATCH');
});

sigstackTest('several entries and times count by who stands for them', async (t, stack) => {
  const model = buildModel(t, FILES);
  const token = await stack.token();
  const config = JSON.parse(readFileSync(stack.clientTrustConfigAll, 'utf8')) as {
    signingConfig: { rekorTlogUrls: readonly { readonly majorApiVersion: number }[] };
  };
  const { signingConfig } = config;
  const rekorTlogUrls = signingConfig.rekorTlogUrls.filter(({ majorApiVersion }) => majorApiVersion === 1);
  const trustConfig = join(scratch(t), 'client_trust_config.json');
  writeFileSync(trustConfig, JSON.stringify({ ...config, signingConfig: { ...signingConfig, rekorTlogUrls } }));
  const signer = sigstoreSigner({ trustConfig, identityToken: token });
  const { bundle } = await createSigner({ signer }).sign(model);
  const single = await signedBy(stack, model, 1);
  const cases: readonly (readonly [string, string, Partial<Thresholds>])[] = [
    [bundle, 'verified', {}],
    [bundle, 'verified', { logEntries: 2, timestamps: 2 }],
    [bundle, 'LOG_ENTRY_MISSING', { logEntries: 3 }],
    [bundle, 'SCT_MISSING', { certificateLogs: 2 }],
    [single, 'LOG_ENTRY_MISSING', { logEntries: 2 }],
  ];
  for (const [text, wanted, thresholds] of cases) {
    t.is(await outcome(text, trusting(stack, { thresholds })), wanted, JSON.stringify(thresholds));
  }
});

test('there is no default for whom to trust', (t) => {
  t.notThrows(() => sigstoreVerifier({}));
});

type Party = Readonly<Record<string, unknown>> & { readonly publicKey?: object };

interface Root {
  readonly tlogs: readonly Party[];
  readonly ctlogs: readonly Party[];
  readonly certificateAuthorities: readonly Party[];
  readonly timestampAuthorities: readonly Party[];
}

const PAST = { start: '2020-01-01T00:00:00Z', end: '2021-01-01T00:00:00Z' };

function ended(root: Root, kind: keyof Root): Root {
  return { ...root, [kind]: root[kind].map((party) => withSpan(party, PAST)) };
}

/** Without a start nobody knows since when a key counts. */
function endless(root: Root, kind: 'tlogs' | 'ctlogs'): Root {
  return { ...root, [kind]: root[kind].map((log) => withSpan(log, {})) };
}

function withSpan(party: Party, validFor: object): Party {
  return party.publicKey === undefined
    ? { ...party, validFor }
    : { ...party, publicKey: { ...party.publicKey, validFor } };
}

interface Bundle {
  readonly verificationMaterial: {
    readonly tlogEntries: readonly object[];
    readonly certificate: object;
    readonly timestampVerificationData: object;
  };
  readonly dsseEnvelope: object;
}
