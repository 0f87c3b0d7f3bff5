// SPDX-License-Identifier: Apache-2.0
// The certificate method as its callers meet it: what is found, which keys and bundles are taken, options, signing.

import { InputError, ModelSigningError } from 'model-signing';

import { SigningError } from '../../dist/errors.js';
import { certificateSigner, certificateVerifier } from '../../dist/methods/certificate.js';
import { FUTURE, PAST, chain, pki, refusalOf, run, trusting, verify } from './chains.js';
import { CA, LEAF, type Party, bundleOf, derOf } from './pki.js';

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

run('a name counts as what it looks like only', async (t) => {
  const names = 'DNS:alice@example.com,email:https://ci.example/x,URI:ci.example';
  const [leaf, middle, root] = chain({
    leaf: { extensions: [...LEAF, `subjectAltName=${names},otherName:1.3.6.1.4.1.311.20.2.3;UTF8:bob@example.com`] },
  });
  const bundle = bundleOf([leaf, middle]);
  await t.notThrowsAsync(verify(bundle, trusting(root)));
  for (const identity of ['alice@example.com', 'https://ci.example/x', 'ci.example', 'bob@example.com']) {
    t.is(await refusalOf(verify(bundle, { ...trusting(root), identity })), 'IDENTITY_MISMATCH', identity);
  }
});

run('log entries are not looked at, and that is said', async (t) => {
  const [leaf, middle, root] = chain();
  const bundle = { ...bundleOf([leaf, middle]), logEntries: [LOG_ENTRY] };
  t.deepEqual((await verify(bundle, trusting(root))).remarks, [
    'the log entries of the bundle were not checked: this method has no logs',
  ]);
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
    [Buffer.concat([Buffer.of(0x30, 0x83, 0x0b, 0x71, 0xb0), Buffer.alloc(750_000)])],
    [der, Buffer.from('x')],
  ]) {
    const material = { kind: 'certificateChain', certificates } as const;
    t.is(await refusalOf(verify({ ...bundle, material }, trusting(root))), 'CERTIFICATE_FORMAT');
  }
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
    [pki.issue('weak', { key: 'rsa1024' }), 'CERTIFICATE_ALGORITHM'],
  ];
  for (const [{ certificate, key }, code, otherKey] of refused) {
    const bad = certificateSigner({ privateKey: otherKey ?? key, certificate });
    const error = await t.throwsAsync(async () => bad.prepare?.(), { instanceOf: SigningError });
    const why = error.cause instanceof ModelSigningError ? error.cause.code : error.code;
    t.is<string, string>(why, code);
    t.is(error.kind, 'credentials');
    t.is(error.code, error.cause === undefined ? 'CERTIFICATE_KEY_MISMATCH' : 'CERTIFICATE_UNFIT');
  }
});

const LOG_ENTRY = {
  logIndex: '0',
  logId: Buffer.alloc(32),
  kind: 'dsse',
  version: '0.0.1',
  integratedTime: '0',
  canonicalizedBody: Buffer.from('{}'),
};
