// SPDX-License-Identifier: Apache-2.0
// Bundles: those of other implementations verify, and no change to one goes unnoticed: each is refused with its code.

import { type KeyObject, createSign } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import test from 'ava';
import { type ErrorCode, keyVerifier, sign, verify, verifyBundle } from 'model-signing';

import { pair } from './keys.js';
import { buildModel, pattern } from './models.js';
import { canonical } from './oracle.js';

const BESIDE = fileURLToPath(new URL('../../shared/vectors', import.meta.url));
const VECTORS = process.env['MODEL_SIGNING_VECTORS'] ?? BESIDE;

if (existsSync(VECTORS)) {
  const python = join(VECTORS, 'python');
  for (const file of bundles('python')) {
    const curve = /p\d+/.exec(file)?.[0];
    const isLegacy = file.startsWith('v0.2.0');
    vector(join(python, file), join(python, 'model'), join(python, `${curve}.pub`), { isLegacy });
  }
  const go = join(VECTORS, 'go');
  for (const file of bundles('go').filter((name) => name.startsWith('key-p'))) {
    vector(join(go, file), join(go, 'model'), join(go, 'keys', file.replace('key-', '').replace('.sig', '.pub')));
  }
  vector(join(go, 'key-single-file.sig'), join(go, 'single.bin'), join(go, 'keys', 'p256.pub'));
  for (const name of readdirSync(join(VECTORS, 'historical')).filter((each) => each.endsWith('elliptic-key'))) {
    const folder = join(VECTORS, 'historical', name);
    const { model, verify: how } = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as {
      model: string;
      verify: { public_key: string; ignore_paths?: string[] };
    };
    const ignorePaths = how.ignore_paths ?? [];
    vector(join(folder, 'bundle.sig'), join(folder, model), join(VECTORS, how.public_key), { ignorePaths });
  }
  test('no bundle of a key was overlooked', (t) => {
    t.is(bundles('python').length, 10);
    t.is(bundles('go').filter((name) => name.startsWith('key-')).length, 4);
  });
} else {
  console.warn(`SKIPPED 17 tests: no bundles of other implementations at ${VECTORS}`);
  test.skip('bundles of other implementations verify', () => {});
}

function bundles(folder: string): string[] {
  return readdirSync(join(VECTORS, folder)).filter((name) => name.endsWith('.sig'));
}

function vector(
  bundle: string,
  model: string,
  publicKey: string,
  { isLegacy = false, ignorePaths = [] }: { isLegacy?: boolean; ignorePaths?: readonly string[] } = {},
): void {
  test(`verifies: ${bundle.slice(VECTORS.length + 1)}`, async (t) => {
    const options = { verifier: keyVerifier({ publicKey }), ignorePaths };
    if (isLegacy) await t.throwsAsync(verify(model, bundle, options), { code: 'LEGACY_FORBIDDEN' });
    const { signer, manifest } = await verify(model, bundle, { ...options, allowLegacy: isLegacy });
    t.is(signer.method, 'key');
    t.true(manifest.resourceCount > 0);
    const stranger = { ...options, allowLegacy: isLegacy, verifier: pair().verifier };
    await t.throwsAsync(verify(model, bundle, stranger), { code: 'HINT_MISMATCH' });
  });
}

const FILES = { 'a.bin': pattern(20, 1), b: pattern(10, 2) };
const KEY = pair();
const { verifier } = KEY;

interface Envelope {
  payload: string;
  payloadType: string;
  signatures: { sig: string; keyid?: string | null }[];
}

interface Bundle {
  mediaType: string;
  verificationMaterial: Record<string, unknown>;
  dsseEnvelope: Envelope;
}

type Change = (bundle: Bundle) => unknown;

