// SPDX-License-Identifier: Apache-2.0
// Signing with Sigstore against real services: who signs, what is in the bundle, and how long identities live.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';
import { ModelSigningError, type SignedModel, type SigstoreSignerOptions, sign, sigstoreSigner } from 'model-signing';

import { buildModel, pattern, scratch } from '../models.js';
import { type Sigstack, type Tenant, sigstackTest } from '../sigstack.js';

const FILES = { 'a.bin': pattern(1000, 1), 'b/c': pattern(10, 2) };

/** The parts of a bundle that signing decides. */
interface Bundle {
  readonly mediaType: string;
  readonly verificationMaterial: {
    readonly certificate: { readonly rawBytes: string };
    readonly tlogEntries: readonly {
      readonly logIndex: string;
      readonly kindVersion: { readonly kind: string; readonly version: string };
      readonly inclusionProof: { readonly logIndex: string; readonly hashes: readonly string[] };
      readonly inclusionPromise?: object;
    }[];
    readonly timestampVerificationData: { readonly rfc3161Timestamps: readonly object[] };
  };
}

function signerOf(stack: Sigstack, version: 1 | 2, options: SigstoreSignerOptions = {}) {
  const trustConfig = version === 1 ? stack.clientTrustConfigV1 : stack.clientTrustConfigV2;
  return sigstoreSigner({ trustConfig, identityToken: () => stack.token(), ...options });
}

function nameOf({ signer }: SignedModel) {
  return signer as { readonly identity?: string; readonly issuer?: string };
}

function bundleOf({ bundle }: SignedModel): Bundle {
  return JSON.parse(bundle) as Bundle;
}

sigstackTest('both versions of the log, and every kind of identity', async (t, stack) => {
  const model = buildModel(t, FILES);
  const identities: readonly (readonly [Tenant, string])[] = [
    ['email', 'alice@example.com'],
    ['dex', 'alice@example.com'],
    ['github', 'https://github.com/acme/model/.github/workflows/release.yml@refs/heads/main'],
    ['uri', `${stack.urls.oidc}/uri/users/1`],
    ['spiffe', 'spiffe://localhost/builder'],
    ['username', 'alice!localhost'],
  ];
  for (const [tenant, identity] of identities) {
    for (const version of [1, 2] as const) {
      const signer = signerOf(stack, version, { identityToken: await stack.token({ tenant }) });
      const signed = await sign(model, { signer });
      t.is(signed.method, 'sigstore');
      t.is(nameOf(signed).identity, identity);
      t.is(nameOf(signed).issuer, stack.issuer(tenant));
      const { mediaType, verificationMaterial } = bundleOf(signed);
      t.is(mediaType, 'application/vnd.dev.sigstore.bundle.v0.3+json');
      const { certificate, tlogEntries, timestampVerificationData } = verificationMaterial;
      t.true(certificate.rawBytes.length > 0);
      t.is(timestampVerificationData.rfc3161Timestamps.length, 1);
      const [entry, ...more] = tlogEntries;
      t.is(more.length, 0);
      t.deepEqual(
        entry?.kindVersion,
        version === 1 ? { kind: 'dsse', version: '0.0.1' } : { kind: 'hashedrekord', version: '0.0.2' },
      );
      t.is(entry?.inclusionPromise !== undefined, version === 1);
    }
  }
});

sigstackTest('a token of three seconds is enough for a long hash', async (t, stack) => {
  const model = buildModel(t, { slow: { zeros: 4e9 } });
  let asked = 0;
  const signer = signerOf(stack, 1, { identityToken: () => ((asked += 1), stack.token({ exp: 3 })) });
  const started = performance.now();
  const signed = await sign(model, { signer, hashAlgorithm: 'blake2b', threads: 1 });
  t.true(performance.now() - started > 3000, 'the token was dead before the model was hashed');
  t.is(bundleOf(signed).verificationMaterial.tlogEntries.length, 1);
  t.deepEqual([asked, (await stack.visits('fulcio')).length], [1, 1]);
});

sigstackTest('one login serves models signed at once and one after the other', async (t, stack) => {
  const models = [1, 2, 3].map((seed) => buildModel(t, { a: pattern(100, seed) }));
  let asked = 0;
  const identityToken = (): Promise<string> => ((asked += 1), stack.token());
  const signer = signerOf(stack, 1, { identityToken });
  await Promise.all(models.map((model) => sign(model, { signer })));
  for (const model of models) await sign(model, { signer });
  t.deepEqual([asked, (await stack.visits('fulcio')).length], [1, 1]);
});

