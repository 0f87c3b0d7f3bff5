// SPDX-License-Identifier: Apache-2.0
// The key method from end to end: what a signer makes its verifier takes, and nothing else; hints; when keys are read.

import { type KeyObject, createPublicKey, generateKeyPairSync as generate, sign as signSync } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';

import test from 'ava';
import * as fc from 'fast-check';
import { InputError, VerificationError } from 'model-signing';

import { signMessage } from '../../dist/methods/algorithms.js';
import { type KeySignerOptions, keyHint, keySigner, keyVerifier } from '../../dist/methods/key.js';
import type { Signature, SignedBundle, SigningInput } from '../../dist/method.js';
import { scratch } from '../models.js';

const PAIRS = [
  generate('ec', { namedCurve: 'P-256' }),
  generate('ec', { namedCurve: 'P-384' }),
  generate('ec', { namedCurve: 'P-521' }),
  generate('rsa', { modulusLength: 2048 }),
  generate('rsa-pss', { modulusLength: 2048 }),
  generate('ed25519'),
];
const [P256, P384] = [pair(0), pair(1)];
const MESSAGE = Buffer.from('DSSEv1 28 application/vnd.in-toto+json 2 {}');
const BESIDE = fileURLToPath(new URL('../../../shared/vectors', import.meta.url));
const VECTORS = process.env['MODEL_SIGNING_VECTORS'] ?? BESIDE;

test('what a signer makes, its verifier takes', async (t) => {
  for (const { publicKey, privateKey } of PAIRS) {
    const before = Date.now();
    const signature = await keySigner({ privateKey }).sign(input(MESSAGE));
    t.deepEqual(signature.material, { kind: 'publicKey', hint: keyHint(publicKey) });
    const { signer, time } = await keyVerifier({ publicKey }).verify(bundle(signature));
    t.is(signer.method, 'key');
    t.is('keyHint' in signer && signer.keyHint, keyHint(publicKey));
    t.is(time.source, 'now');
    t.true(time.time.getTime() >= before && time.time.getTime() <= Date.now());
  }
});

test('any message, any pair: only the right key and the right bytes', async (t) => {
  const index = fc.nat({ max: PAIRS.length - 1 });
  const property = fc.asyncProperty(
    index,
    fc.uint8Array(),
    fc.nat(),
    fc.nat({ max: 7 }),
    async (i, message, at, bit) => {
      const { publicKey, privateKey } = pair(i);
      const signature = await keySigner({ privateKey }).sign(input(message));
      const verifier = keyVerifier({ publicKey });
      await verifier.verify(bundle(signature, { message }));
      const flipped = Buffer.from(signature.signature);
      flipped[at % flipped.length] = (flipped[at % flipped.length] ?? 0) ^ (1 << bit);
      const changed = [{ message: Buffer.concat([message, Buffer.alloc(1)]) }, { message, signature: flipped }];
      const errors = await Promise.all(
        changed.map(async (change) => refusal(verifier.verify(bundle(signature, change)))),
      );
      return errors.every(({ code }) => code === 'SIGNATURE_INVALID');
    },
  );
  await fc.assert(property, { numRuns: 150 });
  t.pass();
});

test('the hint is compared before the signature is looked at', async (t) => {
  const signature = await keySigner({ privateKey: P256.privateKey }).sign(input(MESSAGE));
  const hint = keyHint(P256.publicKey);
  const verifier = keyVerifier({ publicKey: P256.publicKey });
  for (const other of ['', hint.toUpperCase(), `${hint} `, hint.slice(1), keyHint(P384.publicKey)]) {
    const error = await refusal(
      verifier.verify(bundle(signature, { material: { kind: 'publicKey', hint: other }, signature: Buffer.alloc(0) })),
    );
    t.is(error.code, 'HINT_MISMATCH');
    t.regex(error.message, other === '' ? /does not say which key/ : /another key/);
  }
});

