// SPDX-License-Identifier: Apache-2.0
// Every part of a bundle, its envelope and its statement changed, signed anew where the rule lies behind the signature:
// each change has its own code, and is refused before a byte of the model is hashed.

import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';
import { type ErrorCode, ModelSigningError, keyVerifier, verify, verifyBundle } from 'model-signing';

import { type Bundle, type Statement, signedAnew, signedModel, statementIn } from './forge.js';
import { pair } from './keys.js';
import { pattern, write } from './models.js';
import { canonical } from './oracle.js';

const FILES = { 'a.bin': pattern(20, 1), b: pattern(10, 2) };
const KEY = pair();
const { signer, verifier } = KEY;

/** So many bytes take an hour to hash: whoever begins to does not end in time. */
const UNHASHABLE = { zeros: 2 ** 40 };
const SOON = 20_000;

async function refused(t: ExecutionContext, model: string, bundle: Uint8Array, code: ErrorCode): Promise<void> {
  write(join(model, 'b'), UNHASHABLE);
  const signal = AbortSignal.timeout(SOON);
  const options = { verifier, allowLegacy: true, signal };
  const error = await t.throwsAsync(verify(model, bundle, options), { instanceOf: ModelSigningError, code });
  t.notRegex(error.message, /\p{Cc}|\p{Cf}/u);
  t.true(Buffer.byteLength(error.message) < 4096 && error.hint !== undefined);
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const CERTIFICATE = { rawBytes: base64('x') };

const ENVELOPE: readonly (readonly [what: string, code: ErrorCode, change: (bundle: Bundle) => unknown])[] = [
  ['media type', 'BUNDLE_MEDIA_TYPE_UNKNOWN', (it) => (it.mediaType += 'x')],
  ['media type of 0.1', 'BUNDLE_MEDIA_TYPE_UNKNOWN', (it) => (it.mediaType = mediaType('0.1'))],
  ['media type of 0.2', 'BUNDLE_MEDIA_TYPE_UNKNOWN', (it) => (it.mediaType = mediaType('0.2'))],
  ['no media type', 'BUNDLE_MEMBER_INVALID', (it) => Reflect.deleteProperty(it, 'mediaType')],
  ['unknown member', 'BUNDLE_MEMBER_INVALID', (it) => Object.assign(it, { more: 1 })],
  ['no envelope', 'BUNDLE_MEMBER_INVALID', (it) => Reflect.deleteProperty(it, 'dsseEnvelope')],
  ['an envelope of another kind', 'BUNDLE_MEMBER_INVALID', (it) => Object.assign(it, { messageSignature: {} })],
  ['no material', 'BUNDLE_MEMBER_INVALID', (it) => Reflect.deleteProperty(it, 'verificationMaterial')],
  ['unknown member of the envelope', 'BUNDLE_MEMBER_INVALID', (it) => Object.assign(it.dsseEnvelope, { more: 1 })],
  ['unknown member of the signature', 'BUNDLE_MEMBER_INVALID', (it) => Object.assign(onlySignature(it), { more: 1 })],
  ['payload type', 'BUNDLE_PAYLOAD_TYPE_UNKNOWN', (it) => (it.dsseEnvelope.payloadType = 'text/plain')],
  ['no payload type', 'BUNDLE_MEMBER_INVALID', (it) => Reflect.deleteProperty(it.dsseEnvelope, 'payloadType')],
  ['payload is no base64', 'BUNDLE_BASE64_INVALID', (it) => (it.dsseEnvelope.payload += '!')],
  ['payload without padding', 'BUNDLE_BASE64_INVALID', (it) => (it.dsseEnvelope.payload += 'A')],
  ['signature is no base64', 'BUNDLE_BASE64_INVALID', (it) => (onlySignature(it).sig += '!')],
  ['signature with line ends', 'BUNDLE_BASE64_INVALID', (it) => (onlySignature(it).sig += '\n')],
  ['no signature', 'BUNDLE_SIGNATURES_INVALID', (it) => (it.dsseEnvelope.signatures = [])],
  ['two signatures', 'BUNDLE_SIGNATURES_INVALID', (it) => it.dsseEnvelope.signatures.push(onlySignature(it))],
  ['an empty signature', 'SIGNATURE_INVALID', (it) => (onlySignature(it).sig = '')],
  ['another payload', 'SIGNATURE_INVALID', (it) => (it.dsseEnvelope.payload = renamed(it.dsseEnvelope.payload))],
  ['another signature', 'SIGNATURE_INVALID', (it) => (onlySignature(it).sig = base64('nothing'))],
  ['another hint', 'HINT_MISMATCH', (it) => (it.verificationMaterial = { publicKey: { hint: 'x' } })],
  ['an empty hint', 'HINT_MISMATCH', (it) => (it.verificationMaterial = { publicKey: { hint: '' } })],
  ['no hint', 'HINT_MISMATCH', (it) => (it.verificationMaterial = { publicKey: {} })],
  ['a hint that is no text', 'BUNDLE_MEMBER_INVALID', (it) => (it.verificationMaterial = { publicKey: { hint: 1 } })],
  ['material of nobody', 'BUNDLE_MATERIAL_INVALID', (it) => (it.verificationMaterial = {})],
  [
    'material of two methods',
    'BUNDLE_MATERIAL_INVALID',
    (it) => (it.verificationMaterial = { ...it.verificationMaterial, certificate: CERTIFICATE }),
  ],
  ['material of Sigstore', 'MATERIAL_MISMATCH', (it) => (it.verificationMaterial = { certificate: CERTIFICATE })],
  [
    'material of certificates',
    'MATERIAL_MISMATCH',
    (it) => (it.verificationMaterial = { x509CertificateChain: { certificates: [CERTIFICATE] }, tlogEntries: [] }),
  ],
];

for (const [what, code, change] of ENVELOPE) {
  test(`a changed bundle is refused: ${what}`, async (t) => {
    const { model, bundle } = await signedModel(t, FILES, { signer });
    change(bundle);
    await refused(t, model, Buffer.from(JSON.stringify(bundle)), code);
  });
}

const STATEMENT: readonly (readonly [what: string, code: ErrorCode, change: (statement: Statement) => unknown])[] = [
  ['type', 'STATEMENT_TYPE_UNKNOWN', (it) => Object.assign(it, { _type: 'https://in-toto.io/Statement/v0.1' })],
  ['no type', 'STATEMENT_MEMBER_INVALID', (it) => Reflect.deleteProperty(it, '_type')],
  ['predicate type', 'PREDICATE_TYPE_UNKNOWN', (it) => (it.predicateType += 'x')],
  ['no predicate type', 'STATEMENT_MEMBER_INVALID', (it) => Reflect.deleteProperty(it, 'predicateType')],
  ['no predicate', 'STATEMENT_MEMBER_INVALID', (it) => Reflect.deleteProperty(it, 'predicate')],
  ['no subject', 'SUBJECT_INVALID', (it) => (it.subject = [])],
  ['two subjects', 'SUBJECT_INVALID', (it) => it.subject.push(...it.subject)],
  ['a subject without a name', 'SUBJECT_INVALID', (it) => it.subject.forEach((one) => (one.name = ''))],
  [
    'a subject of another hash',
    'SUBJECT_INVALID',
    (it) => it.subject.forEach((one) => Object.assign(one.digest, SHA1)),
  ],
  ['root digest', 'ROOT_DIGEST_MISMATCH', (it) => it.subject.forEach(({ digest }) => (digest.sha256 = 'a'.repeat(64)))],
  [
    'order without the root',
    'ROOT_DIGEST_MISMATCH',
    (it) => it.predicate.resources.unshift(...it.predicate.resources.splice(1)),
  ],
  ['no resources', 'RESOURCES_EMPTY', (it) => (it.predicate.resources = [])],
  ['resource twice', 'RESOURCE_DUPLICATE', (it) => it.predicate.resources.push(firstOf(it))],
  [
    'a file inside a file',
    'RESOURCE_NAME_INVALID',
    (it) => it.predicate.resources.push({ ...firstOf(it), name: 'b/c' }),
  ],
  ...['../a.bin', '/a.bin', 'a//bin', './a', 'a/', 'a/../b', '..', '', 'a\0b', '\\a', 'C:\\a', '..\\a'].map(
    (name) => [`the name ${JSON.stringify(name)}`, 'RESOURCE_NAME_INVALID', rename(name)] as const,
  ),
  ['a digest that is too short', 'DIGEST_INVALID', (it) => (firstOf(it).digest = 'aa')],
  ['a digest in capitals', 'DIGEST_INVALID', (it) => (firstOf(it).digest = firstOf(it).digest.toUpperCase())],
  ['another hash in a resource', 'HASH_ALGORITHM_DIFFERS', (it) => (firstOf(it).algorithm = 'blake3')],
  ['another hash type', 'HASH_ALGORITHM_DIFFERS', (it) => (it.predicate.serialization['hash_type'] = 'blake3')],
  ['an unknown hash', 'HASH_ALGORITHM_UNKNOWN', (it) => (it.predicate.serialization['hash_type'] = 'md5')],
  ['a sharded label for a file', 'HASH_ALGORITHM_DIFFERS', (it) => (firstOf(it).algorithm = 'sha256-sharded-10')],
  ['an unknown method', 'SERIALIZATION_UNKNOWN', (it) => (it.predicate.serialization['method'] = 'tar')],
  ['no switch for links', 'STATEMENT_MEMBER_INVALID', drop('allow_symlinks')],
  ['no hash type', 'STATEMENT_MEMBER_INVALID', drop('hash_type')],
  ['shards without a size', 'SHARD_SIZE_UNREADABLE', (it) => (it.predicate.serialization['method'] = 'shards')],
  ['a size without shards', 'SHARD_SIZE_UNREADABLE', (it) => (it.predicate.serialization['shard_size'] = 10)],
  ['a legacy statement of this form', 'SIGNATURE_INVALID', (it) => (it.predicateType = LEGACY)],
];

for (const [what, code, change] of STATEMENT) {
  test(`a statement is refused although it is signed: ${what}`, async (t) => {
    const { model, bundle, payload } = await signedModel(t, FILES, { signer });
    const statement = statementIn(payload);
    change(statement);
    await refused(t, model, signedAnew(bundle, canonical(statement), KEY.privateKey), code);
  });
}

const SHARDS: readonly (readonly [what: string, code: ErrorCode, change: (statement: Statement) => unknown])[] = [
  ['one that is missing', 'SHARDS_INCOMPLETE', (it) => it.predicate.resources.splice(0, 1)],
  ['a gap', 'SHARDS_INCOMPLETE', rename('a.bin:1:8')],
  ['an overlap', 'SHARDS_INCOMPLETE', rename('a.bin:0:9')],
  ['nothing in it', 'SHARDS_INCOMPLETE', rename('a.bin:0:0')],
  ['backwards', 'SHARDS_INCOMPLETE', rename('a.bin:8:0')],
  ['beyond all sizes', 'RESOURCE_NAME_INVALID', rename('a.bin:0:9223372036854775808')],
  ['no range', 'RESOURCE_NAME_INVALID', rename('a.bin')],
  ['a range with a zero in front', 'RESOURCE_NAME_INVALID', rename('a.bin:00:8')],
  ['a range with a sign', 'RESOURCE_NAME_INVALID', rename('a.bin:0:+8')],
  ['twice', 'RESOURCE_DUPLICATE', (it) => it.predicate.resources.push(firstOf(it))],
  ['a label of another size', 'HASH_ALGORITHM_DIFFERS', (it) => (firstOf(it).algorithm = 'sha256-sharded-9')],
  ['another shard size', 'SHARDS_INCOMPLETE', (it) => (it.predicate.serialization['shard_size'] = 16)],
];

for (const [what, code, change] of SHARDS) {
  test(`a shard is refused although it is signed: ${what}`, async (t) => {
    const { model, bundle, payload } = await signedModel(t, FILES, { signer, shardSize: 8 });
    const statement = statementIn(payload);
    change(statement);
    await refused(t, model, signedAnew(bundle, canonical(statement), KEY.privateKey), code);
  });
}

/** What no object of JavaScript can say: changes of the text itself, in the bundle or in the signed statement. */
const TEXT: readonly (readonly [what: string, code: ErrorCode, change: (text: string) => string | Buffer])[] = [
  ['nothing', 'JSON_INVALID', () => ''],
  ['cut off', 'JSON_INVALID', (it) => it.slice(0, -1)],
  ['text behind it', 'JSON_INVALID', (it) => `${it}x`],
  ['a second document', 'JSON_INVALID', (it) => `${it}{}`],
  ['a NUL behind it', 'JSON_INVALID', (it) => `${it}\0`],
  ['a byte order mark', 'JSON_INVALID', (it) => `\uFEFF${it}`],
  ['UTF-16', 'JSON_INVALID', (it) => Buffer.from(it, 'utf16le')],
  ['not UTF-8', 'JSON_INVALID', (it) => Buffer.from(it.replace('{', '{"\xFF":1,'), 'latin1')],
  ['half a surrogate pair', 'JSON_INVALID', (it) => it.replace('{', String.raw`{"\ud800":1,`)],
  ['a member twice', 'JSON_INVALID', (it) => it.replace(/\{("\w+"):/, '{$1:"x",$1:')],
  ['a member twice, spelt otherwise', 'JSON_INVALID', (it) => it.replace(/\{"(.)(\w+)"/, duplicate)],
  ['too deep', 'JSON_INVALID', (it) => it.replace(/"hint":|"_type":/, `"keyDetails":${'['.repeat(70)},$&`)],
  ['a comment', 'JSON_INVALID', (it) => `${it}//`],
];

for (const [what, code, change] of TEXT) {
  test(`a bundle is no JSON: ${what}`, async (t) => {
    const { model, text } = await signedModel(t, FILES, { signer });
    await refused(t, model, Buffer.from(change(text)), code);
  });
  test(`a statement is no JSON although it is signed: ${what}`, async (t) => {
    const { model, bundle, payload } = await signedModel(t, FILES, { signer });
    await refused(t, model, signedAnew(bundle, Buffer.from(change(payload.toString())), KEY.privateKey), code);
  });
}

const NO_SIZES = ['0', '-0', '-1', '0.5', '10.7', '1e309', '1e-400', '9223372036854775808', '9'.repeat(400)];

test('a shard size is a whole number, and is read from its text', async (t) => {
  const { model, bundle, payload } = await signedModel(t, FILES, { signer });
  const sized = (size: string): Buffer =>
    signedAnew(
      bundle,
      Buffer.from(payload.toString().replace('"method":"files"', `"method":"shards","shard_size":${size}`)),
      KEY.privateKey,
    );
  for (const size of NO_SIZES) await refused(t, model, sized(size), 'SHARD_SIZE_UNREADABLE');
  for (const size of ['"8"', 'null', '[8]', 'true']) await refused(t, model, sized(size), 'STATEMENT_MEMBER_INVALID');
  for (const size of ['NaN', 'Infinity', '08', '+8', '0x8', '8.']) await refused(t, model, sized(size), 'JSON_INVALID');
});

test('__proto__ is a name like any other', async (t) => {
  const { text, model, bundle, payload } = await signedModel(t, FILES, { signer });
  await refused(t, model, Buffer.from(text.replace('{', '{"__proto__":{},')), 'BUNDLE_MEMBER_INVALID');
  const statement = payload.toString().replaceAll('{"', '{"__proto__":{"predicateType":1,"name":"x"},"');
  const { manifest } = await verifyBundle(signedAnew(bundle, Buffer.from(statement), KEY.privateKey), { verifier });
  t.deepEqual(
    [...manifest.resources].map(({ name }) => name),
    ['a.bin', 'b'],
  );
});

test('a statement that is signed anew without a change verifies', async (t) => {
  const { model, bundle, payload } = await signedModel(t, FILES, { signer });
  await t.notThrowsAsync(verify(model, signedAnew(bundle, payload, KEY.privateKey), { verifier }));
});

const LEGACY = 'https://model_signing/Digests/v0.1';

for (const [curve, hash] of Object.entries({ 'P-256': 'sha256', 'P-384': 'sha384', 'P-521': 'sha512' })) {
  test(`the two encodings are never taken for each other: ${curve}`, async (t) => {
    const { signer: own, publicKey, privateKey } = pair(curve);
    const { bundle, payload } = await signedModel(t, FILES, { signer: own });
    const file = {
      name: 'b',
      digest: { sha256: 'a'.repeat(64) },
      annotations: { actual_hash_algorithm: 'file-sha256' },
    };
    const old = { _type: 'https://in-toto.io/Statement/v1', subject: [file], predicateType: LEGACY, predicate: {} };
    const outcome = async (statement: Buffer, how: Parameters<typeof signedAnew>[3]): Promise<unknown> =>
      verifyBundle(signedAnew(bundle, statement, privateKey, how), {
        verifier: keyVerifier({ publicKey }),
        allowLegacy: true,
      }).then(
        () => 'accepted',
        (error: unknown) => error instanceof ModelSigningError && error.code,
      );
    t.is(await outcome(payload, { hash }), 'accepted');
    t.is(await outcome(canonical(old), { encoding: 'DSSEV1', hash: 'sha256' }), 'accepted');
    t.is(await outcome(payload, { encoding: 'DSSEV1', hash: 'sha256' }), 'SIGNATURE_INVALID');
    t.is(await outcome(payload, { encoding: 'DSSEV1', hash }), 'SIGNATURE_INVALID');
    t.is(await outcome(canonical(old), { hash: 'sha256' }), 'SIGNATURE_INVALID');
    t.is(await outcome(canonical(old), { hash }), 'SIGNATURE_INVALID');
    const both = payload.toString().replace('"predicateType":', `"predicateType":"${LEGACY}","predicateType":`);
    t.is(await outcome(Buffer.from(both), { encoding: 'DSSEV1' }), 'JSON_INVALID');
    const hidden = { ...statementIn(payload), predicate: { ...statementIn(payload).predicate, predicateType: LEGACY } };
    t.is(await outcome(canonical(hidden), { encoding: 'DSSEV1' }), 'SIGNATURE_INVALID');
  });
}

const SHA1 = { sha1: 'a'.repeat(40), sha256: undefined };

function mediaType(version: string): string {
  return `application/vnd.dev.sigstore.bundle+json;version=${version}`;
}

function onlySignature({ dsseEnvelope }: Bundle): { sig: string } {
  return dsseEnvelope.signatures[0] ?? { sig: '' };
}

function firstOf({ predicate }: Statement): Statement['predicate']['resources'][number] {
  return predicate.resources[0] ?? { name: '', algorithm: '', digest: '' };
}

function rename(name: string): (statement: Statement) => unknown {
  return (statement) => (firstOf(statement).name = name);
}

function drop(member: string): (statement: Statement) => unknown {
  return ({ predicate }) => Reflect.deleteProperty(predicate.serialization, member);
}

function renamed(payload: string): string {
  return base64(Buffer.from(payload, 'base64').toString().replace('"model"', '"other"'));
}

/** The same name again, its first letter as an escape. */
function duplicate(_: string, first: string, rest: string): string {
  const escaped = `\\u${first.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `{"${escaped}${rest}":"x","${first}${rest}"`;
}
