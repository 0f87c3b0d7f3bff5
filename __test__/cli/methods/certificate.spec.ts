// SPDX-License-Identifier: Apache-2.0
// `sign certificate` and `verify certificate` as processes: anchors, pins, revocation, and the exit code of each refusal.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { CA, LEAF, NO_OPENSSL, Pki, openssl } from '../../methods/pki.js';
import { buildModel, scratch } from '../../models.js';
import { command, failed } from '../command.js';

const run = NO_OPENSSL === undefined ? test : test.skip;
if (NO_OPENSSL !== undefined) console.error(NO_OPENSSL);
const pki = new Pki();
test.after.always(() => pki.remove());

async function setting(t: ExecutionContext) {
  const cwd = scratch(t);
  const model = buildModel(t, { a: '1' });
  const root = pki.issue('root', { extensions: CA });
  const middle = pki.issue('middle', { extensions: CA, issuer: root });
  const extensions = [...LEAF, 'subjectAltName=email:alice@example.com'];
  const signer = pki.issue('signer', { issuer: middle, extensions });
  const sign = ['sign', 'certificate', model, '--private-key', signer.key];
  const named = ['--signing-certificate', signer.certificate, '--certificate-chain', middle.certificate];
  t.is((await command([...sign, ...named], { cwd })).exit, 0);
  const verify = async (...flags: string[]) => command(['verify', 'certificate', model, ...flags], { cwd });
  return { cwd, model, root, middle, signer, sign, verify };
}

run(
  'anchors: a root in the chain, or any certificate that is named as one; never an intermediate by itself',
  async (t) => {
    const { root, middle, signer, verify } = await setting(t);
    for (const flags of [
      ['--certificate-chain', root.certificate],
      ['--certificate-chain', middle.certificate, '--certificate-chain', root.certificate],
      ['--trust-anchor', root.certificate],
      ['--trust-anchor', middle.certificate],
      ['--trust-anchor', signer.certificate],
    ]) {
      const { exit, stdout } = await verify(...flags);
      t.is(exit, 0);
      t.regex(stdout, /^signer: certificate, subject CN=signer, subject alt names .*alice@example\.com, fingerprint /m);
    }
    failed(t, await verify(), 'TRUST_ANCHOR_MISSING', 2);
    failed(t, await verify('--certificate-chain', middle.certificate), 'TRUST_ANCHOR_MISSING', 2);
    failed(t, await verify('--certificate-chain', 'no such file'), 'CERTIFICATE_UNREADABLE', 3);
    const stranger = pki.issue('root', { extensions: CA });
    failed(t, await verify('--certificate-chain', stranger.certificate), 'CERTIFICATE_UNTRUSTED', 1);
  },
);

run('pins: a good signature of somebody else is exit 5', async (t) => {
  const { root, signer, verify } = await setting(t);
  const trusted = ['--certificate-chain', root.certificate];
  const print =
    openssl('x509', '-in', signer.certificate, '-noout', '-fingerprint', '-sha256').split('=')[1]?.trim() ?? '';
  const pins = ['--certificate-identity', 'alice@example.com', '--certificate-fingerprint', print];
  t.is((await verify(...trusted, ...pins)).exit, 0);
  failed(t, await verify(...trusted, '--certificate-identity', 'lice@example.com'), 'IDENTITY_MISMATCH', 5);
  failed(t, await verify(...trusted, '--certificate-fingerprint', 'ab'.repeat(32)), 'FINGERPRINT_MISMATCH', 5);
  failed(t, await verify(...trusted, '--certificate-identity', ''), 'OPTION_INVALID', 2);
  failed(t, await verify(...trusted, '--certificate-fingerprint', 'x'), 'OPTION_INVALID', 2);
});

run('revocation lists, one for each issuer', async (t) => {
  const { root, middle, signer, verify } = await setting(t);
  const trusted = ['--certificate-chain', root.certificate];
  const [ofRoot, ofMiddle] = [pki.list(root), pki.list(middle)];
  const { exit, stderr } = await verify(...trusted, '--crl', ofRoot, '--crl', ofMiddle);
  t.deepEqual([exit, stderr], [0, '']);
  t.regex((await verify(...trusted, '--crl', ofRoot)).stderr, /^note: no revocation list covers '.*signer'\n$/);
  const revoked = pki.list(middle, { revoked: [[signer, '240101000000Z']] });
  failed(t, await verify(...trusted, '--crl', ofRoot, '--crl', revoked), 'CERTIFICATE_REVOKED', 1);
  failed(t, await verify(...trusted, '--crl', root.certificate), 'CRL_FORMAT', 2);
});

run('signing: what is missing or does not belong together, before anything is written', async (t) => {
  const { model, signer, sign } = await setting(t);
  const cwd = scratch(t);
  const other = pki.issue('other');
  failed(t, await command(sign, { cwd }), 'USAGE', 2);
  failed(
    t,
    await command([...sign, '--signing-certificate', other.certificate], { cwd }),
    'CERTIFICATE_KEY_MISMATCH',
    3,
  );
  failed(t, await command([...sign, '--signing-certificate', 'no such file'], { cwd }), 'CERTIFICATE_UNREADABLE', 3);
  const keyless = ['sign', 'certificate', model, '--signing-certificate', signer.certificate];
  failed(t, await command(keyless, { cwd }), 'USAGE', 2);
  const onto = [...sign, '--signing-certificate', signer.certificate, '--signature', signer.certificate, '--force'];
  failed(t, await command(onto, { cwd }), 'OUTPUT_IS_INPUT', 2);
  t.false(existsSync(join(cwd, 'model.sig')));
});
