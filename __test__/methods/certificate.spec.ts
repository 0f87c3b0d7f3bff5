// SPDX-License-Identifier: Apache-2.0
// Chains made by OpenSSL: the good ones verify, and each bad one is refused with its own code.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';
import { InputError, ModelSigningError, VerificationError } from 'model-signing';

import { SigningError } from '../../dist/errors.js';
import type { Authentication, SignedBundle } from '../../dist/method.js';
import {
  type CertificateVerifierOptions,
  certificateSigner,
  certificateVerifier,
} from '../../dist/methods/certificate.js';
import { CA, LEAF, NO_OPENSSL, type Party, Pki, type Wish, bundleOf, derOf } from './pki.js';

const run = NO_OPENSSL === undefined ? test : test.skip;
if (NO_OPENSSL !== undefined) console.error(NO_OPENSSL);
const pki = new Pki();
test.after.always(() => pki.remove());

/** Root, intermediate, leaf; each can be wished otherwise. */
function chain(wish: { root?: Wish; middle?: Wish; leaf?: Wish } = {}): [leaf: Party, middle: Party, root: Party] {
  const root = pki.issue('root', { extensions: CA, ...wish.root });
  const middle = pki.issue('middle', { extensions: CA, issuer: root, ...wish.middle });
  const leaf = pki.issue('leaf', { issuer: middle, ...wish.leaf });
  return [leaf, middle, root];
}

async function verify(bundle: SignedBundle, options: CertificateVerifierOptions): Promise<Authentication> {
  return certificateVerifier(options).verify(bundle);
}

const trusting = (...parties: Party[]): CertificateVerifierOptions => ({
  certificateChain: parties.map(({ certificate }) => certificate),
});

/** The code of the refusal, checked for its shape. */
async function refusalOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (!(error instanceof ModelSigningError)) throw error;
    if (/[\p{Cc}\n]/u.test(error.message) || error.message.length > 4096)
      throw new Error('not one line', { cause: error });
    if (error.hint === undefined) throw new Error(`no hint: ${error.code}`, { cause: error });
    if (!(error instanceof VerificationError)) return `${error.name} ${error.code}`;
    return error.code;
  }
  return 'accepted';
}

run('a plain chain, and what is found in it', async (t) => {
  const san = 'subjectAltName=email:release@example.com,URI:https://ci.example/x,DNS:ci.example,IP:10.0.0.1';
  const other = 'otherName:1.3.6.1.4.1.57264.1.7;UTF8:someone';
  const [leaf, middle, root] = chain({
    leaf: { extensions: [...LEAF, `${san},${other}`], subject: '/O=Acme, Inc./CN=leaf' },
  });
  const { signer, time, remarks } = await verify(bundleOf([leaf, middle]), {
    ...trusting(root),
    logFingerprints: true,
  });
  t.deepEqual(signer, {
    method: 'certificate',
    subject: 'CN=leaf,O=Acme\\, Inc.',
    subjectAltNames: ['release@example.com', 'https://ci.example/x', 'ci.example', 'IP:10.0.0.1', 'someone'],
    fingerprint: signer.method === 'certificate' ? signer['fingerprint'] : '',
    chain: ['CN=leaf,O=Acme\\, Inc.', 'CN=middle', 'CN=root'],
  });
  t.is(time.source, 'now');
  t.is(remarks?.length, 3);
  for (const identity of ['release@example.com', 'https://ci.example/x', 'ci.example', 'someone']) {
    await t.notThrowsAsync(verify(bundleOf([leaf, middle]), { ...trusting(root), identity }));
  }
  for (const identity of ['release@example', 'elease@example.com', 'RELEASE@example.com', '10.0.0.1', 'leaf', '.*']) {
    t.is(await refusalOf(verify(bundleOf([leaf, middle]), { ...trusting(root), identity })), 'IDENTITY_MISMATCH');
  }
  const fingerprint = String(signer.method === 'certificate' ? signer['fingerprint'] : '');
  const colons = fingerprint.toUpperCase().replace(/..(?=.)/g, '$&:');
  await t.notThrowsAsync(verify(bundleOf([leaf, middle]), { ...trusting(root), fingerprint: colons }));
  const wrong = {
    ...trusting(root),
    fingerprint: fingerprint.replaceAll(/^./g, (digit) => (digit === '0' ? '1' : '0')),
  };
  t.is(await refusalOf(verify(bundleOf([leaf, middle]), wrong)), 'FINGERPRINT_MISMATCH');
});