const WITHOUT_SIGNATURE: readonly (readonly [what: string, code: ErrorCode, change: Change])[] = [
  ['media type', 'BUNDLE_MEDIA_TYPE_UNKNOWN', (it) => (it.mediaType += 'x')],
  ['unknown member', 'BUNDLE_MEMBER_INVALID', (it) => Object.assign(it, { more: 1 })],
  ['no envelope', 'BUNDLE_MEMBER_INVALID', (it) => Reflect.deleteProperty(it, 'dsseEnvelope')],
  ['no material', 'BUNDLE_MEMBER_INVALID', (it) => Reflect.deleteProperty(it, 'verificationMaterial')],
  ['unknown member of the envelope', 'BUNDLE_MEMBER_INVALID', (it) => Object.assign(it.dsseEnvelope, { more: 1 })],
  ['payload type', 'BUNDLE_PAYLOAD_TYPE_UNKNOWN', (it) => (it.dsseEnvelope.payloadType = 'text/plain')],
  ['payload is no base64', 'BUNDLE_BASE64_INVALID', (it) => (it.dsseEnvelope.payload += '!')],
  ['signature is no base64', 'BUNDLE_BASE64_INVALID', (it) => (onlySignature(it).sig += '!')],
  ['no signature', 'BUNDLE_SIGNATURES_INVALID', (it) => (it.dsseEnvelope.signatures = [])],
  ['two signatures', 'BUNDLE_SIGNATURES_INVALID', (it) => it.dsseEnvelope.signatures.push(onlySignature(it))],
  ['another payload', 'SIGNATURE_INVALID', (it) => (it.dsseEnvelope.payload = renamed(it.dsseEnvelope.payload))],
  ['another signature', 'SIGNATURE_INVALID', (it) => (onlySignature(it).sig = base64('nothing'))],
  ['another hint', 'HINT_MISMATCH', (it) => (it.verificationMaterial['publicKey'] = { hint: 'x' })],
  [
    'material of nobody',
    'BUNDLE_MATERIAL_INVALID',
    (it) => Reflect.deleteProperty(it.verificationMaterial, 'publicKey'),
  ],
  [
    'material of another method',
    'MATERIAL_MISMATCH',
    (it) => {
      it.verificationMaterial = {
        x509CertificateChain: { certificates: [{ rawBytes: base64('x') }] },
        tlogEntries: [],
      };
    },
  ],
];

for (const [what, code, change] of WITHOUT_SIGNATURE) {
  test(`a changed bundle is refused: ${what}`, async (t) => {
    const model = buildModel(t, FILES);
    const bundle = JSON.parse((await sign(model, { signer: KEY.signer })).bundle) as Bundle;
    change(bundle);
    await t.throwsAsync(verify(model, Buffer.from(JSON.stringify(bundle)), { verifier }), { code });
  });
}

interface Statement {
  predicateType: string;
  subject: { name: string; digest: { sha256: string } }[];
  predicate: {
    resources: { name: string; algorithm: string; digest: string }[];
    serialization: Record<string, unknown>;
  };
}

const SIGNED: readonly (readonly [what: string, code: ErrorCode, change: (statement: Statement) => unknown])[] = [
  ['type', 'STATEMENT_TYPE_UNKNOWN', (it) => Object.assign(it, { _type: 'x' })],
  ['predicate type', 'PREDICATE_TYPE_UNKNOWN', (it) => (it.predicateType += 'x')],
  ['no subject', 'SUBJECT_INVALID', (it) => (it.subject = [])],
  ['two subjects', 'SUBJECT_INVALID', (it) => it.subject.push(...it.subject)],
  ['root digest', 'ROOT_DIGEST_MISMATCH', (it) => it.subject.forEach(({ digest }) => (digest.sha256 = 'a'.repeat(64)))],
  ['no resources', 'RESOURCES_EMPTY', (it) => (it.predicate.resources = [])],
  ['resource twice', 'RESOURCE_DUPLICATE', (it) => it.predicate.resources.push(firstOf(it))],
  ['a name that climbs', 'RESOURCE_NAME_INVALID', (it) => (firstOf(it).name = '../a.bin')],
  ['an absolute name', 'RESOURCE_NAME_INVALID', (it) => (firstOf(it).name = '/a.bin')],
  ['an empty component', 'RESOURCE_NAME_INVALID', (it) => (firstOf(it).name = 'a//bin')],
  ['a digest that is too short', 'DIGEST_INVALID', (it) => (firstOf(it).digest = 'aa')],
  ['another hash', 'HASH_ALGORITHM_DIFFERS', (it) => (firstOf(it).algorithm = 'blake3')],
  ['an unknown hash', 'HASH_ALGORITHM_UNKNOWN', (it) => (it.predicate.serialization['hash_type'] = 'md5')],
  ['an unknown method', 'SERIALIZATION_UNKNOWN', (it) => (it.predicate.serialization['method'] = 'tar')],
  [
    'a shard size that is none',
    'SHARD_SIZE_UNREADABLE',
    (it) => Object.assign(it.predicate.serialization, { method: 'shards', shard_size: 0.5 }),
  ],
];

