// SPDX-License-Identifier: Apache-2.0
// Bundles about files, made with the local Sigstore: what has to verify does, whatever was changed is refused, and
// nothing of it is a way to a signed model.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';
import * as api from 'model-signing';

import type { ArtifactSigner } from '../dist/artifact.js';
import {
  BYTES,
  DIGEST,
  type Entry,
  KINDS,
  as,
  keySigned,
  material,
  outcome,
  parsed,
  rootOf,
  signed,
  statementAbout,
} from './artifact-bundles.js';
import { command } from './cli/command.js';
import { keyFiles, pair } from './keys.js';
import { trusting } from './methods/sigstore-bundles.js';
import { changesOf, isHarmless } from './methods/tampering.js';
import { buildModel, scratch } from './models.js';
import { sigstackTest, startSigstack } from './sigstack.js';

for (const kind of KINDS) {
  sigstackTest(`${kind}: verified by path and by digest, with any form of the bundle`, async (t, stack) => {
    const { folder, bundle } = await signed(t, stack, kind);
    const certificate = parsed(bundle).verificationMaterial['certificate'];
    const chain = { certificate: undefined, x509CertificateChain: { certificates: [certificate] } };
    const forms = [bundle, as('+json;version=0.3', bundle), as('+json;version=0.2', material(bundle, chain))];
    if (kind.endsWith('1')) forms.push(as('+json;version=0.1', material(bundle, chain)));
    for (const form of forms) {
      for (const artifact of ['file', DIGEST]) {
        t.is(await outcome(stack, folder, form, artifact), 'verified', `${form.slice(0, 80)} ${artifact}`);
      }
    }
  });

  sigstackTest(`${kind}: another file, another signer, another instance`, async (t, stack) => {
    const { folder, bundle } = await signed(t, stack, kind);
    const identity = { identity: 'alice@example.com', identityProvider: stack.issuer() };
    const key = { publicKey: keyFiles(folder, pair()).public };
    const root = JSON.parse(readFileSync(stack.trustedRoot, 'utf8')) as Record<string, object[]>;
    const changedRoot = (name: string, change: object): string => {
      const path = join(folder, `${name}.json`);
      writeFileSync(path, JSON.stringify({ ...root, ...change }));
      return path;
    };
    const copy = structuredClone(root);
    const past = { validFor: { start: '2020-01-01T00:00:00Z', end: '2021-01-01T00:00:00Z' } };
    const former = copy['certificateAuthorities']?.map((authority) => Object.assign(authority, past));
    writeFileSync(join(folder, 'other'), 'other');
    const cases: readonly (readonly [string, string, ArtifactSigner?, string?])[] = [
      ['ARTIFACT_MISMATCH', 'other'],
      ['ARTIFACT_MISMATCH', DIGEST.replace(/.{8}$/, '00000000')],
      ['ARTIFACT_UNREADABLE', 'nothing'],
      ['ARTIFACT_UNREADABLE', DIGEST.slice(0, -1)],
      ['ARTIFACT_UNREADABLE', DIGEST.toUpperCase().replace('SHA', 'sha')],
      ['IDENTITY_MISMATCH', 'file', { ...identity, identity: 'alice@example.co' }],
      ['IDENTITY_MISMATCH', 'file', { ...identity, identity: 'Alice@example.com' }],
      ['ISSUER_MISMATCH', 'file', { ...identity, identityProvider: `${stack.issuer()}/` }],
      ['MATERIAL_MISMATCH', 'file', key],
      ['LOG_UNKNOWN', 'file', identity, changedRoot('no-logs', { tlogs: [] })],
      ['SCT_INVALID', 'file', identity, changedRoot('no-ct', { ctlogs: [] })],
      ['TIMESTAMP_UNTRUSTED', 'file', identity, changedRoot('no-time', { timestampAuthorities: [] })],
      ['CERTIFICATE_UNTRUSTED', 'file', identity, changedRoot('former', { certificateAuthorities: former })],
    ];
    for (const [wanted, artifact, signer = identity, trustConfig = stack.trustedRoot] of cases) {
      t.is(await outcome(stack, folder, bundle, artifact, signer, trustConfig), wanted, `${artifact} ${trustConfig}`);
    }
    const stranger = await startSigstack(t);
    t.is(await outcome(stack, folder, bundle, 'file', identity, stranger.trustedRoot), 'LOG_UNKNOWN');
  });

  sigstackTest(`${kind}: no member can be changed or taken away`, async (t, stack) => {
    const { folder, bundle } = await signed(t, stack, kind);
    for (const change of changesOf(bundle)) {
      const { what, text } = change;
      const found = await outcome(stack, folder, text);
      if (isHarmless(change, kind.endsWith('1') ? 1 : 2) || what === 'without messageSignature.messageDigest')
        t.is(found, 'verified', what);
      else t.regex(found, /^(?:ARTIFACT|BUNDLE|JSON|LOG|SCT|TIMESTAMP|CERTIFICATE|SIGNATURE|STATEMENT|SUBJECT)_/, what);
    }
  });

  sigstackTest(`${kind}: parts of other bundles do not fit`, async (t, stack) => {
    const { folder, bundle } = await signed(t, stack, kind);
    const other = parsed((await signed(t, stack, kind, { bytes: Buffer.from('other') })).bundle);
    const { certificate, tlogEntries, timestampVerificationData } = other.verificationMaterial;
    const mine = parsed(bundle);
    const entries = mine.verificationMaterial['tlogEntries'] as readonly Entry[];
    const [entry] = entries as [Entry];
    const proofOf = (changes: object) => ({
      tlogEntries: [{ ...entry, inclusionProof: { ...entry.inclusionProof, ...changes } }],
    });
    const theirs = (tlogEntries as readonly Entry[])[0]?.inclusionProof ?? {};
    const stranger = await startSigstack(t);
    const elsewhere = parsed((await signed(t, stranger, kind)).bundle).verificationMaterial['tlogEntries'];
    const root = { rawBytes: rootOf(stack) };
    const withRoot = {
      certificate: undefined,
      x509CertificateChain: { certificates: [mine.verificationMaterial['certificate'], root] },
    };
    const cases: readonly (readonly [string, string])[] = [
      ['SIGNATURE_INVALID', material(bundle, { certificate })],
      ['LOG_BODY_MISMATCH', material(bundle, { tlogEntries })],
      ['LOG_UNKNOWN', material(bundle, { tlogEntries: elsewhere })],
      ['LOG_ENTRY_MISSING', material(bundle, { tlogEntries: [] })],
      ['LOG_ENTRY_INVALID', material(bundle, { tlogEntries: [...entries, ...entries] })],
      ['LOG_PROOF_INVALID', material(bundle, { tlogEntries: [{ ...entry, inclusionProof: undefined }] })],
      ['LOG_PROOF_INVALID', material(bundle, proofOf(theirs))],
      ['LOG_CHECKPOINT_INVALID', material(bundle, proofOf({ checkpoint: undefined }))],
      ['BUNDLE_MEMBER_INVALID', material(bundle, { tlogEntries: [{ ...entry, logIndex: '-1' }] })],
      ['TIMESTAMP_IMPRINT_MISMATCH', material(bundle, { timestampVerificationData })],
      ['BUNDLE_MATERIAL_INVALID', as('+json;version=0.2', material(bundle, withRoot))],
      ['BUNDLE_MATERIAL_INVALID', material(bundle, withRoot)],
      ['BUNDLE_MEDIA_TYPE_UNKNOWN', as('+json;version=0.4', bundle)],
      ['BUNDLE_MEDIA_TYPE_UNKNOWN', as('+json;version=0.2', bundle)],
      [
        'BUNDLE_MEMBER_INVALID',
        JSON.stringify({ ...mine, messageSignature: { signature: 'AQID' }, dsseEnvelope: ENVELOPE }),
      ],
      ['JSON_INVALID', bundle.slice(0, -1)],
    ];
    for (const [wanted, text] of cases) t.is(await outcome(stack, folder, text), wanted, text.slice(0, 2000));
  });

  sigstackTest(`${kind}: what services forge is not written`, async (t, stack) => {
    const service = kind.endsWith('1') ? 'rekor1' : 'rekor2';
    for (const [fault, cause] of [
      [{ service: 'fulcio', forge: 'sct' }, 'SCT_INVALID'],
      [{ service: 'fulcio', forge: 'authority' }, 'CERTIFICATE_UNTRUSTED'],
      [{ service, forge: 'proof' }, 'LOG_PROOF_INVALID'],
      [{ service, forge: 'checkpoint' }, 'LOG_CHECKPOINT_INVALID'],
    ] as const) {
      const folder = scratch(t);
      await stack.fault(fault);
      const error = await t.throwsAsync<api.SigningError>(signed(t, stack, kind, { folder }));
      const why = error.cause instanceof api.VerificationError ? error.cause.code : error.cause;
      t.deepEqual([error.code, why], ['SELF_CHECK_FAILED', cause], error.message);
      t.false(existsSync(join(folder, 'bundle')));
    }
  });

  sigstackTest(`${kind}: nothing that a model is verified with takes it`, async (t, stack) => {
    const { folder, bundle } = await signed(t, stack, kind);
    const wanted = kind.startsWith('bytes') ? 'BUNDLE_STATEMENT_MISSING' : 'PREDICATE_TYPE_UNKNOWN';
    const verifier = api.sigstoreVerifier(trusting(stack));
    const model = buildModel(t, { file: BYTES });
    await t.throwsAsync(api.verifyBundle(Buffer.from(bundle), { verifier }), { code: wanted });
    await t.throwsAsync(api.verify(model, join(folder, 'bundle'), { verifier }), { code: wanted });
    const flags = ['--trust-config', stack.trustedRoot, '--identity', 'alice@example.com'];
    const args = ['verify', join(folder, 'file'), '--signature', join(folder, 'bundle'), ...flags];
    const { exit, stderr } = await command([...args, '--identity-provider', stack.issuer()]);
    t.deepEqual([exit, stderr.includes(`[${wanted}]`)], [1, true], stderr);
  });
}

