// SPDX-License-Identifier: Apache-2.0
// Signing: what a bundle looks like byte by byte, what is recorded, and that one signer serves many models at once.

import { createHash, createPublicKey, createSign, createVerify } from 'node:crypto';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';

import test from 'ava';
import {
  type Authentication,
  type SignOptions,
  type Signer,
  type SigningInput,
  type Verifier,
  VerificationError,
  createSigner,
  createVerifier,
  digest,
  sign,
  verify,
} from 'model-signing';

import { pair } from './keys.js';
import { HUGE, buildModel, pattern, scratch } from './models.js';
import { GIT_PATHS, manifestOf } from './oracle.js';

const FILES = { 'a.bin': pattern(1000, 1), 'b/c': pattern(10, 2) };
const KEY = pair();
const { signer, verifier } = KEY;

for (const hashAlgorithm of ['sha256', 'blake2b', 'blake3'] as const) {
  for (const shape of [{}, { shardSize: 300 }]) {
    test(`what is signed verifies: ${hashAlgorithm}, ${'shardSize' in shape ? 'shards' : 'files'}`, async (t) => {
      const model = buildModel(t, FILES);
      const { bundle, manifest, statementDigest } = await sign(model, { signer, hashAlgorithm, ...shape });
      const verified = await verify(model, Buffer.from(bundle), { verifier });
      t.is(verified.statementDigest, statementDigest);
      t.deepEqual([...verified.manifest.resources], [...manifest.resources]);
      t.deepEqual(verified.manifest.serialization, manifest.serialization);
      t.is(verified.manifest.serialization.hashAlgorithm, hashAlgorithm);
    });
  }
}

for (const [curve, hash] of [
  ['P-256', 'sha256'],
  ['P-384', 'sha384'],
  ['P-521', 'sha512'],
] as const) {
  test(`a bundle, byte by byte: ${curve}`, async (t) => {
    const { signer: own, publicKey } = pair(curve);
    const { bundle, statementDigest, method } = await sign(buildModel(t, FILES), { signer: own });
    const { statement } = manifestOf('model', FILES);
    const { dsseEnvelope } = JSON.parse(bundle) as { dsseEnvelope: { signatures: [{ sig: string }] } };
    const [{ sig }] = dsseEnvelope.signatures;
    const hint = createHash('sha256')
      .update(publicKey.export({ type: 'spki', format: 'pem' }))
      .digest('hex');
    const expected =
      '{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json",' +
      `"verificationMaterial":{"publicKey":{"hint":"${hint}"},"tlogEntries":[]},` +
      `"dsseEnvelope":{"payload":"${statement.toString('base64')}","payloadType":"application/vnd.in-toto+json",` +
      `"signatures":[{"sig":"${sig}","keyid":""}]}}`;
    t.is(bundle, expected);
    t.is(statementDigest, `sha256:${createHash('sha256').update(statement).digest('hex')}`);
    t.is(method, 'key');
    const message = Buffer.concat([
      Buffer.from(`DSSEv1 28 application/vnd.in-toto+json ${statement.length} `),
      statement,
    ]);
    t.true(createVerify(hash).update(message).verify(publicKey, Buffer.from(sig, 'base64')));
  });
}

test('the statement is the same in every run, on one thread and on many', async (t) => {
  const model = buildModel(t, FILES);
  const payloads = await Promise.all(
    [1, 2, 5].map(async (threads) => payloadOf((await sign(model, { signer, threads })).bundle)),
  );
  t.is(new Set(payloads).size, 1);
  t.is(payloads[0], manifestOf('model', FILES).statement.toString());
});

test('a signature inside the model is recorded as left out, and verifies', async (t) => {
  const model = buildModel(t, FILES);
  const signature = join(model, 'b', 'model.sig');
  const { bundle, manifest } = await sign(model, { signer, signature });
  t.is(readFileSync(signature, 'utf8'), bundle);
  const ignorePaths = [...GIT_PATHS, 'b/model.sig'];
  t.is(payloadOf(bundle), manifestOf('model', FILES, { ignorePaths }).statement.toString());
  t.deepEqual(manifest.serialization.ignorePaths, ignorePaths);
  const { ignored, unsignedFiles } = await verify(model, signature, { verifier, allowHiddenFiles: false });
  t.deepEqual([ignored, unsignedFiles], [[], 0]);
  t.is(payloadOf((await sign(model, { signer, signature })).bundle), payloadOf(bundle), 'once more, over the old one');
});

