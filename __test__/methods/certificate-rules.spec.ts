// SPDX-License-Identifier: Apache-2.0
// The rules of a path: for each the chain that breaks it, and its code.

import { createPublicKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { FUTURE, PAST, chain, pki, refusalOf, run, trusting, verify } from './chains.js';
import { CA, LEAF, type Party, type Wish, bundleOf, derOf, openssl } from './pki.js';

function purposes(list: string): Wish {
  return { extensions: ['keyUsage=digitalSignature', `extendedKeyUsage=${list}`] };
}

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
  'code signing among others': [{ leaf: purposes('critical,codeSigning,serverAuth') }, 'accepted'],
  'unknown purpose': [{ leaf: purposes('critical,1.2.3.4') }, 'CERTIFICATE_EXTENDED_USAGE'],
  'a list of no purposes': [
    { leaf: { extensions: ['keyUsage=digitalSignature', '2.5.29.37=DER:3000'] } },
    'CERTIFICATE_EXTENDED_USAGE',
  ],
  'a key usage of nothing': [{ leaf: { extensions: ['2.5.29.15=DER:030100'] } }, 'CERTIFICATE_USAGE'],
  'a key usage that is none': [{ leaf: { extensions: ['2.5.29.15=DER:0500'] } }, 'CERTIFICATE_FORMAT'],
  'intermediate for code signing': [{ middle: { extensions: [...CA, 'extendedKeyUsage=codeSigning'] } }, 'accepted'],
  'intermediate for anything': [
    { middle: { extensions: [...CA, 'extendedKeyUsage=anyExtendedKeyUsage'] } },
    'accepted',
  ],
  'intermediate for TLS': [
    { middle: { extensions: [...CA, 'extendedKeyUsage=serverAuth'] } },
    'CERTIFICATE_EXTENDED_USAGE',
  ],
  'root for TLS that the user names': [{ root: { extensions: [...CA, 'extendedKeyUsage=serverAuth'] } }, 'accepted'],
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

run('rule: an authority that issued itself anew does not count for the length of a path', async (t) => {
  const extensions = ['basicConstraints=critical,CA:TRUE,pathlen:0', 'keyUsage=keyCertSign', 'ids'];
  const root = pki.issue('renewed', { extensions });
  const anew = pki.issue('renewed', { extensions: CA, issuer: root });
  const leaf = pki.issue('leaf', { issuer: anew });
  t.is(await refusalOf(verify(bundleOf([leaf, anew]), trusting(root))), 'accepted');
});

/** A party whose key OpenSSL made as it was told. */
function keyed(...how: string[]): Party {
  const key = join(pki.folder, `${how.join('-')}.key`);
  openssl('ecparam', '-genkey', '-noout', '-out', key, ...how);
  return { name: 'keyed', key, certificate: '' };
}

run('rule: curves that are spelt out or not accepted, wherever they stand', async (t) => {
  const spelt = keyed('-name', 'prime256v1', '-param_enc', 'explicit');
  for (const key of [spelt, keyed('-name', 'secp256k1'), keyed('-name', 'prime192v1')]) {
    for (const wish of [{ leaf: { key } }, { middle: { key } }, { root: { key } }]) {
      const [leaf, middle, root] = chain(wish);
      t.is(await refusalOf(verify(bundleOf([leaf, middle]), trusting(root))), 'CERTIFICATE_ALGORITHM');
    }
  }
});

run('rule: serial numbers may be zero or below', async (t) => {
  const [leaf, middle, root] = chain();
  const [config, csr] = [join(pki.folder, 'serial.cnf'), join(pki.folder, 'serial.csr')];
  writeFileSync(config, '[req]\ndistinguished_name=d\n[d]\n[e]\nkeyUsage=digitalSignature\n');
  openssl('req', '-new', '-key', leaf.key, '-subj', '/CN=leaf', '-config', config, '-out', csr);
  for (const serial of ['0', '-5']) {
    const certificate = join(pki.folder, `serial${serial}.pem`);
    const by = ['-CA', middle.certificate, '-CAkey', middle.key, '-set_serial', serial];
    openssl('x509', '-req', '-in', csr, ...by, '-extfile', config, '-extensions', 'e', '-out', certificate);
    const party = { ...leaf, certificate };
    t.is(await refusalOf(verify(bundleOf([party, middle]), trusting(root))), 'accepted');
    const crls = [pki.list(middle, { revoked: [[party, '240101000000Z']] })];
    const revoked = verify(bundleOf([party, middle]), { ...trusting(root), crls });
    t.is(await refusalOf(revoked), 'CERTIFICATE_REVOKED');
  }
});

/** Keys that are no points, in the place of a good one. Asked for their details, some would end the process. */
const NO_POINTS: Readonly<Record<string, string>> = {
  infinity: '3019301306072a8648ce3d020106082a8648ce3d03010703020000',
  'not on the curve': `3059301306072a8648ce3d020106082a8648ce3d03010703420004${'11'.repeat(64)}`,
  'too short': '3039301306072a8648ce3d020106082a8648ce3d03010703220002',
};

for (const [what, spki] of Object.entries(NO_POINTS)) {
  run(`rule: a key that is no point: ${what}`, async (t) => {
    const [leaf, middle, root] = chain({ leaf: { subject: `/CN=${'long name '.repeat(6)}/O=${'x'.repeat(60)}` } });
    const key = Buffer.from(what === 'too short' ? spki + '11'.repeat(32) : spki, 'hex');
    const broken = withKey(leaf, key);
    const bundle = bundleOf([leaf, middle]);
    const material = { kind: 'certificateChain', certificates: [broken, derOf(middle.certificate)] } as const;
    const code = await refusalOf(verify({ ...bundle, material }, trusting(root)));
    t.regex(code, /^(?:CERTIFICATE_ALGORITHM|SIGNATURE_INVALID)$/);
    const anchored = await refusalOf(verify({ ...bundle, material }, { trustAnchors: [broken] }));
    t.is(anchored, code);
    t.is(await refusalOf(verify(bundle, { certificateChain: [broken] })), 'InputError TRUST_ANCHOR_MISSING');
  });
}

/** A certificate with another key in it; of its lengths two bytes each are kept. */
function withKey({ certificate }: Party, spki: Buffer): Buffer {
  const der = derOf(certificate);
  const old = createPublicKey(readFileSync(certificate)).export({ type: 'spki', format: 'der' });
  const at = der.indexOf(old);
  const made = Buffer.concat([der.subarray(0, at), spki, der.subarray(at + old.length)]);
  for (const place of [2, 6]) made.writeUInt16BE(made.readUInt16BE(place) + spki.length - old.length, place);
  return made;
}