run('every kind of key, as leaf and as issuer', async (t) => {
  for (const key of ['p256', 'p384', 'p521', 'ed25519', 'rsa2048', 'rsa3072', 'pss'] as const) {
    const digest = key === 'ed25519' ? 'null' : 'sha256';
    const [leaf, middle, root] = chain({ root: { key, digest }, middle: { key, digest }, leaf: { key, digest } });
    await t.notThrowsAsync(verify(bundleOf([leaf, middle]), trusting(root)), key);
  }
});

run('tidy and untidy bundles', async (t) => {
  const [leaf, middle, root] = chain();
  const stranger = pki.issue('stranger', { extensions: CA });
  for (const parties of [
    [leaf, middle],
    [leaf, middle, root],
    [leaf, root, middle],
    [leaf, middle, middle, leaf, root, root],
    [leaf, stranger, middle, leaf],
  ]) {
    await t.notThrowsAsync(verify(bundleOf(parties), trusting(root)));
  }
  await t.notThrowsAsync(verify(bundleOf([leaf]), trusting(root, middle)));
  await t.notThrowsAsync(verify(bundleOf([leaf]), trusting(middle, root, root, stranger)));
  await t.notThrowsAsync(verify(bundleOf([leaf]), { trustAnchors: [middle.certificate] }));
  await t.notThrowsAsync(verify(bundleOf([leaf]), { trustAnchors: [leaf.certificate] }));
});

run('an anchor is what the user says, and only that', async (t) => {
  const [leaf, middle, root] = chain();
  const [, , elsewhere] = chain();
  t.is(await refusalOf(verify(bundleOf([leaf, middle, root]), trusting(elsewhere))), 'CERTIFICATE_UNTRUSTED');
  t.is(await refusalOf(verify(bundleOf([leaf]), trusting(root))), 'CERTIFICATE_UNTRUSTED');
  t.is(await refusalOf(verify(bundleOf([leaf]), trusting(middle))), 'InputError TRUST_ANCHOR_MISSING');
  t.is(await refusalOf(verify(bundleOf([leaf]), trusting(leaf))), 'InputError TRUST_ANCHOR_MISSING');
  t.is(
    await refusalOf(verify(bundleOf([leaf]), { ...trusting(middle), trustAnchors: [elsewhere.certificate] })),
    'CERTIFICATE_UNTRUSTED',
  );
  for (const options of [{}, { timestampAuthorities: [root.certificate] }]) {
    t.is(t.throws(() => certificateVerifier(options), { instanceOf: InputError })?.code, 'TRUST_ANCHOR_MISSING');
  }
  const self = pki.issue('self');
  await t.notThrowsAsync(verify(bundleOf([self]), { trustAnchors: [self.certificate] }));
  const other = pki.issue('other', { issuer: self });
  t.is(await refusalOf(verify(bundleOf([other, self]), { trustAnchors: [self.certificate] })), 'CERTIFICATE_NOT_CA');
  const twin = pki.issue('root', { extensions: CA });
  t.is(await refusalOf(verify(bundleOf([leaf, middle, twin]), trusting(twin))), 'CERTIFICATE_UNTRUSTED');
});