test('a signature inside is found whatever way its path goes', async (t) => {
  const model = buildModel(t, { ...FILES, '../link': { link: 'model' } });
  for (const folder of [`${model}/b/..`, join(model, '..', 'link'), relative(process.cwd(), model)]) {
    const { manifest } = await sign(model, { signer, signature: `${folder}/x.sig` });
    t.deepEqual(manifest.serialization.ignorePaths, [...GIT_PATHS, 'x.sig']);
    t.notThrows(() => readFileSync(join(model, 'x.sig')));
  }
  const outside = await sign(model, { signer, signature: join(dirname(model), 'x.sig'), ignorePaths: ['x.sig'] });
  t.deepEqual(outside.manifest.serialization.ignorePaths, [...GIT_PATHS, 'x.sig']);
});

test('an older signature that a link leads to is no file of the model', async (t) => {
  const links = { allowSymlinks: true, allowExternalSymlinks: true };
  const model = buildModel(t, {
    ...FILES,
    'real/d': '1',
    link: { link: 'real' },
    'old.sig': { link: 'real/x.sig' },
    out: { link: '../beside' },
    '../beside/e': '2',
  });
  writeFileSync(join(model, 'real', 'x.sig'), '');
  for (const signature of [join(model, 'real', 'x.sig'), join(model, '..', 'beside', 'x.sig')]) {
    for (let run = 0; run < 2; run += 1) {
      const { manifest } = await sign(model, { signer, signature, ...links });
      await t.notThrowsAsync(verify(model, signature, { verifier, allowExternalSymlinks: true }));
      t.is(
        [...manifest.resources].filter(({ name }) => name.endsWith('.sig')).length,
        signature.includes('real') ? 0 : 3,
      );
    }
  }
});

test('another file where the signature was counts as hidden', async (t) => {
  const model = buildModel(t, FILES);
  const { bundle } = await sign(model, { signer, signature: join(model, 'model.sig') });
  writeFileSync(join(model, 'model.sig'), 'something else');
  const { ignored } = await verify(model, Buffer.from(bundle), { verifier });
  t.deepEqual(ignored, [{ path: 'model.sig', files: 1 }]);
  await t.throwsAsync(verify(model, Buffer.from(bundle), { verifier, allowHiddenFiles: false }), {
    code: 'HIDDEN_FILES',
  });
});

test('a manifest is signed without the model', async (t) => {
  const model = buildModel(t, FILES);
  const manifest = await digest(model, { shardSize: 100 });
  const signature = join(scratch(t), 'x.sig');
  const signed = await sign(manifest, { signer, signature });
  t.is(signed.manifest, manifest);
  t.is(payloadOf(signed.bundle), manifestOf('model', FILES, { shardSize: 100 }).statement.toString());
  t.is((await verify(model, signature, { verifier })).statementDigest, signed.statementDigest);
});

test('a model that is one file, as the specification and as Python want it', async (t) => {
  const file = join(buildModel(t, FILES), 'a.bin');
  for (const [compat, name] of [
    ['specification', 'a.bin'],
    ['python', '.'],
  ] as const) {
    const { bundle } = await sign(pathToFileURL(file), { signer, compat });
    const { predicate } = JSON.parse(payloadOf(bundle)) as { predicate: { resources: { name: string }[] } };
    t.is(predicate.resources[0]?.name, name);
    await t.notThrowsAsync(verify(file, Buffer.from(bundle), { verifier }));
  }
});

test('one signer, many models at once: nothing of one reaches the next', async (t) => {
  const models = Array.from({ length: 12 }, (_, index) => buildModel(t, { ...FILES, [`own-${index}`]: `${index}` }));
  const many = createSigner({ signer, ignorePaths: ['nothing'] });
  const shared: SignOptions = { hashAlgorithm: 'blake2b' };
  const signed = await Promise.all(
    models.map((model, index) =>
      many.sign(model, index % 2 === 0 ? shared : { signature: join(model, `${index}.sig`), ignorePaths: ['b'] }),
    ),
  );
  for (const [index, { manifest }] of signed.entries()) {
    const own = index % 2 === 0 ? ['nothing'] : [`${index}.sig`, 'b'];
    t.deepEqual(manifest.serialization.ignorePaths, [...GIT_PATHS, ...own].toSorted());
    t.is(manifest.serialization.hashAlgorithm, index % 2 === 0 ? 'blake2b' : 'sha256');
    t.true([...manifest.resources].some(({ name }) => name === `own-${index}`));
  }
  const all = createVerifier({ verifier });
  await t.notThrowsAsync(
    Promise.all(signed.map(({ bundle }, index) => all.verify(models[index] ?? '', Buffer.from(bundle)))),
  );
});

