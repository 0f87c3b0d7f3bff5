// SPDX-License-Identifier: Apache-2.0
// Keys as people have them: every kind in every form, made by OpenSSL where it is there, and every wrong one by name.

import { execFileSync, spawnSync } from 'node:child_process';
import { type KeyObject, createPublicKey, createSecretKey, generateKeyPairSync as generate } from 'node:crypto';
import { chmodSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';

import test, { type ExecutionContext } from 'ava';
import * as fc from 'fast-check';
import { InputError } from 'model-signing';

import type { ErrorCode } from '../../dist/errors.js';
import { keyHint } from '../../dist/methods/key.js';
import {
  type ResolvedKeySource,
  loadPrivateKey,
  loadPublicKey,
  resolveKeySource,
} from '../../dist/methods/key-material.js';
import type { Password } from '../../dist/methods/password.js';
import { scratch } from '../models.js';

const SECRET = 'correct horse battery staple';
const PAIRS = {
  'P-256': generate('ec', { namedCurve: 'P-256' }),
  'P-384': generate('ec', { namedCurve: 'P-384' }),
  'P-521': generate('ec', { namedCurve: 'P-521' }),
  Ed25519: generate('ed25519'),
  RSA: generate('rsa', { modulusLength: 2048 }),
  'RSA-PSS': generate('rsa-pss', { modulusLength: 2048 }),
};
const P256 = PAIRS['P-256'];
const CIPHER = { cipher: 'aes-256-cbc', passphrase: SECRET };
const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const HAS_OPENSSL = spawnSync('openssl', ['version']).status === 0;
if (!HAS_OPENSSL) console.warn('SKIPPED: no openssl command, so no keys made by it');
const withOpenssl = HAS_OPENSSL ? test : test.skip;

for (const [name, pair] of Object.entries(PAIRS)) {
  test(`${name}: private forms`, async (t) => {
    for (const [form, bytes] of Object.entries(privateForms(pair.privateKey))) {
      const { key } = await loadPrivateKey(bytes, async () => SECRET);
      t.is(keyHint(createPublicKey(key)), keyHint(pair.publicKey), form);
      t.is((await refusal(loadPublicKey(bytes))).code, 'KEY_IS_PRIVATE', form);
    }
    t.is((await loadPrivateKey(pair.privateKey, undefined)).key, pair.privateKey);
  });

  test(`${name}: public forms`, async (t) => {
    for (const [form, bytes] of Object.entries(publicForms(pair.publicKey))) {
      t.is(keyHint((await loadPublicKey(bytes)).key), keyHint(pair.publicKey), form);
      t.is((await refusal(loadPrivateKey(bytes, undefined))).code, 'KEY_IS_PUBLIC', form);
    }
    t.is((await loadPublicKey(pair.publicKey)).key, pair.publicKey);
  });
}

withOpenssl('files that OpenSSL writes', async (t) => {
  const folder = scratch(t);
  const hint = keyHint(P256.publicKey);
  const plain = join(folder, 'plain.pem');
  writeFileSync(plain, pem(P256.privateKey));
  const made = {
    sec1: ['ec'],
    'sec1 with compressed point': ['ec', '-conv_form', 'compressed'],
    'sec1 with text': ['ec', '-text'],
    'sec1 DER': ['ec', '-outform', 'DER'],
    'sec1 AES-256': ['ec', '-aes256', '-passout', `pass:${SECRET}`],
    'sec1 AES-128': ['ec', '-aes128', '-passout', `pass:${SECRET}`],
    'sec1 3DES': ['ec', '-des3', '-passout', `pass:${SECRET}`],
    pkcs8: ['pkcs8', '-topk8', '-nocrypt'],
    'pkcs8 DER': ['pkcs8', '-topk8', '-nocrypt', '-outform', 'DER'],
    'pkcs8 encrypted': ['pkcs8', '-topk8', '-passout', `pass:${SECRET}`],
    'pkcs8 encrypted DER': ['pkcs8', '-topk8', '-outform', 'DER', '-passout', `pass:${SECRET}`],
    'pkcs8 3DES v1': ['pkcs8', '-topk8', '-v1', 'PBE-SHA1-3DES', '-passout', `pass:${SECRET}`],
    'pkcs8 scrypt': ['pkcs8', '-topk8', '-scrypt', '-passout', `pass:${SECRET}`],
  };
  for (const [form, [command = '', ...args]] of Object.entries(made)) {
    const file = openssl(folder, form, [command, '-in', plain, ...args]);
    t.is(keyHint(createPublicKey((await loadPrivateKey(file, SECRET)).key)), hint, form);
    const isEncrypted = args.includes('-passout');
    for (const wrong of ['', 'wrong', `${SECRET} `]) {
      const loading = loadPrivateKey(file, wrong);
      if (isEncrypted) t.is((await refusal(loading)).code, 'KEY_PASSWORD_WRONG', form);
      else t.truthy(await loading, form);
    }
    if (isEncrypted) t.is((await refusal(loadPrivateKey(file, undefined))).code, 'KEY_ENCRYPTED', form);
  }
  for (const args of [
    [],
    ['-conv_form', 'compressed'],
    ['-outform', 'DER'],
    ['-conv_form', 'compressed', '-outform', 'DER'],
  ]) {
    const file = openssl(folder, 'public', ['ec', '-in', plain, '-pubout', ...args]);
    t.is(keyHint((await loadPublicKey(file)).key), hint, args.join(' '));
  }
  const parameters = openssl(folder, 'parameters', ['ecparam', '-name', 'prime256v1', '-genkey']);
  t.regex(readFileSync(parameters, 'latin1'), /EC PARAMETERS/);
  t.truthy(await loadPrivateKey(parameters, undefined));
});

withOpenssl('what OpenSSL writes and we refuse', async (t) => {
  const folder = scratch(t);
  const plain = join(folder, 'plain.pem');
  writeFileSync(plain, pem(P256.privateKey));
  const explicit = openssl(folder, 'explicit', ['ec', '-in', plain, '-param_enc', 'explicit']);
  await refused(t, loadPrivateKey(explicit, undefined), 'KEY_UNSUPPORTED', /spelt out/);
  const certificate = openssl(folder, 'c.pem', ['req', '-x509', '-new', '-key', plain, '-subj', '/CN=a']);
  await refused(t, loadPublicKey(certificate), 'KEY_IS_CERTIFICATE', /certificate/);
  const binary = openssl(folder, 'c.der', ['x509', '-in', certificate, '-outform', 'DER']);
  await refused(t, loadPublicKey(binary), 'KEY_IS_CERTIFICATE', /certificate/);
  const pass = ['-passout', `pass:${SECRET}`];
  const store = openssl(folder, 'store', ['pkcs12', '-export', '-inkey', plain, '-in', certificate, ...pass]);
  await refused(t, loadPrivateKey(store, SECRET), 'KEY_UNSUPPORTED', /PKCS #12/);
  const single = join(folder, 'des');
  const args = [
    'pkcs8',
    '-topk8',
    '-in',
    plain,
    '-v1',
    'PBE-MD5-DES',
    '-provider',
    'default',
    '-provider',
    'legacy',
    ...pass,
  ];
  if (spawnSync('openssl', [...args, '-out', single]).status === 0) {
    await refused(t, loadPrivateKey(single, SECRET), 'KEY_UNSUPPORTED', /cipher/);
  }
});

test('text around a block, line ends, and other blocks do not matter', async (t) => {
  const key = pem(P256.privateKey);
  const hint = keyHint(P256.publicKey);
  const other = pem(PAIRS['P-384'].privateKey);
  const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';
  const open = `-----BEGIN \n-----BEGIN PRIVATE KEY-----\nnever ended\n`;
  for (const text of [
    `Bag Attributes\n  friendlyName: ä\n${key}`,
    `${key}and more`,
    key.replaceAll('\n', '\r\n'),
    key.trimEnd(),
    parameters + key,
    key + other,
    CERTIFICATE + key,
    pem(PAIRS.RSA.publicKey) + key,
    open + key,
    `\uFEFF${key}`,
  ]) {
    t.is(keyHint(createPublicKey((await loadPrivateKey(Buffer.from(text), undefined)).key)), hint, text);
  }
  const both = Buffer.from(key + CERTIFICATE + pem(PAIRS['P-521'].publicKey));
  t.is(keyHint((await loadPublicKey(both)).key), keyHint(PAIRS['P-521'].publicKey));
});

test('what is no key', async (t) => {
  const jwk = P256.privateKey.export({ format: 'jwk' });
  const wrong: [ResolvedKeySource, ErrorCode, RegExp][] = [
    [Buffer.alloc(0), 'KEY_EMPTY', /empty/],
    [Buffer.alloc(1024 * 1024 + 1), 'KEY_TOO_LARGE', /1 MiB/],
    [Buffer.from('ssh-ed25519 AAAAC3Nza'), 'KEY_FORMAT_UNKNOWN', /no key/],
    [Buffer.from(pem(P256.privateKey).replace('-----END', '')), 'KEY_FORMAT_UNKNOWN', /no key/],
    [Buffer.from('{"kty": "EC", '), 'KEY_FORMAT_UNKNOWN', /no key/],
    [json({ keys: [jwk] }), 'KEY_FORMAT_UNKNOWN', /no key/],
    [Buffer.from(JSON.stringify(jwk).replace('{', '{"x":"",')), 'KEY_FORMAT_UNKNOWN', /no key/],
    [Buffer.concat([der(P256.privateKey), Buffer.alloc(1)]), 'KEY_FORMAT_UNKNOWN', /no key/],
    [Buffer.from(CERTIFICATE), 'KEY_IS_CERTIFICATE', /certificate/],
    [block('OPENSSH PRIVATE KEY'), 'KEY_UNSUPPORTED', /OpenSSH/],
    [block('ENCRYPTED COSIGN PRIVATE KEY'), 'KEY_UNSUPPORTED', /cosign/],
    [block('PGP PRIVATE KEY BLOCK'), 'KEY_UNSUPPORTED', /PGP/],
    [block('EC PARAMETERS'), 'KEY_FORMAT_UNKNOWN', /no key/],
    [block('PRIVATE KEY'), 'KEY_INVALID', /damaged/],
    [json({ ...jwk, d: 5 }), 'KEY_INVALID', /damaged/],
    [json({ ...jwk, x: 'AAAA' }), 'KEY_INVALID', /damaged/],
    [json({ ...jwk, crv: 'secp256k1' }), 'KEY_UNSUPPORTED', /secp256k1/],
    [json({ ...jwk, crv: SECRET }), 'KEY_UNSUPPORTED', /unknown kind/],
    [json({ ...jwk, alg: 'ES384' }), 'KEY_UNSUPPORTED', /ES256/],
    [json({ ...jwk, use: 'enc' }), 'KEY_UNSUPPORTED', /not for signatures/],
    [{ kty: 'oct', k: SECRET }, 'KEY_UNSUPPORTED', /unknown kind/],
    [{}, 'KEY_FORMAT_UNKNOWN', /no key/],
    [createSecretKey(Buffer.from(SECRET)), 'KEY_UNSUPPORTED', /symmetric/],
    [generate('ec', { namedCurve: 'secp256k1' }).privateKey, 'KEY_UNSUPPORTED', /secp256k1/],
    [Buffer.from(pem(generate('rsa', { modulusLength: 1024 }).privateKey)), 'KEY_UNSUPPORTED', /1024 bits/],
    [Buffer.from(pem(generate('ed448').privateKey)), 'KEY_UNSUPPORTED', /ed448/],
    [P256.publicKey, 'KEY_IS_PUBLIC', /public/],
  ];
  for (const [source, code, words] of wrong) await refused(t, loadPrivateKey(source, SECRET), code, words);
  await refused(t, loadPublicKey(P256.privateKey), 'KEY_IS_PRIVATE', /private/);
  await refused(t, loadPublicKey(block('PUBLIC KEY')), 'KEY_INVALID', /damaged/);
  t.truthy(await loadPrivateKey({ ...jwk, alg: 'ES256', use: 'sig', kid: 'a' }, undefined));
});

/** Points whose order divides eight, computed from the curve's equation; the spellings above 2^255-19, too. */
const SMALL_ORDER = [
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  ...['ec', 'ed', 'ee'].map((first) => `${first}${'ff'.repeat(30)}7f`),
];

test('an Ed25519 key for which anything signs is none', async (t) => {
  for (const hex of SMALL_ORDER) {
    for (const sign of [0, 0x80]) {
      const point = Buffer.from(hex, 'hex');
      point.writeUInt8(point.readUInt8(31) | sign, 31);
      const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), point]);
      for (const source of [spki, { kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') }]) {
        await refused(t, loadPublicKey(source), 'KEY_UNSUPPORTED', /protects nothing/);
      }
    }
  }
});

test('files that cannot be read', async (t) => {
  const folder = scratch(t);
  const name = 'a\n\u202Ekey';
  const file = join(folder, name);
  await refused(t, loadPrivateKey(file, undefined), 'KEY_NOT_FOUND', /a\\n\\u\{202e\}key' does not exist/, file);
  await refused(
    t,
    loadPublicKey(resolveKeySource(pathToFileURL(file), 'publicKey')),
    'KEY_NOT_FOUND',
    /does not exist/,
    file,
  );
  await refused(t, loadPrivateKey(folder, undefined), 'KEY_UNREADABLE', /folder/, folder);
  writeFileSync(file, '');
  await refused(t, loadPrivateKey(file, undefined), 'KEY_EMPTY', /empty/, file);
  await refused(t, loadPrivateKey(join(file, 'below'), undefined), 'KEY_NOT_FOUND', /does not exist/);
  writeFileSync(file, Buffer.alloc(1024 * 1024 + 1));
  await refused(t, loadPrivateKey(file, undefined), 'KEY_TOO_LARGE', /1 MiB/, file);
  writeFileSync(file, pem(P256.privateKey) + ' '.repeat(1024 * 1024 - pem(P256.privateKey).length));
  t.truthy(await loadPrivateKey(file, undefined));
  symlinkSync(name, join(folder, 'link'));
  t.truthy(await loadPrivateKey(join(folder, 'link'), undefined));
  const fifo = join(folder, 'fifo');
  if (spawnSync('mkfifo', [fifo]).status === 0) {
    await refused(t, loadPrivateKey(fifo, undefined), 'KEY_UNREADABLE', /not a regular file/, fifo);
  }
  chmodSync(file, 0);
  if (process.getuid?.() === 0) return;
  await refused(t, loadPrivateKey(file, undefined), 'KEY_UNREADABLE', /EACCES/, file);
});

test('the text of a key in the place of a path is not repeated', (t) => {
  for (const text of [pem(P256.privateKey), JSON.stringify(P256.privateKey.export({ format: 'jwk' }))]) {
    const error = t.throws(() => resolveKeySource(text, 'privateKey'), {
      instanceOf: InputError,
      code: 'OPTION_INVALID',
    });
    t.false(traces(error).includes(text.slice(40, 80)));
  }
});

test('what is no path and no key is refused at once', (t) => {
  t.is(resolveKeySource('key.pem', 'publicKey'), 'key.pem');
  for (const value of ['', 'a\0b', 5, undefined, null, new URL('https://example.com/'), new URL('file:///a%00b')]) {
    t.throws(() => resolveKeySource(value, 'publicKey'), { code: 'OPTION_INVALID', message: /option publicKey has/ });
  }
});

test('a password comes as text, bytes, or from a function that is called when it is needed', async (t) => {
  const encrypted = Buffer.from(pem(P256.privateKey, CIPHER));
  let asked = 0;
  const ask = async (): Promise<Uint8Array> => {
    asked += 1;
    return Buffer.from(SECRET);
  };
  const mine = Buffer.from(SECRET);
  for (const password of [SECRET, mine, ask]) t.truthy(await loadPrivateKey(encrypted, password));
  t.is(mine.toString(), SECRET);
  t.is(asked, 1);
  await loadPrivateKey(Buffer.from(pem(P256.privateKey)), ask);
  await t.throwsAsync(loadPrivateKey(Buffer.from('nothing'), ask));
  t.is(asked, 1);
  const handed = Buffer.from(SECRET);
  await loadPrivateKey(encrypted, async () => handed);
  t.true(handed.every((byte) => byte === 0));
  const stop = new Error('nobody answers');
  t.is(await t.throwsAsync(loadPrivateKey(encrypted, async () => Promise.reject(stop))), stop);
  await refused(t, loadPrivateKey(encrypted, 'x'.repeat(1025)), 'OPTION_INVALID', /longer than 1024 bytes/);
  await refused(t, loadPrivateKey(encrypted, (async () => 5) as unknown as Password), 'OPTION_INVALID', /neither/);
});

test('a wrong password is a wrong password, even when it decrypts to something', async (t) => {
  const encrypted = Buffer.from(pem(P256.privateKey, CIPHER));
  const codes = new Set<string>();
  for (let i = 0; i < 600; i += 1) codes.add((await refusal(loadPrivateKey(encrypted, `wrong ${i}`))).code);
  t.deepEqual([...codes], ['KEY_PASSWORD_WRONG']);
});

test('no error tells anything of a key or a password', async (t) => {
  const jwk = PAIRS.RSA.privateKey.export({ format: 'jwk' });
  const text = pem(PAIRS.RSA.privateKey);
  const secrets = [SECRET, jwk.d ?? '', jwk.p ?? '', ...text.split('\n').filter((line) => line.length > 30)];
  const attempts = [
    async () => loadPrivateKey(Buffer.from(text.replace('MII', 'MIA')), SECRET),
    async () => loadPrivateKey(Buffer.from(pem(PAIRS.RSA.privateKey, CIPHER)), `${SECRET}!`),
    async () =>
      loadPrivateKey(
        Buffer.from(pem(PAIRS.RSA.privateKey, CIPHER).slice(0, 1500) + '\n-----END ENCRYPTED PRIVATE KEY-----'),
        SECRET,
      ),
    async () => loadPrivateKey(Buffer.from(text.replace('-----END', '')), SECRET),
    async () => loadPrivateKey(Buffer.from(JSON.stringify(jwk).slice(0, -1)), SECRET),
    async () => loadPrivateKey(Buffer.from(JSON.stringify({ ...jwk, qi: 7 })), SECRET),
    async () => loadPrivateKey(Buffer.from(JSON.stringify({ ...jwk, kty: 'EC', crv: jwk.d })), SECRET),
    async () => loadPublicKey(Buffer.from(text)),
    async () => loadPublicKey(jwk),
  ];
  for (const attempt of attempts) {
    const told = traces(await refusal(attempt()));
    for (const secret of secrets) t.false(told.includes(secret), told);
  }
});

test('any bytes are a key or an error with a code', async (t) => {
  const forms = [...Object.values(privateForms(P256.privateKey)), ...Object.values(publicForms(PAIRS.RSA.publicKey))];
  const mutated = fc
    .tuple(fc.constantFrom(...forms), fc.nat(), fc.nat({ max: 255 }), fc.nat())
    .map(([form, at, byte, cut]) => {
      const bytes = Buffer.from(form.subarray(0, cut % 4 === 0 ? cut % form.length : form.length));
      if (bytes.length > 0) bytes[at % bytes.length] = byte;
      return bytes;
    });
  const property = fc.asyncProperty(fc.oneof(mutated, fc.uint8Array({ maxLength: 200 })), async (bytes) => {
    for (const load of [async () => loadPrivateKey(bytes, SECRET), async () => loadPublicKey(bytes)]) {
      const outcome = await load().catch((error: unknown) => error);
      if (outcome instanceof InputError ? !/^[ -~]{1,300}$/.test(outcome.message) : outcome instanceof Error)
        return false;
    }
    return true;
  });
  await fc.assert(property, { numRuns: 2000 });
  t.pass();
});

function privateForms(key: KeyObject): Record<string, Buffer> {
  const forms: Record<string, Buffer> = {
    PEM: Buffer.from(pem(key)),
    'encrypted PEM': Buffer.from(pem(key, CIPHER)),
    DER: der(key),
    'encrypted DER': key.export({ type: 'pkcs8', format: 'der', ...CIPHER }),
  };
  if (key.asymmetricKeyType !== 'rsa-pss')
    forms['JWK'] = Buffer.from(` ${JSON.stringify(key.export({ format: 'jwk' }))}\n`);
  const old = { ec: 'sec1', rsa: 'pkcs1' } as const;
  if (key.asymmetricKeyType !== 'ec' && key.asymmetricKeyType !== 'rsa') return forms;
  const type = old[key.asymmetricKeyType];
  forms[`${type} PEM`] = Buffer.from(key.export({ type, format: 'pem' }));
  forms[`${type} encrypted PEM`] = Buffer.from(key.export({ type, format: 'pem', ...CIPHER }));
  forms[`${type} DER`] = key.export({ type, format: 'der' });
  return forms;
}

function publicForms(key: KeyObject): Record<string, Buffer> {
  const forms: Record<string, Buffer> = { PEM: Buffer.from(pem(key)), DER: der(key) };
  if (key.asymmetricKeyType !== 'rsa-pss') forms['JWK'] = Buffer.from(JSON.stringify(key.export({ format: 'jwk' })));
  if (key.asymmetricKeyType !== 'rsa') return forms;
  forms['pkcs1 PEM'] = Buffer.from(key.export({ type: 'pkcs1', format: 'pem' }));
  forms['pkcs1 DER'] = key.export({ type: 'pkcs1', format: 'der' });
  return forms;
}

function pem(key: KeyObject, cipher = {}): string {
  return key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem', ...cipher }).toString();
}

function der(key: KeyObject): Buffer {
  return key.type === 'private'
    ? key.export({ type: 'pkcs8', format: 'der' })
    : key.export({ type: 'spki', format: 'der' });
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function block(label: string): Buffer {
  return Buffer.from(`-----BEGIN ${label}-----\nMAAA\n-----END ${label}-----\n`);
}

function openssl(folder: string, name: string, args: readonly string[]): string {
  const file = join(folder, name);
  execFileSync('openssl', [...args, '-out', file], { stdio: 'pipe' });
  return file;
}

async function refusal(attempt: Promise<unknown>): Promise<InputError> {
  const error = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof InputError) return error;
  throw new Error(`not refused as it should be: ${inspect(error)}`);
}

async function refused(
  t: ExecutionContext,
  attempt: Promise<unknown>,
  code: ErrorCode,
  words: RegExp,
  path?: string,
): Promise<void> {
  const error = await refusal(attempt);
  t.is(error.code, code, error.message);
  t.regex(error.message, words);
  t.notRegex(error.message, /\p{Cc}|\p{Cf}/u);
  if (path !== undefined) t.is(error.path, path);
  t.false(traces(error).includes(SECRET));
}

/** Everything that a logger could print of an error. */
function traces(error: unknown): string {
  return inspect(error, { depth: null, showHidden: true, maxStringLength: null });
}
