// SPDX-License-Identifier: Apache-2.0
// How a verification goes about its work: what can be refused is refused beside a model of any size, and many at once
// are the same as one after the other.

import { join } from 'node:path';

import test from 'ava';
import { type VerifiedModel, createVerifier, keyVerifier, verify } from 'model-signing';

import { signedAnew, signedModel, statementIn } from './forge.js';
import { pair } from './keys.js';
import { buildModel, pattern, write } from './models.js';
import { canonical } from './oracle.js';

const FILES = { 'a.bin': pattern(1000, 1), b: pattern(10, 2) };
const KEY = pair();
const { signer, verifier } = KEY;

/** What nobody can hash while a test waits. */
const TEBIBYTE = { zeros: 2 ** 40 };

/** Much more than the second it may take where nothing else runs, and nothing beside hours. */
const SOON = 20_000;

test('names that differ are told beside a file nobody could hash', async (t) => {
  const { model, text } = await signedModel(t, FILES, { signer });
  write(join(model, 'b'), TEBIBYTE);
  write(join(model, 'more'), 'x');
  const signal = AbortSignal.timeout(SOON);
  const error = await t.throwsAsync(verify(model, Buffer.from(text), { verifier, signal }), { code: 'MODEL_MISMATCH' });
  t.regex(error.message, /not signed: 'more'/);
});

test('the size of shards is told beside a file nobody could hash', async (t) => {
  const { model, text } = await signedModel(t, FILES, { signer, shardSize: 500 });
  write(join(model, 'b'), TEBIBYTE);
  const signal = AbortSignal.timeout(SOON);
  const error = await t.throwsAsync(verify(model, Buffer.from(text), { verifier, signal }), { code: 'MODEL_MISMATCH' });
  t.regex(error.message, /of another size: 'b'/);
});

test('a key that cannot be read and a bundle that is not there, too', async (t) => {
  const model = buildModel(t, { huge: TEBIBYTE });
  const signal = AbortSignal.timeout(SOON);
  const absent = keyVerifier({ publicKey: join(model, '../no.pub') });
  await t.throwsAsync(verify(model, join(model, '../no.sig'), { verifier: absent, signal }), { code: 'KEY_NOT_FOUND' });
  await t.throwsAsync(verify(model, join(model, '../no.sig'), { verifier, signal }), { code: 'BUNDLE_NOT_FOUND' });
});

test('parts of a bundle that are long for no reason are refused, not parsed', async (t) => {
  const { model, bundle } = await signedModel(t, FILES, { signer });
  const zeros = 'A'.repeat(40_000_000);
  const { dsseEnvelope } = bundle;
  const material = (more: object): object => ({ ...bundle, verificationMaterial: { ...more, tlogEntries: [] } });
  const cases: readonly object[] = [
    { ...bundle, dsseEnvelope: { ...dsseEnvelope, signatures: [{ sig: zeros }] } },
    material({ publicKey: { rawBytes: zeros } }),
    material({ x509CertificateChain: { certificates: [{ rawBytes: zeros }] } }),
    { ...bundle, dsseEnvelope: { ...dsseEnvelope, signatures: [{ sig: zeros.slice(0, 1_000_000) }] } },
    { ...bundle, dsseEnvelope: { ...dsseEnvelope, payload: zeros } },
  ];
  const codes: unknown[] = [];
  for (const hostile of cases) {
    const options = { verifier, signal: AbortSignal.timeout(SOON) };
    const error = await t.throwsAsync(verify(model, Buffer.from(JSON.stringify(hostile)), options));
    codes.push('code' in error && error.code);
  }
  t.deepEqual(codes, [
    'BUNDLE_MEMBER_INVALID',
    'BUNDLE_MEMBER_INVALID',
    'BUNDLE_MEMBER_INVALID',
    'SIGNATURE_INVALID',
    'JSON_INVALID',
  ]);
});

test('members that mean nothing are told to a debugger, on one line each', async (t) => {
  const { model, bundle, payload } = await signedModel(t, FILES, { signer });
  const { predicate, ...rest } = statementIn(payload);
  const more = { 'a\u001B[2J\n': 1 };
  const serialization = { ...predicate.serialization, ...more };
  const statement = canonical({ ...rest, ...more, predicate: { ...predicate, ...more, serialization } });
  const told: string[] = [];
  const logger = { debug: (message: string) => void told.push(message), info: () => {}, warn: () => {} };
  await verify(model, signedAnew(bundle, statement, KEY.privateKey), { verifier, logger });
  t.is(told.length, 3);
  for (const line of told) t.regex(line, /^the statement's member '[\w.]*a\\+u\{1b\}\[2J\\+n' is unknown$/);
});

test('sixty-four at once are the same as one after the other', async (t) => {
  const all = createVerifier({ verifier });
  const made = await Promise.all(
    Array.from({ length: 16 }, async (_, index) =>
      signedModel(t, { own: `${index}`, [`only-${index}`]: 'x', ...FILES }, { signer, ignorePaths: [`skip-${index}`] }),
    ),
  );
  for (const [index, { model }] of made.entries()) {
    if (index % 4 === 1) write(join(model, 'own'), 'changed');
    if (index % 4 === 2) write(join(model, `skip-${index}`), 'hidden');
    if (index % 4 === 3) write(join(model, `skip-${index - 1}`), 'not hidden here');
  }
  const jobs = Array.from({ length: 64 }, (_, job) => {
    const { model, text } = made[job % 16] ?? { model: '', text: '' };
    return async (): Promise<string> => all.verify(model, Buffer.from(text)).then(summary, String);
  });
  const serial: string[] = [];
  for (const job of jobs) serial.push(await job());
  t.deepEqual(await Promise.all(jobs.map(async (job) => job())), serial);
  t.is(serial.filter((line) => line.startsWith('{')).length, 32);
});

/** Everything that was found, but for the time. */
function summary({ manifest, signer: who, statementDigest, ignored, unsignedFiles, remarks }: VerifiedModel): string {
  const { modelName, rootDigest, serialization, resourceCount } = manifest;
  const names = [...manifest.resources].map(({ name }) => name);
  const found = { modelName, rootDigest, serialization, resourceCount, names };
  return JSON.stringify({ ...found, who, statementDigest, ignored, unsignedFiles, remarks });
}
