// SPDX-License-Identifier: Apache-2.0
// From a leaf to an anchor: what an anchor is, any way there will do, and every search ends.

import { InputError } from 'model-signing';

import { certificateVerifier } from '../../dist/methods/certificate.js';
import { PAST, chain, pki, refusalOf, run, trusting, verify } from './chains.js';
import { CA, bundleOf } from './pki.js';

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