for (const [what, code, change] of SIGNED) {
  test(`a statement is refused although it is signed: ${what}`, async (t) => {
    const bundle = JSON.parse((await sign(buildModel(t, FILES), { signer: KEY.signer })).bundle) as Bundle;
    const statement = JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString()) as Statement;
    change(statement);
    const signed = Buffer.from(signedAnew(bundle, canonical(statement), KEY.privateKey));
    await t.throwsAsync(verifyBundle(signed, { verifier }), { code });
  });
}

test('a statement that is signed anew without a change verifies', async (t) => {
  const model = buildModel(t, FILES);
  const bundle = JSON.parse((await sign(model, { signer: KEY.signer })).bundle) as Bundle;
  const payload = Buffer.from(bundle.dsseEnvelope.payload, 'base64');
  await t.notThrowsAsync(verify(model, Buffer.from(signedAnew(bundle, payload, KEY.privateKey)), { verifier }));
});

test('what is unknown in a statement means nothing, and is told whoever listens closely', async (t) => {
  const model = buildModel(t, FILES);
  const bundle = JSON.parse((await sign(model, { signer: KEY.signer })).bundle) as Bundle;
  const text = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString();
  const payload = Buffer.from(text.replace('{', '{"new\\nmember":1,'));
  const told: string[] = [];
  const logger = { debug: (message: string) => told.push(message), info: t.fail, warn: t.fail };
  await verify(model, Buffer.from(signedAnew(bundle, payload, KEY.privateKey)), { verifier, logger });
  t.is(told.length, 1);
  t.regex(told[0] ?? '', /^the statement's member '.*new\\nmember' is unknown$/);
});

test('duplicate members and trailing bytes are no JSON', async (t) => {
  const { bundle } = await sign(buildModel(t, FILES), { signer: KEY.signer });
  const twice = bundle.replace('{"mediaType"', '{"mediaType":"x","mediaType"');
  for (const text of ['', '{', `${bundle}x`, `${bundle}{}`, twice, `\uFEFF${bundle}`]) {
    await t.throwsAsync(verifyBundle(Buffer.from(text), { verifier }), { code: 'JSON_INVALID' });
  }
});

test('what a bundle may look like beside ours', async (t) => {
  const model = buildModel(t, FILES);
  const text = (await sign(model, { signer: KEY.signer })).bundle;
  const indented = JSON.stringify(JSON.parse(text), undefined, 2);
  const keyid = (value: string): string => text.replace('"keyid":""', value);
  const others = [indented, indented.replaceAll('\n', '\r\n'), ` ${text}\n`, text.replace('"hint"', '"h\\u0069nt"')];
  for (const other of [...others, keyid('"keyid":null'), keyid('"keyid":"me"'), text.replace(',"keyid":""', '')]) {
    await t.notThrowsAsync(verify(model, Buffer.from(other), { verifier }));
  }
});

test('no bit of a bundle can be flipped', async (t) => {
  const { bundle } = await sign(buildModel(t, { a: '1' }), { signer: KEY.signer });
  const bytes = Buffer.from(bundle);
  const passed: string[] = [];
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const at = bit >> 3;
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
    const outcome = await verifyBundle(bytes, { verifier }).then(
      () => 'passed',
      (error: unknown) => (error instanceof Error && 'code' in error ? error.code : 'no code'),
    );
    if (outcome === 'passed') passed.push(bytes.toString('latin1', at - 12, at + 12));
    else if (outcome === 'no code' || outcome === 'INTERNAL') t.fail(`bit ${bit}: ${outcome}`);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
  }
  t.deepEqual(passed, []);
});

function onlySignature({ dsseEnvelope }: Bundle): { sig: string } {
  return dsseEnvelope.signatures[0] ?? { sig: '' };
}

function firstOf({ predicate }: Statement): Statement['predicate']['resources'][number] {
  return predicate.resources[0] ?? { name: '', algorithm: '', digest: '' };
}

function renamed(payload: string): string {
  return base64(Buffer.from(payload, 'base64').toString().replace('"model"', '"other"'));
}

function base64(text: string | Buffer): string {
  return Buffer.from(text).toString('base64');
}

function signedAnew(bundle: Bundle, payload: Buffer, key: KeyObject): string {
  const message = Buffer.concat([Buffer.from(`DSSEv1 28 application/vnd.in-toto+json ${payload.length} `), payload]);
  const sig = createSign('sha256').update(message).sign(key, 'base64');
  const dsseEnvelope = { ...bundle.dsseEnvelope, payload: base64(payload), signatures: [{ sig, keyid: '' }] };
  return JSON.stringify({ ...bundle, dsseEnvelope });
}