/** What a program writes that keeps its keys elsewhere: an object, and a function that sends a digest away. */
const elsewhere: Signer & Verifier = {
  method: 'elsewhere',
  sign: async ({ message }: SigningInput) => ({
    signature: createSign('sha256').update(message).sign(KEY.privateKey),
    material: { kind: 'publicKey', hint: 'projects/p/keys/1' },
  }),
  verify: async ({ material, message, signature }): Promise<Authentication> => {
    const isKnown = material.kind === 'publicKey' && material.hint === 'projects/p/keys/1';
    if (!isKnown || !createVerify('sha256').update(message).verify(createPublicKey(KEY.privateKey), signature)) {
      throw new VerificationError('SIGNATURE_INVALID', 'not ours');
    }
    return {
      signer: { method: 'elsewhere', key: 1 },
      time: { time: new Date(0), source: 'now' },
      remarks: ['a remark'],
    };
  },
};

test('a method of somebody else', async (t) => {
  const model = buildModel(t, FILES);
  const { bundle, method } = await sign(model, { signer: elsewhere });
  t.is(method, 'elsewhere');
  const { signer: who, time, remarks } = await verify(model, Buffer.from(bundle), { verifier: elsewhere });
  t.deepEqual([who, time.time.getTime(), remarks], [{ method: 'elsewhere', key: 1 }, 0, ['a remark']]);
  await t.throwsAsync(verify(model, Buffer.from(bundle), { verifier }), { code: 'HINT_MISMATCH' });
});

test('material and timestamps of a method stand in the bundle', async (t) => {
  const own: Signer = {
    method: 'x',
    sign: async () => ({
      signature: Buffer.from('s'),
      material: { kind: 'certificateChain', certificates: [Buffer.from('leaf'), Buffer.from('root')] },
      timestamps: [Buffer.from('token')],
    }),
  };
  const { bundle } = await sign(buildModel(t, FILES), { signer: own });
  t.true(
    bundle.includes(
      '"verificationMaterial":{"x509CertificateChain":{"certificates":[{"rawBytes":"bGVhZg=="},{"rawBytes":"cm9vdA=="}]},' +
        '"tlogEntries":[],"timestampVerificationData":{"rfc3161Timestamps":[{"signedTimestamp":"dG9rZW4="}]}}',
    ),
  );
});

test('a signer that cannot sign is known before anything is hashed', async (t) => {
  const model = buildModel(t, { huge: HUGE });
  const broken: Signer = { ...signer, prepare: () => Promise.reject(new Error('no key')) };
  await t.throwsAsync(sign(model, { signer: broken }), { message: 'no key' });
  const signature = join(dirname(model), 'x.sig');
  const failing: Signer = { method: 'x', sign: () => Promise.reject(new Error('no service')) };
  await t.throwsAsync(sign(buildModel(t, FILES), { signer: failing, signature }), { message: 'no service' });
  t.false(existsSync(signature));
});

test('an abort ends the hashing, the signing and the writing', async (t) => {
  const reason = new Error('enough');
  const signature = join(scratch(t), 'x.sig');
  await t.throwsAsync(sign(buildModel(t, FILES), { signer, signature, signal: AbortSignal.abort(reason) }), {
    is: reason,
  });
  const hashing = new AbortController();
  const run = sign(buildModel(t, { huge: HUGE }), { signer, signature, signal: hashing.signal });
  setTimeout(() => hashing.abort(reason), 50);
  await t.throwsAsync(run, { is: reason });
  const signing = new AbortController();
  const late: Signer = {
    method: 'late',
    sign: async (input) => {
      signing.abort(reason);
      return signer.sign({ ...input, signal: undefined });
    },
  };
  await t.throwsAsync(sign(buildModel(t, FILES), { signer: late, signature, signal: signing.signal }), { is: reason });
  t.false(existsSync(signature));
});

test('options of verify are none of sign, and the other way round', async (t) => {
  const model = buildModel(t, FILES);
  const wrong = { signer, fullDiff: true } as SignOptions & { signer: Signer };
  await t.throwsAsync(sign(model, wrong), { code: 'OPTION_INVALID' });
  const { bundle } = await sign(model, { signer });
  await t.throwsAsync(createVerifier({ verifier }).verify(model, Buffer.from(bundle), { force: true } as object), {
    code: 'OPTION_INVALID',
  });
});

test('a link that is followed is recorded as followed', async (t) => {
  const model = buildModel(t, FILES);
  symlinkSync('a.bin', join(model, 'link'));
  await t.throwsAsync(sign(model, { signer }), { code: 'SYMLINK_FORBIDDEN' });
  const { bundle, manifest } = await sign(model, { signer, allowSymlinks: true });
  t.true(manifest.serialization.allowSymlinks);
  await t.notThrowsAsync(verify(model, Buffer.from(bundle), { verifier }));
});

function payloadOf(bundle: string): string {
  const { dsseEnvelope } = JSON.parse(bundle) as { dsseEnvelope: { payload: string } };
  return Buffer.from(dsseEnvelope.payload, 'base64').toString();
}
