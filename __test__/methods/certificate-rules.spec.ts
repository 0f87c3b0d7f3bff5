// SPDX-License-Identifier: Apache-2.0
// The rules of a path: for each the chain that breaks it, and its code.

import { chain, refusalOf, run, trusting, verify, PAST, FUTURE } from './chains.js';
import { CA, LEAF, bundleOf } from './pki.js';

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
