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
    [leaf.key, 'InputError CERTIFICATE_FORMAT'],
    [Buffer.from(''), 'InputError CERTIFICATE_FORMAT'],
    [Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'), 'InputError CERTIFICATE_FORMAT'],
    [Buffer.from('-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n'), 'InputError CERTIFICATE_FORMAT'],
    [Buffer.alloc(1_048_577), 'InputError CERTIFICATE_FORMAT'],
    [Buffer.from(readFileSync(root.certificate, 'latin1').repeat(17)), 'InputError CERTIFICATE_FORMAT'],
  ];
  for (const [source, code] of wrong) t.is(await refusalOf(verify(bundle, { trustAnchors: [source] })), code);
});