test('a key in a bundle must be the given one, in whatever form, and is never believed', async (t) => {
  const signature = await keySigner({ privateKey: P256.privateKey }).sign(input(MESSAGE));
  const raw = (pem: string): SignedBundle => bundle(signature, { material: { kind: 'rawPublicKey', pem } });
  const verifier = keyVerifier({ publicKey: P256.publicKey });
  const pem = pemOf(P256.publicKey);
  for (const same of [pem, pem.replaceAll('\n', '\r\n'), pemOf(compressed(P256.publicKey)), `text\n${pem}`]) {
    t.is((await verifier.verify(raw(same))).signer.method, 'key');
  }
  const infinity = Buffer.from('3019301306072a8648ce3d020106082a8648ce3d03010703020000', 'hex').toString('base64');
  for (const other of [
    '',
    'nonsense',
    pemOf(P384.publicKey),
    pem.slice(0, 60),
    `-----BEGIN PUBLIC KEY-----\n${infinity}\n-----END PUBLIC KEY-----\n`,
    P256.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    '-----BEGIN '.repeat(90_000),
  ]) {
    t.is((await refusal(verifier.verify(raw(other)))).code, 'HINT_MISMATCH', other.slice(0, 80));
  }
  t.is((await refusal(keyVerifier({ publicKey: P384.publicKey }).verify(raw(pem)))).code, 'HINT_MISMATCH');
});

test('a bundle of another method is refused, and the right one is named', async (t) => {
  const signature = { signature: Buffer.alloc(1), material: { kind: 'certificateChain', certificates: [] } } as const;
  const error = await refusal(keyVerifier({ publicKey: P256.publicKey }).verify(bundle(signature)));
  t.is(error.code, 'MATERIAL_MISMATCH');
  t.regex(error.message, /certificate/);
  t.regex(error.hint ?? '', /certificate method/);
});

test('the old form: SHA-256 on every curve, only where the bundle is of that form', async (t) => {
  const { publicKey, privateKey } = P384;
  const old = { signature: signSync('sha256', MESSAGE, privateKey), material: hinted(publicKey) };
  const verifier = keyVerifier({ publicKey });
  const { signer } = await verifier.verify(bundle(old, { forcedHash: 'sha256' }));
  t.is('algorithm' in signer && signer.algorithm, 'ecdsa-p384-sha256');
  t.is((await refusal(verifier.verify(bundle(old)))).code, 'SIGNATURE_INVALID');
  const now = { signature: await signMessage(privateKey, MESSAGE), material: hinted(publicKey) };
  t.is((await refusal(verifier.verify(bundle(now, { forcedHash: 'sha256' })))).code, 'SIGNATURE_INVALID');
});

test('a compressed key has the hint of the uncompressed one', (t) => {
  for (const { publicKey } of PAIRS.slice(0, 3)) t.is(keyHint(compressed(publicKey)), keyHint(publicKey));
});

test('the key is read once, by prepare, and again after a failure', async (t) => {
  const file = join(scratch(t), 'key.pem');
  const signer = keySigner({ privateKey: file, password: async () => answers.shift() ?? '' });
  const answers = ['wrong', 'right'];
  t.is((await rejection(signer.prepare?.())).code, 'KEY_NOT_FOUND');
  const cipher = { cipher: 'aes-256-cbc', passphrase: 'right' };
  writeFileSync(file, P256.privateKey.export({ type: 'pkcs8', format: 'pem', ...cipher }));
  t.is((await rejection(signer.prepare?.())).code, 'KEY_PASSWORD_WRONG');
  await Promise.all([signer.prepare?.(), signer.prepare?.(), signer.sign(input(MESSAGE))]);
  t.deepEqual(answers, []);
  rmSync(file);
  await signer.prepare?.();
  t.is((await signer.sign(input(MESSAGE))).material.kind, 'publicKey');
  const verifier = keyVerifier({ publicKey: file });
  t.is((await rejection(verifier.prepare?.())).code, 'KEY_NOT_FOUND');
  writeFileSync(file, pemOf(P256.publicKey));
  await verifier.prepare?.();
});