sigstackTest('the digest in the bundle is a name: it may be absent, and must not be wrong', async (t, stack) => {
  const { folder, bundle } = await signed(t, stack, 'bytes 2');
  const { messageSignature, ...rest } = parsed(bundle) as { messageSignature?: object };
  const named = (messageDigest: object | undefined): string =>
    JSON.stringify({ ...rest, messageSignature: { ...messageSignature, messageDigest } });
  const cases: readonly (readonly [string, string, object | undefined])[] = [
    ['verified', 'verified', undefined],
    ['verified', 'ARTIFACT_MISMATCH', { algorithm: 'SHA2_512', digest: digest('sha512') }],
    ['ARTIFACT_MISMATCH', 'ARTIFACT_MISMATCH', { algorithm: 'SHA2_256', digest: digest('sha512') }],
    ['ARTIFACT_MISMATCH', 'ARTIFACT_MISMATCH', { algorithm: 'SHA3_256', digest: digest('sha3-256') }],
  ];
  for (const [byPath, byDigest, digests] of cases) {
    t.is(await outcome(stack, folder, named(digests)), byPath);
    t.is(await outcome(stack, folder, named(digests), DIGEST), byDigest);
  }
  writeFileSync(join(folder, DIGEST), 'a file with that name');
  t.is(await outcome(stack, folder, bundle, join(folder, DIGEST)), 'ARTIFACT_MISMATCH');
});