const PAST = { start: '20200101000000Z', end: '20210101000000Z' };
const FUTURE = { start: '20580101000000Z', end: '20590101000000Z' };
const NO_CA = ['basicConstraints=critical,CA:FALSE', 'keyUsage=critical,keyCertSign', 'ids'];
const RULES: Readonly<Record<string, [wish: Parameters<typeof chain>[0], code: string]>> = {
  'expired leaf': [{ leaf: PAST }, 'CERTIFICATE_EXPIRED'],
  'expired intermediate': [{ middle: PAST }, 'CERTIFICATE_EXPIRED'],
  'expired root': [{ root: PAST }, 'CERTIFICATE_EXPIRED'],
  'future leaf': [{ leaf: FUTURE }, 'CERTIFICATE_NOT_YET_VALID'],
  'future intermediate': [{ middle: FUTURE }, 'CERTIFICATE_NOT_YET_VALID'],
  'no digitalSignature': [{ leaf: { extensions: ['keyUsage=keyAgreement', 'ids'] } }, 'CERTIFICATE_USAGE'],
  'no key usage': [{ leaf: { extensions: ['basicConstraints=CA:FALSE'] } }, 'CERTIFICATE_USAGE'],
  'version 1 leaf': [{ leaf: { extensions: [] } }, 'CERTIFICATE_USAGE'],
  'TLS purpose': [
    { leaf: { extensions: ['keyUsage=digitalSignature', 'extendedKeyUsage=serverAuth'] } },
    'CERTIFICATE_EXTENDED_USAGE',
  ],
  'timestamp purpose': [
    { leaf: { extensions: ['keyUsage=digitalSignature', 'extendedKeyUsage=critical,timeStamping'] } },
    'CERTIFICATE_EXTENDED_USAGE',
  ],
  'any purpose': [
    { leaf: { extensions: ['keyUsage=digitalSignature', 'extendedKeyUsage=anyExtendedKeyUsage'] } },
    'accepted',
  ],
  'no purpose': [{ leaf: { extensions: ['keyUsage=digitalSignature'] } }, 'accepted'],
  'CA leaf': [
    { leaf: { extensions: ['basicConstraints=CA:TRUE', 'keyUsage=digitalSignature,keyCertSign'] } },
    'CERTIFICATE_IS_CA',
  ],
  'CA leaf without keyCertSign': [
    { leaf: { extensions: ['basicConstraints=critical,CA:TRUE', 'keyUsage=digitalSignature'] } },
    'accepted',
  ],
  'CA leaf where a path length forbids it': [
    {
      middle: { extensions: ['basicConstraints=critical,CA:TRUE,pathlen:0', 'keyUsage=keyCertSign', 'ids'] },
      leaf: { extensions: ['basicConstraints=critical,CA:TRUE', 'keyUsage=digitalSignature'] },
    },
    'CERTIFICATE_PATH_LENGTH',
  ],
  'leaf with issuer name': [
    {
      leaf: {
        subject: '/CN=middle',
        extensions: ['basicConstraints=critical,CA:TRUE', 'keyUsage=digitalSignature', 'ids'],
      },
    },
    'accepted',
  ],
  'path length of root': [
    { root: { extensions: ['basicConstraints=critical,CA:TRUE,pathlen:0', 'keyUsage=keyCertSign', 'ids'] } },
    'CERTIFICATE_PATH_LENGTH',
  ],
  'path length kept': [
    { root: { extensions: ['basicConstraints=critical,CA:TRUE,pathlen:1', 'keyUsage=keyCertSign', 'ids'] } },
    'accepted',
  ],
  'no authority': [{ middle: { extensions: NO_CA } }, 'CERTIFICATE_NOT_CA'],
  'no basic constraints': [{ middle: { extensions: ['keyUsage=keyCertSign', 'ids'] } }, 'CERTIFICATE_NOT_CA'],
  'version 1 intermediate': [
    { middle: { extensions: [] }, leaf: { extensions: ['keyUsage=digitalSignature'] } },
    'CERTIFICATE_NOT_CA',
  ],
  'version 1 root': [
    { root: { extensions: [] }, middle: { extensions: ['basicConstraints=CA:TRUE', 'subjectKeyIdentifier=hash'] } },
    'accepted',
  ],
  'no keyCertSign': [
    { middle: { extensions: ['basicConstraints=critical,CA:TRUE', 'keyUsage=digitalSignature', 'ids'] } },
    'CERTIFICATE_USAGE',
  ],
  'critical unknown': [
    { leaf: { extensions: [...LEAF, '1.2.3.4=critical,ASN1:NULL'] } },
    'CERTIFICATE_CRITICAL_EXTENSION',
  ],
  'critical unknown above': [
    { middle: { extensions: [...CA, '1.2.3.4=critical,ASN1:NULL'] } },
    'CERTIFICATE_CRITICAL_EXTENSION',
  ],
  'critical policy constraints': [
    { middle: { extensions: [...CA, 'policyConstraints=critical,requireExplicitPolicy:0'] } },
    'CERTIFICATE_CRITICAL_EXTENSION',
  ],
  'unknown, not critical': [{ leaf: { extensions: [...LEAF, '1.2.3.4=ASN1:NULL'] } }, 'accepted'],
  'SHA-1 leaf': [{ leaf: { digest: 'sha1' } }, 'CERTIFICATE_ALGORITHM'],
  'SHA-1 intermediate': [{ middle: { digest: 'sha1' } }, 'CERTIFICATE_ALGORITHM'],
  'SHA-1 root': [{ root: { digest: 'sha1' } }, 'accepted'],
  'MD5 leaf of RSA': [{ middle: { key: 'rsa2048' }, leaf: { digest: 'md5' } }, 'CERTIFICATE_ALGORITHM'],
  'RSA-1024 leaf': [{ leaf: { key: 'rsa1024' } }, 'CERTIFICATE_ALGORITHM'],
  'RSA-1024 issuer': [{ middle: { key: 'rsa1024' } }, 'CERTIFICATE_ALGORITHM'],
  'RSA-1024 root': [{ root: { key: 'rsa1024' } }, 'CERTIFICATE_ALGORITHM'],
};

