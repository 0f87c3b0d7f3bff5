// SPDX-License-Identifier: Apache-2.0
// Files of certificates and revocation lists: every form that is read, and what is wrong with the others.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { chain, pki, refusalOf, run, verify } from './chains.js';
import { bundleOf, derOf } from './pki.js';

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
    [leaf.key, 'InputError CERTIFICATE_FILE_INVALID'],
    [Buffer.from(''), 'InputError CERTIFICATE_FILE_INVALID'],
    [
      Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'),
      'InputError CERTIFICATE_FILE_INVALID',
    ],
    [
      Buffer.from('-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n'),
      'InputError CERTIFICATE_FILE_INVALID',
    ],
    [Buffer.alloc(1_048_577), 'InputError CERTIFICATE_FILE_INVALID'],
    [Buffer.from(readFileSync(root.certificate, 'latin1').repeat(17)), 'InputError CERTIFICATE_FILE_INVALID'],
  ];
  for (const [source, code] of wrong) t.is(await refusalOf(verify(bundle, { trustAnchors: [source] })), code);
});

run('a block that was cut off is an error, beside good ones too', async (t) => {
  const [leaf, middle, root] = chain();
  const bundle = bundleOf([leaf, middle]);
  const certificates = [root, middle].map(({ certificate }) => readFileSync(certificate, 'latin1')).join('');
  const lists = readFileSync(pki.list(root), 'latin1') + readFileSync(pki.list(middle), 'latin1');
  await t.notThrowsAsync(verify(bundle, { certificateChain: [Buffer.from(certificates)], crls: [Buffer.from(lists)] }));
  for (const length of [10, 60, 200]) {
    const cut = { certificateChain: [Buffer.from(certificates.slice(0, -length))] };
    t.is(await refusalOf(verify(bundle, cut)), 'InputError CERTIFICATE_FILE_INVALID');
    const crls = { trustAnchors: [root.certificate], crls: [Buffer.from(lists.slice(0, -length))] };
    t.is(await refusalOf(verify(bundle, crls)), 'InputError CRL_FORMAT');
  }
});

run('bytes of every bad kind are no certificate', async (t) => {
  const [leaf, middle] = chain();
  const noise = [
    Buffer.alloc(1000),
    Buffer.alloc(1_000_000, 0x30),
    Buffer.concat([Buffer.of(0x30, 0x82, 1, 0), Buffer.alloc(256, 0x41)]),
    Buffer.from(readFileSync(middle.certificate, 'latin1'), 'utf16le'),
    Buffer.from('\u001B[2J\u202E-----BEGIN CERTIFICATE-----'),
  ];
  for (const bytes of noise) {
    t.is(await refusalOf(verify(bundleOf([leaf]), { trustAnchors: [bytes] })), 'InputError CERTIFICATE_FILE_INVALID');
  }
});