sigstackTest('statements have to be about the file, in every subject by a digest', async (t, stack) => {
  const folder = scratch(t);
  const text = statementAbout(BYTES);
  const statement = JSON.parse(text) as { subject: object[] };
  const cases: readonly (readonly [string, object | string])[] = [
    ['JSON_INVALID', text.slice(0, -1)],
    ['JSON_INVALID', text.replace('{', '{"_type":"x",')],
    ['STATEMENT_MEMBER_INVALID', '7'],
    ['STATEMENT_TYPE_UNKNOWN', '[]'],
    ['STATEMENT_TYPE_UNKNOWN', { ...statement, _type: 'https://in-toto.io/Statement/v2' }],
    ['SUBJECT_INVALID', { ...statement, subject: undefined }],
    ['SUBJECT_INVALID', { ...statement, subject: [{ name: 'x', digest: { sha512: 'ab' } }] }],
    ['SUBJECT_INVALID', { ...statement, subject: [...statement.subject, { name: 'x', digest: { sha256: 'AB' } }] }],
  ];
  for (const [wanted, content] of cases) {
    const changed = typeof content === 'string' ? content : JSON.stringify(content);
    await t.throwsAsync(signed(t, stack, 'statement 2', { folder, statement: changed }), { code: wanted }, changed);
  }
  t.is((await stack.visits('fulcio')).length, 0);
  const older = JSON.stringify({ ...statement, _type: 'https://in-toto.io/Statement/v0.1' });
  const { bundle } = await signed(t, stack, 'statement 2', { folder, statement: older });
  t.is(await outcome(stack, folder, bundle), 'verified');
});