for (const [title, [wish, code]] of Object.entries(RULES)) {
  run(`rule: ${title}`, async (t) => {
    const [leaf, middle, root] = chain(wish);
    t.is(await refusalOf(verify(bundleOf([leaf, middle]), trusting(root))), code);
  });
}

const NAMES: readonly [constraint: string, san: string, code: 'ok' | 'no'][] = [
  ['permitted;DNS:example.com', 'DNS:ci.example.com', 'ok'],
  ['permitted;DNS:example.com', 'DNS:EXAMPLE.com', 'ok'],
  ['permitted;DNS:example.com', 'DNS:badexample.com', 'no'],
  ['permitted;DNS:example.com', 'email:a@elsewhere.org', 'ok'],
  ['excluded;DNS:example.com', 'DNS:a.example.com', 'no'],
  ['permitted;email:example.com', 'email:a@example.com', 'ok'],
  ['permitted;email:example.com', 'email:a@sub.example.com', 'no'],
  ['permitted;email:.example.com', 'email:a@sub.example.com', 'ok'],
  ['permitted;email:a@example.com', 'email:b@example.com', 'no'],
  ['permitted;URI:example.com', 'URI:https://example.com/x', 'ok'],
  ['permitted;URI:example.com', 'URI:https://example.com.evil.org/x', 'no'],
  ['permitted;URI:example.com', 'URI:https://example.com@evil.org/', 'no'],
  ['excluded;URI:.example.com', 'URI:https://a.example.com:8080/', 'no'],
  ['excluded;URI:example.com', 'URI:https://EXAMPLE.com./x', 'no'],
  ['excluded;otherName:1.2.3.4;IA5:x', 'otherName:1.2.3.4;UTF8:y', 'no'],
  ['excluded;URI:example.com', 'URI:urn:without:host', 'no'],
  ['excluded;URI:example.com', 'URI:https://10.0.0.1/', 'no'],
  ['excluded;URI:example.com', 'URI:https://other.org/', 'ok'],
  ['excluded;DNS:example.com', 'DNS:example.com.', 'no'],
  ['excluded;email:example.com', 'email:a@b@example.com', 'no'],
  ['excluded;email:example.com', 'email:example.com', 'no'],
  ['permitted;IP:10.0.0.0/255.0.0.0', 'IP:10.1.2.3', 'ok'],
  ['permitted;IP:10.0.0.0/255.0.0.0', 'IP:11.1.2.3', 'no'],
  ['permitted;IP:10.0.0.0/255.0.0.0', 'IP:::1', 'no'],
  ['excluded;IP:10.0.0.0/255.0.0.0', 'IP:10.1.2.3', 'no'],
  ['permitted;dirName:acme', 'DNS:a.b', 'ok'],
  ['permitted;dirName:other', 'DNS:a.b', 'no'],
  ['excluded;dirName:acme', 'DNS:a.b', 'no'],
];

for (const [constraint, san, expected] of NAMES) {
  run(`name constraints: ${constraint} and ${san}`, async (t) => {
    const sections = '[acme]\nO=Acme\n[other]\nO=Other\n';
    const [leaf, middle, root] = chain({
      middle: { extensions: [...CA, `nameConstraints=critical,${constraint}`], sections },
      leaf: { subject: '/O=acme/CN=leaf', extensions: [...LEAF, `subjectAltName=${san}`] },
    });
    const code = await refusalOf(verify(bundleOf([leaf, middle]), trusting(root)));
    t.is(code, expected === 'ok' ? 'accepted' : 'CERTIFICATE_NAME_FORBIDDEN');
  });
}