test('halves that do not belong together are found before anything is signed', async (t) => {
  const halves = { ...P256.privateKey.export({ format: 'jwk' }), ...pair(1).publicKey.export({ format: 'jwk' }) };
  const other = generate('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
  t.is((await rejection(keySigner({ privateKey: halves }).prepare?.())).code, 'KEY_INVALID');
  const mixed = { ...P256.privateKey.export({ format: 'jwk' }), ...other };
  t.is((await rejection(keySigner({ privateKey: mixed }).prepare?.())).code, 'KEY_INVALID');
});

test('an abort stops before the key is used', async (t) => {
  const signal = AbortSignal.abort(new Error('enough'));
  const signing = keySigner({ privateKey: P256.privateKey }).sign({ ...input(MESSAGE), signal });
  await t.throwsAsync(signing, { message: 'enough' });
});

test('options of the wrong kind are refused at once', (t) => {
  const wrong = [{}, { privateKey: '' }, { privateKey: 5 }, { privateKey: P256.privateKey, password: 5 }];
  for (const options of wrong) {
    t.throws(() => keySigner(options as KeySignerOptions), { instanceOf: InputError, code: 'OPTION_INVALID' });
  }
  t.throws(() => keyVerifier({ publicKey: '' }), { instanceOf: InputError, code: 'OPTION_INVALID' });
  t.throws(() => keyVerifier({ publicKey: pemOf(P256.publicKey) }), { message: /text of a key/ });
  t.throws(() => keyVerifier({ publicKey: new URL('https://example.com/') }), { message: /wrong value/ });
});

test('signers and verifiers show no key', (t) => {
  const signer = keySigner({ privateKey: P256.privateKey.export({ format: 'jwk' }), password: 'planted password' });
  t.false(inspect(signer, { depth: null, showHidden: true }).includes('planted'));
  t.notRegex(JSON.stringify(signer), /planted|"d"/);
});

if (existsSync(VECTORS)) {
  for (const [bundleFile, keyFile] of [
    ['python/v1.1.1-p256.sig', 'python/p256.pub'],
    ['python/v1.1.1-p384.sig', 'python/p384.pub'],
    ['go/key-p256.sig', 'go/keys/p256.pub'],
    ['go/key-p384.sig', 'go/keys/p384.pub'],
    ['go/key-p521.sig', 'go/keys/p521.pub'],
  ] as const) {
    test(`made by another implementation: ${bundleFile}`, async (t) => {
      const { verificationMaterial, dsseEnvelope } = JSON.parse(readFileSync(join(VECTORS, bundleFile), 'utf8'));
      const payload = Buffer.from(dsseEnvelope.payload, 'base64');
      const head = Buffer.from(`DSSEv1 28 application/vnd.in-toto+json ${payload.length} `);
      const signature = Buffer.from(dsseEnvelope.signatures[0].sig, 'base64');
      const { hint } = verificationMaterial.publicKey;
      const signed = bundle(
        { signature, material: { kind: 'publicKey', hint } },
        { message: Buffer.concat([head, payload]) },
      );
      const { signer } = await keyVerifier({ publicKey: join(VECTORS, keyFile) }).verify(signed);
      t.is('keyHint' in signer && signer.keyHint, hint);
    });
  }
} else {
  console.warn(
    `SKIPPED: no bundles of other implementations at ${VECTORS}; MODEL_SIGNING_VECTORS can name their folder`,
  );
  test.skip('made by other implementations', (t) => t.pass());
}

function pair(index: number): { publicKey: KeyObject; privateKey: KeyObject } {
  const found = PAIRS[index];
  if (found === undefined) throw new RangeError(`no pair ${index}`);
  return found;
}

function input(message: Uint8Array): SigningInput {
  return { message, payload: Buffer.from('{}'), signal: undefined };
}

function hinted(publicKey: KeyObject): Signature['material'] {
  return { kind: 'publicKey', hint: keyHint(publicKey) };
}

function bundle({ signature, material }: Signature, changes: Partial<SignedBundle> = {}): SignedBundle {
  const mediaType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
  const rest = { forcedHash: undefined, payload: Buffer.from('{}'), timestamps: [] };
  return { mediaType, message: MESSAGE, signature, material, ...rest, ...changes };
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

/** The same key, its point written with one coordinate and the sign of the other. */
function compressed(publicKey: KeyObject): KeyObject {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const coordinate = Buffer.from(x, 'base64url');
  const sign = 2 + ((Buffer.from(y, 'base64url').at(-1) ?? 0) & 1);
  const start = spki.indexOf('06072a8648ce3d0201', 0, 'hex') - 2;
  const oids = spki.subarray(start, start + 2 + (spki[start + 1] ?? 0));
  const bits = Buffer.from([3, coordinate.length + 2, 0, sign, ...coordinate]);
  const der = Buffer.concat([Buffer.from([0x30, oids.length + bits.length]), oids, bits]);
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}

async function refusal(attempt: Promise<unknown>): Promise<VerificationError> {
  const error = await thrown(attempt);
  if (error instanceof VerificationError) return error;
  throw new Error(`not refused as it should be: ${inspect(error)}`);
}

async function rejection(attempt: Promise<unknown> | undefined): Promise<InputError> {
  const error = await thrown(attempt);
  if (error instanceof InputError) return error;
  throw new Error(`not refused as it should be: ${inspect(error)}`);
}

async function thrown(attempt: Promise<unknown> | undefined): Promise<unknown> {
  try {
    await attempt;
    return undefined;
  } catch (error) {
    return error;
  }
}