sigstackTest('a key that the verifier has, and a log that knows it', async (t, stack) => {
  const folder = scratch(t);
  writeFileSync(join(folder, 'file'), BYTES);
  const [mine, other] = [pair(), pair()];
  const bundle = await keySigned(stack, mine);
  const publicKey = keyFiles(folder, mine).public;
  t.is(await outcome(stack, folder, bundle, 'file', { publicKey }), 'verified');
  t.is(await outcome(stack, folder, bundle, DIGEST, { publicKey }), 'verified');
  const strange = { publicKey: keyFiles(scratch(t), other).public };
  const theirs = parsed(await keySigned(stack, other)).verificationMaterial;
  const cases: readonly (readonly [string, string, ArtifactSigner?])[] = [
    ['SIGNATURE_INVALID', bundle, strange],
    ['MATERIAL_MISMATCH', bundle, { identity: 'alice@example.com', identityProvider: stack.issuer() }],
    ['LOG_BODY_MISMATCH', material(bundle, { tlogEntries: theirs['tlogEntries'] })],
    ['LOG_ENTRY_MISSING', material(bundle, { tlogEntries: [] })],
    ['TIMESTAMP_MISSING', material(bundle, { timestampVerificationData: undefined })],
    [
      'TIMESTAMP_IMPRINT_MISMATCH',
      material(bundle, { timestampVerificationData: theirs['timestampVerificationData'] }),
    ],
  ];
  for (const [wanted, text, signer = { publicKey }] of cases) {
    t.is(await outcome(stack, folder, text, 'file', signer), wanted);
  }
});

sigstackTest('several logs', async (t, stack) => {
  const folder = scratch(t);
  const config = JSON.parse(readFileSync(stack.signingConfigAll, 'utf8')) as {
    rekorTlogUrls: readonly { readonly majorApiVersion: number }[];
  };
  const rekorTlogUrls = config.rekorTlogUrls.filter(({ majorApiVersion }) => majorApiVersion === 1);
  writeFileSync(join(folder, 'config'), JSON.stringify({ ...config, rekorTlogUrls }));
  const { bundle } = await signed(t, stack, 'bytes 1', { folder, signingConfig: join(folder, 'config') });
  const [one, two, ...more] = parsed(bundle).verificationMaterial['tlogEntries'] as readonly object[];
  t.deepEqual(more, []);
  t.is(await outcome(stack, folder, bundle), 'verified');
  t.is(await outcome(stack, folder, material(bundle, { tlogEntries: [two] })), 'verified');
  const wrong = [one, { ...two, integratedTime: '1' }];
  t.not(await outcome(stack, folder, material(bundle, { tlogEntries: wrong })), 'verified');
});

function digest(hash: string): string {
  return createHash(hash).update(BYTES).digest('base64');
}

const ENVELOPE = { payload: 'e30=', payloadType: 'application/vnd.in-toto+json', signatures: [{ sig: 'AQID' }] };

test('the API offers none of it', async (t) => {
  const names = Object.keys(api);
  t.true(names.includes('sign'));
  t.deepEqual(
    names.filter((name) => /artifact|message|seal/i.test(name)),
    [],
  );
  const inside: string = 'model-signing/dist/artifact.js';
  await t.throwsAsync(import(inside), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' });
});