run('e-mail addresses in the subject are constrained too', async (t) => {
  const middle = { extensions: [...CA, 'nameConstraints=critical,permitted;email:example.com'] };
  const [leaf, between, root] = chain({ middle, leaf: { subject: '/CN=leaf/emailAddress=a@evil.org' } });
  t.is(await refusalOf(verify(bundleOf([leaf, between]), trusting(root))), 'CERTIFICATE_NAME_FORBIDDEN');
});

run('cross-signed authorities: any valid path is found, circles and crowds end', async (t) => {
  const [one, two] = [pki.issue('one', { extensions: CA }), pki.issue('two', { extensions: CA })];
  const middle = pki.issue('middle', { extensions: CA, issuer: one, ...PAST });
  const renewed = pki.issue('middle', { extensions: CA, issuer: two, key: middle });
  const leaf = pki.issue('leaf', { issuer: middle });
  for (const order of [
    [middle, renewed],
    [renewed, middle],
  ]) {
    await t.notThrowsAsync(verify(bundleOf([leaf, ...order]), trusting(one, two)));
  }
  t.is(await refusalOf(verify(bundleOf([leaf, middle, renewed]), trusting(one))), 'CERTIFICATE_EXPIRED');
  const oneByTwo = pki.issue('one', { extensions: CA, issuer: two, key: one });
  const twoByOne = pki.issue('two', { extensions: CA, issuer: one, key: two });
  const elsewhere = pki.issue('elsewhere', { extensions: CA });
  const circle = bundleOf([leaf, renewed, oneByTwo, twoByOne]);
  await t.notThrowsAsync(verify(circle, trusting(one)));
  t.is(await refusalOf(verify(circle, trusting(elsewhere))), 'CERTIFICATE_UNTRUSTED');
  const crowd = Array.from({ length: 15 }, () => pki.issue('middle', { extensions: CA, issuer: one, key: middle }));
  t.is(await refusalOf(verify(bundleOf([leaf, ...crowd]), trusting(elsewhere))), 'CERTIFICATE_UNTRUSTED');
  t.is(await refusalOf(verify(bundleOf([leaf, ...crowd, middle]), trusting(one))), 'CERTIFICATE_TOO_MANY');
});

run('key identifiers that do not match do not decide, signatures do', async (t) => {
  const root = pki.issue('root', { extensions: CA });
  const impostor = pki.issue('root', { extensions: CA });
  const leaf = pki.issue('leaf', { issuer: root });
  await t.notThrowsAsync(verify(bundleOf([leaf, impostor]), trusting(impostor, root)));
  t.is(await refusalOf(verify(bundleOf([leaf, root]), trusting(impostor))), 'CERTIFICATE_UNTRUSTED');
});

run('signature and material', async (t) => {
  const [leaf, middle, root] = chain();
  const bundle = bundleOf([leaf, middle]);
  const flipped = Uint8Array.from(bundle.signature);
  flipped[10] = (flipped[10] ?? 0) ^ 1;
  t.is(await refusalOf(verify({ ...bundle, signature: flipped }, trusting(root))), 'SIGNATURE_INVALID');
  t.is(await refusalOf(verify({ ...bundle, message: Buffer.from('x') }, trusting(root))), 'SIGNATURE_INVALID');
  const keyed = { ...bundle, material: { kind: 'publicKey', hint: 'x' } as const };
  t.is(await refusalOf(verify(keyed, trusting(root))), 'MATERIAL_MISMATCH');
  const raw = { ...bundle, material: { kind: 'rawPublicKey', pem: 'x' } as const };
  t.is(await refusalOf(verify(raw, trusting(root))), 'MATERIAL_MISMATCH');
  const none = { ...bundle, material: { kind: 'certificateChain', certificates: [] } as const };
  t.is(await refusalOf(verify(none, trusting(root))), 'CERTIFICATE_MISSING');
  const der = derOf(leaf.certificate);
  for (const certificates of [
    [Buffer.concat([der, Buffer.of(0)])],
    [der.subarray(0, -1)],
    [Buffer.of()],
    [der, Buffer.from('x')],
  ]) {
    const material = { kind: 'certificateChain', certificates } as const;
    t.is(await refusalOf(verify({ ...bundle, material }, trusting(root))), 'CERTIFICATE_FORMAT');
  }
});

