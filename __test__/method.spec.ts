// SPDX-License-Identifier: Apache-2.0
// Methods that others write: whatever one answers that is no signature is not written, and no answer but who signed and
// when is believed.

import { createSign } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';
import {
  InputError,
  type Signer,
  type Verifier,
  certificateSigner,
  certificateVerifier,
  createSigner,
  createVerifier,
  keyHint,
  keySigner,
  keyVerifier,
  sign,
  verify,
  verifyBundle,
} from 'model-signing';

import { pair } from './keys.js';
import { buildModel, scratch, write } from './models.js';

const FILES = { a: '1', b: '2' };
const { publicKey, privateKey, signer, verifier } = pair();

/** What JavaScript lets through where TypeScript would not. */
function untyped(value: unknown): never {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the point of these tests
  return value as never;
}

const INVALID = { instanceOf: InputError, code: 'OPTION_INVALID' };

test('a verifier that does not say who signed has verified nothing', async (t) => {
  const model = buildModel(t, FILES);
  const bundle = Buffer.from((await sign(model, { signer })).bundle);
  const who = { method: 'mine' };
  const now = { time: new Date(), source: 'now' };
  const answers = [
    undefined,
    null,
    false,
    true,
    1,
    'yes',
    {},
    { signer: who },
    { time: now },
    { signer: {}, time: now },
  ];
  const halves = [
    { signer: who, time: {} },
    { signer: who, time: { time: '2026' } },
    { signer: who, time: { ...now, time: new Date(NaN) } },
    { signer: who, time: { time: now.time } },
    { signer: who, time: now, remarks: 'one' },
    { signer: who, time: now, remarks: [1] },
  ];
  for (const answer of [...answers, ...halves]) {
    const mine: Verifier = { method: 'mine', verify: async () => untyped(answer) };
    await t.throwsAsync(verify(model, bundle, { verifier: mine }), INVALID);
    await t.throwsAsync(verifyBundle(bundle, { verifier: mine }), INVALID);
  }
  const good: Verifier = { method: 'mine', verify: async () => untyped({ signer: who, time: now }) };
  t.deepEqual((await verify(model, bundle, { verifier: good })).signer, who);
});

test('a signer that gives no signature has signed nothing', async (t) => {
  const model = buildModel(t, FILES);
  const signature = join(scratch(t), 'x.sig');
  const [bytes, material] = [Buffer.of(1), { kind: 'publicKey', hint: 'x' }];
  const answers = [undefined, null, true, {}, { signature: bytes }, { material }, { signature: Buffer.of(), material }];
  const materials = [
    null,
    { kind: 'mine' },
    { kind: 'toString' },
    { kind: 'publicKey' },
    { kind: 'publicKey', hint: '' },
    { kind: 'publicKey', hint: 5 },
    { kind: 'certificateChain' },
    { kind: 'certificateChain', certificates: [] },
    { kind: 'certificateChain', certificates: ['text'] },
    { kind: 'certificateChain', certificates: [bytes, Buffer.of()] },
    { kind: 'sigstore', certificate: bytes },
    { kind: 'sigstore', certificate: 'text', logEntries: [] },
  ];
  for (const answer of [
    ...answers,
    { signature: 'text', material },
    ...materials.map((one) => ({ signature: bytes, material: one })),
    ...[null, 'text', ['text'], [Buffer.of()]].map((timestamps) => ({ signature: bytes, material, timestamps })),
    { signature: bytes, material, remarks: 'one' },
  ]) {
    const mine: Signer = { method: 'mine', sign: async () => untyped(answer) };
    await t.throwsAsync(sign(model, { signer: mine, signature }), INVALID);
    t.false(existsSync(signature));
  }
});

test('who forgets to say by what to sign or verify is told', async (t) => {
  const model = buildModel(t, FILES);
  const bundle = Buffer.from((await sign(model, { signer })).bundle);
  for (const options of [
    undefined,
    null,
    {},
    { signer: null, verifier: null },
    { signer: verifier, verifier: signer },
  ]) {
    t.throws(() => createSigner(untyped(options)), INVALID);
    t.throws(() => createVerifier(untyped(options)), INVALID);
    await t.throwsAsync(verify(model, bundle, untyped(options)), INVALID);
    await t.throwsAsync(sign(model, untyped(options)), INVALID);
  }
  for (const make of [keySigner, keyVerifier, certificateSigner, certificateVerifier]) {
    for (const options of [undefined, null, 1, { more: 1 }]) t.throws(() => make(untyped(options)), INVALID);
  }
});

test('undefined does not undo what a verifier or signer was made with', async (t) => {
  const model = buildModel(t, FILES);
  const signed = await createSigner({ signer, shardSize: 10 }).sign(model, untyped({ shardSize: undefined }));
  t.is(signed.manifest.serialization.method, 'shards');
  write(join(model, '.gitignore'), '*');
  const strict = createVerifier({ verifier, allowHiddenFiles: false });
  const loose = untyped({ allowHiddenFiles: undefined });
  await t.throwsAsync(strict.verify(model, Buffer.from(signed.bundle), loose), { code: 'HIDDEN_FILES' });
});

test('URLs that are no files of this machine are no bundles', async (t) => {
  const model = buildModel(t, FILES);
  for (const url of ['http://x.example/', 'file://elsewhere.example/x', 'file:///a%2Fb', 'data:,x']) {
    await t.throwsAsync(verify(model, new URL(url), { verifier }), INVALID);
    await t.throwsAsync(verify(new URL(url), Buffer.from('{}'), { verifier }), INVALID);
  }
});

test('a key that is kept elsewhere: the example of the README, verified as a key', async (t) => {
  const model = buildModel(t, FILES);
  const kms: Signer = {
    method: 'key',
    sign: async ({ message }) => ({
      signature: createSign('sha256').update(message).sign(privateKey),
      material: { kind: 'publicKey', hint: keyHint(publicKey) },
    }),
  };
  const { bundle } = await sign(model, { signer: kms });
  await t.notThrowsAsync(verify(model, Buffer.from(bundle), { verifier }));
});
