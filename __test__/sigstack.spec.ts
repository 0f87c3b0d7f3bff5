// SPDX-License-Identifier: Apache-2.0
// The Sigstore of the tests does what a real one does.

import { spawnSync } from 'node:child_process';
import { X509Certificate, randomBytes, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { scratch } from './models.js';
import { type Tenant, sigstackTest } from './sigstack.js';
import {
  addToV1,
  addToV2,
  certify,
  checkV1,
  checkV2,
  logKey,
  newKey,
  post,
  readCheckpoint,
  sha256,
  trustedRoot,
} from './sigstack-client.js';

const SOUND = { proof: true, root: true, checkpoint: true };

sigstackTest('a certificate is of the one in the token, by the authority of the trusted root', async (t, stack) => {
  const { status, chain, publicKey } = await certify(
    stack,
    await stack.token({ email: 'bob@example.com' }),
    'bob@example.com',
  );
  t.is(status, 200);
  const [leaf, middle, root] = chain;
  t.is(leaf?.subjectAltName, 'email:bob@example.com');
  t.deepEqual(
    leaf?.publicKey.export({ type: 'spki', format: 'der' }),
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const [trustedMiddle, trustedAnchor] = trustedRoot(stack).certificateAuthorities[0].certChain.certificates.map(
    ({ rawBytes }: { rawBytes: string }) => new X509Certificate(Buffer.from(rawBytes, 'base64')),
  );
  t.is(middle?.fingerprint256, trustedMiddle.fingerprint256);
  t.is(root?.fingerprint256, trustedAnchor.fingerprint256);
  t.true(leaf?.verify(trustedMiddle.publicKey));
  t.true(trustedMiddle.verify(trustedAnchor.publicKey));
  t.true(leaf?.raw.includes(Buffer.from(stack.issuer('email'))), 'the issuer is an extension');
});

const NAMES: readonly (readonly [Tenant, proven: string, name: (oidc: string) => string])[] = [
  ['dex', 'alice@example.com', () => 'email:alice@example.com'],
  [
    'github',
    'repo:acme/model:ref:refs/heads/main',
    () => 'URI:https://github.com/acme/model/.github/workflows/release.yml@refs/heads/main',
  ],
  ['spiffe', 'spiffe://localhost/builder', () => 'URI:spiffe://localhost/builder'],
];

for (const [tenant, proven, name] of NAMES) {
  sigstackTest(`a certificate for an identity of the kind ${tenant}`, async (t, stack) => {
    const { status, chain, json } = await certify(stack, await stack.token({ tenant }), proven);
    t.is(status, 200, JSON.stringify(json));
    t.is(chain[0]?.subjectAltName, name(stack.urls.oidc));
    t.true(chain[0]?.raw.includes(Buffer.from(stack.issuer(tenant))));
  });
}

sigstackTest('a user name and a URI have their own forms of name', async (t, stack) => {
  const uri = `${stack.urls.oidc}/uri/users/1`;
  t.is((await certify(stack, await stack.token({ tenant: 'uri' }), uri)).chain[0]?.subjectAltName, `URI:${uri}`);
  const { chain } = await certify(stack, await stack.token({ tenant: 'username' }), 'alice');
  t.true(chain[0]?.raw.includes(Buffer.from('alice!localhost')));
});

for (const [title, claims] of Object.entries({
  'is over': { exp: -10 },
  'is for another audience': { aud: 'another' },
  'has an address that nobody verified': { email_verified: false },
})) {
  sigstackTest(`no certificate for a token that ${title}`, async (t, stack) => {
    t.is((await certify(stack, await stack.token(claims))).status, 400);
  });
}

sigstackTest('no certificate without the key', async (t, stack) => {
  t.is((await certify(stack, await stack.token(), 'someone else')).status, 400);
});

sigstackTest('the older log takes an entry, promises it and proves it', async (t, stack) => {
  const artifact = randomBytes(40);
  const key = newKey();
  for (let count = 0; count < 3; count++) t.is((await addToV1(stack, randomBytes(40))).status, 201);
  const answer = await addToV1(stack, artifact, key);
  t.is(answer.status, 201);
  t.deepEqual(checkV1(stack, answer), { promise: true, ...SOUND });
  const [uuid = ''] = Object.keys(answer.json);
  const log = `${stack.urls.rekor1}/api/v1/log`;
  const known = (await (await fetch(`${log}/entries/${uuid}`)).json()) as Record<string, { body: string }>;
  t.is(known[uuid]?.body, answer.json[uuid].body);
  const found = await post(`${stack.urls.rekor1}/api/v1/index/retrieve`, {
    hash: `sha256:${sha256(artifact).toString('hex')}`,
  });
  t.deepEqual(found.json, [uuid]);
  const head = (await (await fetch(log)).json()) as { signedTreeHead: string; treeSize: number; rootHash: string };
  const { signed, size, root } = readCheckpoint(logKey(stack, 0), head.signedTreeHead);
  t.deepEqual([signed, size, root.toString('hex')], [true, BigInt(head.treeSize), head.rootHash]);
});

sigstackTest('the older log knows what it has', async (t, stack) => {
  const key = newKey();
  const envelope = dsse(Buffer.from(JSON.stringify({ _type: 'statement', at: Date.now() })), key);
  const proposal = {
    apiVersion: '0.0.1',
    kind: 'dsse',
    spec: { proposedContent: { envelope: JSON.stringify(envelope), verifiers: [pem(key).toString('base64')] } },
  };
  const first = await post(`${stack.urls.rekor1}/api/v1/log/entries`, proposal);
  t.is(first.status, 201, JSON.stringify(first.json));
  const again = await post(`${stack.urls.rekor1}/api/v1/log/entries`, proposal);
  t.is(again.status, 409);
  t.regex(again.json.message, new RegExp(Object.keys(first.json)[0] ?? 'none'));
});

sigstackTest('the logs look at signatures', async (t, stack) => {
  const signer = newKey();
  const other = { ...signer, publicKey: newKey().publicKey };
  t.is((await addToV1(stack, randomBytes(9), other)).status, 400);
  t.is((await addToV2(stack, randomBytes(9), other)).status, 400);
});

sigstackTest('the newer log takes an entry, proves it and can be read', async (t, stack) => {
  for (let count = 0; count < 3; count++) t.is((await addToV2(stack, randomBytes(40))).status, 201);
  const answer = await addToV2(stack, randomBytes(40));
  t.is(answer.status, 201);
  t.deepEqual(checkV2(stack, answer), SOUND);
  const note = await (await fetch(`${stack.urls.rekor2}/api/v2/checkpoint`)).text();
  const { signed, size, origin } = readCheckpoint(logKey(stack, 1), note);
  t.true(signed && size >= 4n);
  t.is(origin, 'localhost');
  const tile = await fetch(`${stack.urls.rekor2}/api/v2/tile/entries/000.p/${size}`);
  t.is(tile.status, 200);
  t.true((await tile.text()).includes('hashedrekord'));
});

sigstackTest('a second operator has a log of its own', async (t, stack) => {
  const answer = await addToV1(stack, randomBytes(40), newKey(), stack.urls.rekor1Second);
  t.deepEqual(checkV1(stack, answer, 2), { promise: true, ...SOUND });
  t.false(checkV1(stack, answer, 0).promise);
  const { rekorTlogUrls, tsaUrls } = JSON.parse(readFileSync(stack.signingConfigAll, 'utf8'));
  const { rekor1, rekor2, rekor1Second } = stack.urls;
  t.deepEqual(urls(rekorTlogUrls), [rekor1, rekor2, rekor1Second]);
  t.deepEqual(urls(tsaUrls), [`${stack.urls.tsa}/api/v1/timestamp`, `${stack.urls.tsaSecond}/api/v1/timestamp`]);
});

sigstackTest('openssl accepts a timestamp', async (t, stack) => {
  const folder = scratch(t);
  const at = (name: string) => join(folder, name);
  const [leaf, root] = trustedRoot(stack).timestampAuthorities[0].certChain.certificates.map(
    ({ rawBytes }: { rawBytes: string }) => new X509Certificate(Buffer.from(rawBytes, 'base64')).toString(),
  );
  writeFileSync(at('leaf.pem'), leaf);
  writeFileSync(at('root.pem'), root);
  writeFileSync(at('data'), randomBytes(100));
  t.is(openssl('ts', '-query', '-data', at('data'), '-sha256', '-cert', '-out', at('query')).status, 0);
  const answer = await fetch(`${stack.urls.tsa}/api/v1/timestamp`, {
    method: 'POST',
    headers: { 'content-type': 'application/timestamp-query' },
    body: readFileSync(at('query')),
  });
  t.is(answer.status, 200);
  writeFileSync(at('reply'), Buffer.from(await answer.arrayBuffer()));
  const check = ['ts', '-verify', '-in', at('reply'), '-CAfile', at('root.pem'), '-untrusted', at('leaf.pem')];
  const good = openssl(...check, '-queryfile', at('query'));
  t.is(good.status, 0, good.stderr);
  writeFileSync(at('data'), 'changed');
  t.not(openssl(...check, '-data', at('data')).status, 0);
});

sigstackTest('a timestamp for a request in JSON, and none for SHA-1', async (t, stack) => {
  const url = `${stack.urls.tsa}/api/v1/timestamp`;
  const artifactHash = sha256(randomBytes(3)).toString('base64');
  t.is((await post(url, { artifactHash, hashAlgorithm: 'sha256' })).status, 200);
  t.is((await post(url, { artifactHash, hashAlgorithm: 'sha384' })).status, 400);
  t.is((await post(url, { artifactHash: randomBytes(20).toString('base64'), hashAlgorithm: 'sha1' })).status, 400);
});

function urls(services: readonly { readonly url: string }[]): string[] {
  return services.map(({ url }) => url);
}

function openssl(...args: readonly string[]) {
  return spawnSync('openssl', args, { encoding: 'utf8' });
}

function dsse(payload: Buffer, { privateKey }: ReturnType<typeof newKey>) {
  const type = 'application/vnd.in-toto+json';
  const encoded = Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} `), payload]);
  const sig = sign('sha256', encoded, privateKey).toString('base64');
  return { payloadType: type, payload: payload.toString('base64'), signatures: [{ sig }] };
}

function pem({ publicKey }: ReturnType<typeof newKey>): Buffer {
  return Buffer.from(publicKey.export({ type: 'spki', format: 'pem' }));
}