run('files: PEM with text and CRLF, DER, bytes, several in one; the rest is refused', async (t) => {
  const [leaf, middle, root] = chain();
  const text = [middle, root].map(({ certificate }) => `some text\n${readFileSync(certificate, 'latin1')}`).join('');
  const path = join(pki.folder, 'both.pem');
  writeFileSync(path, text.replaceAll('\n', '\r\n'));
  const bundle = bundleOf([leaf]);
  await t.notThrowsAsync(verify(bundle, { certificateChain: [path] }));
  await t.notThrowsAsync(verify(bundle, { certificateChain: [Buffer.from(text)] }));
  await t.notThrowsAsync(verify(bundle, { certificateChain: [derOf(root.certificate), derOf(middle.certificate)] }));
  const wrong: readonly [source: string | Buffer, code: string][] = [
    [join(pki.folder, 'absent.pem'), 'InputError CERTIFICATE_UNREADABLE'],
    [pki.folder, 'InputError CERTIFICATE_UNREADABLE'],
    [leaf.key, 'InputError CERTIFICATE_FORMAT'],
    [Buffer.from(''), 'InputError CERTIFICATE_FORMAT'],
    [Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'), 'InputError CERTIFICATE_FORMAT'],
    [Buffer.from('-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n'), 'InputError CERTIFICATE_FORMAT'],
    [Buffer.alloc(1_048_577), 'InputError CERTIFICATE_FORMAT'],
    [Buffer.from(readFileSync(root.certificate, 'latin1').repeat(17)), 'InputError CERTIFICATE_FORMAT'],
  ];
  for (const [source, code] of wrong) t.is(await refusalOf(verify(bundle, { trustAnchors: [source] })), code);
});

run('options', (t) => {
  const root = pki.issue('root', { extensions: CA });
  const good = trusting(root);
  const wrong: readonly object[] = [
    { ...good, identity: '' },
    { ...good, fingerprint: '' },
    { ...good, fingerprint: 'aa' },
    { ...good, timestampAuthority: [root.certificate] },
    { ...good, timestampAuthorities: [] },
    { ...good, crls: [] },
    { ...good, trustAnchors: [''] },
    { ...good, logFingerprints: 'yes' },
    { certificateChain: root.certificate },
  ];
  for (const options of wrong) {
    t.is(t.throws(() => certificateVerifier(options), { instanceOf: InputError })?.code, 'OPTION_INVALID');
  }
});

run('signing: what nobody could verify is not signed', async (t) => {
  const [leaf, middle, root] = chain();
  const input = { message: Buffer.from('m'), payload: Buffer.from('{}'), signal: undefined };
  const signer = certificateSigner({
    privateKey: leaf.key,
    certificate: leaf.certificate,
    chain: [middle.certificate],
  });
  await signer.prepare?.();
  const made = await signer.sign(input);
  t.deepEqual(made.material, {
    kind: 'certificateChain',
    certificates: [leaf, middle].map(({ certificate }) => Uint8Array.from(derOf(certificate))),
  });
  const bundle = { ...bundleOf([leaf]), ...made, message: input.message, timestamps: [] };
  await t.notThrowsAsync(verify(bundle, trusting(root)));
  const refused: readonly [Party, string, string?][] = [
    [pki.issue('old', PAST), 'CERTIFICATE_EXPIRED'],
    [pki.issue('new', FUTURE), 'CERTIFICATE_NOT_YET_VALID'],
    [pki.issue('ca', { extensions: CA }), 'CERTIFICATE_USAGE'],
    [
      pki.issue('tls', { extensions: ['keyUsage=digitalSignature', 'extendedKeyUsage=serverAuth'] }),
      'CERTIFICATE_EXTENDED_USAGE',
    ],
    [leaf, 'CERTIFICATE_KEY_MISMATCH', middle.key],
  ];
  for (const [{ certificate, key }, code, otherKey] of refused) {
    const bad = certificateSigner({ privateKey: otherKey ?? key, certificate });
    const error = await t.throwsAsync(async () => bad.prepare?.(), { instanceOf: SigningError });
    t.is<string, string>(error.code, code);
  }
});