sigstackTest('what a CI lends, by the protocol of GitHub Actions', async (t, stack) => {
  const variables = {
    GITHUB_ACTIONS: 'true',
    ACTIONS_ID_TOKEN_REQUEST_URL: `${stack.urls.oidc}/github/actions-token?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request token',
  };
  const before = { ...process.env };
  Object.assign(process.env, variables);
  try {
    const signed = await sign(buildModel(t, FILES), {
      signer: sigstoreSigner({ trustConfig: stack.clientTrustConfigV1 }),
    });
    t.is(nameOf(signed).issuer, stack.issuer('github'));
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
    Object.assign(process.env, before);
  }
});

sigstackTest('as many logs and authorities as the instance wants', async (t, stack) => {
  const model = buildModel(t, FILES);
  const wanting = (selector: string, count = 0): string =>
    changed(t, stack.clientTrustConfigAll, ({ rekorTlogUrls = [], ...config }) => ({
      ...config,
      rekorTlogUrls: rekorTlogUrls.filter((service) => service['majorApiVersion'] === 1),
      rekorTlogConfig: { selector, count },
      tsaConfig: { selector, count },
    }));
  for (const [trustConfig, wanted] of [
    [wanting('ANY'), 1],
    [wanting('ALL'), 2],
    [wanting('EXACT', 2), 2],
  ] as const) {
    const { verificationMaterial } = bundleOf(await sign(model, { signer: signerOf(stack, 1, { trustConfig }) }));
    t.is(verificationMaterial.tlogEntries.length, wanted);
    t.is(verificationMaterial.timestampVerificationData.rfc3161Timestamps.length, wanted);
  }
  const few = signerOf(stack, 1, { trustConfig: wanting('EXACT', 3) });
  const error = await t.throwsAsync(sign(model, { signer: few }), { instanceOf: ModelSigningError });
  t.is(error.code, 'SERVICE_MISSING');
  const newest = signerOf(stack, 1, { trustConfig: stack.clientTrustConfigAll });
  const { tlogEntries } = bundleOf(await sign(model, { signer: newest })).verificationMaterial;
  t.deepEqual(
    tlogEntries.map(({ kindVersion }) => kindVersion.version),
    ['0.0.2'],
    'one version at a time, the highest',
  );
});

type SigningConfig = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

/** A trust configuration whose services are others. */
function changed(t: ExecutionContext, path: string, change: (config: SigningConfig) => object): string {
  const trust = JSON.parse(readFileSync(path, 'utf8')) as { readonly signingConfig: SigningConfig };
  const file = join(scratch(t), 'trust.json');
  writeFileSync(file, JSON.stringify({ ...trust, signingConfig: change(trust.signingConfig) }));
  return file;
}

sigstackTest('an instance that is known by its update repository', async (t, stack) => {
  const { tuf: tufUrl, tufRoot } = stack.urls;
  const options = { tufUrl, tufRoot, cacheFolder: scratch(t), identityToken: () => stack.token() };
  const signed = await sign(buildModel(t, FILES), { signer: sigstoreSigner(options) });
  t.is(nameOf(signed).identity, 'alice@example.com');
});

sigstackTest('an instance that does not say enough', async (t, stack) => {
  const model = buildModel(t, FILES);
  const without = (member: string): string =>
    changed(t, stack.clientTrustConfigV2, (config) => ({ ...config, [member]: [] }));
  for (const trustConfig of [stack.trustedRoot, without('caUrls'), without('rekorTlogUrls'), without('tsaUrls')]) {
    const signing = sign(model, { signer: signerOf(stack, 2, { trustConfig }) });
    const { code } = await t.throwsAsync(signing, { instanceOf: ModelSigningError });
    t.is(code, 'SERVICE_MISSING', trustConfig);
  }
  t.is((await stack.visits('fulcio')).length, 0);
});

sigstackTest('an abort ends it, wherever it is', async (t, stack) => {
  const model = buildModel(t, FILES);
  for (const service of ['fulcio', 'rekor1', 'tsa'] as const) {
    await stack.fault({ service, hangMs: 100_000 });
    const controller = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => controller.abort(reason), 300);
    const started = performance.now();
    t.is(await t.throwsAsync(sign(model, { signer: signerOf(stack, 1), signal: controller.signal })), reason);
    t.true(performance.now() - started < 30_000);
    await stack.clearFaults();
  }
});

sigstackTest('a statement of 48 MB', async (t, stack) => {
  const payload = Buffer.alloc(48_000_000, '{"name":"weights-00001.safetensors","digest":"0123456789abcdef"},');
  const { pae } = await import('../../dist/native.js');
  for (const version of [1, 2] as const) {
    const signer = signerOf(stack, version);
    const { material } = await signer.sign({ payload, message: pae(payload), signal: undefined });
    t.is(material.kind === 'sigstore' && material.logEntries.length, 1);
  }
  await stack.fault({ service: 'rekor1', above: 1_000_000, status: 413 });
  const input = { payload, message: pae(payload), signal: undefined };
  const error = await t.throwsAsync(signerOf(stack, 1).sign(input), { instanceOf: ModelSigningError });
  t.is(error.code, 'LOG_TOO_LARGE');
  t.regex(error.message, /does not take an entry of 64 MB/);
  t.regex(error.hint ?? '', /version 2.*shards.*fewer files/);
});
