// SPDX-License-Identifier: Apache-2.0
// Who a certificate says it was issued to: every kind of name, both forms of the issuer, and what contradicts itself.

import test from 'ava';

import type { LogEntry } from '../../dist/method.js';
import { leafOf, subjectOf } from '../../dist/methods/sigstore-certificate.js';
import { type Certificate, parseCertificate } from '../../dist/methods/x509.js';
import { NO_OPENSSL, type Party, Pki, bundleOf, derOf } from './pki.js';

const declare = NO_OPENSSL === undefined ? test.serial : test.skip;
if (NO_OPENSSL !== undefined) console.warn(NO_OPENSSL);

const pki = new Pki();
test.after.always(() => pki.remove());

const ARC = '1.3.6.1.4.1.57264.1';
const ISSUER = 'https://accounts.example.com';
const USAGE = ['keyUsage=critical,digitalSignature', 'extendedKeyUsage=codeSigning'];
const EMAIL = 'subjectAltName=critical,email:alice@example.com';

const ENTRY: LogEntry = {
  logIndex: '0',
  logId: Buffer.alloc(32),
  kind: 'dsse',
  version: '0.0.1',
  integratedTime: '0',
  canonicalizedBody: Buffer.from('{}'),
};

/** The value of an older extension: the text itself, without any type. */
function bare(text: string): string {
  return `DER:${Buffer.from(text)
    .toString('hex')
    .replace(/..(?=.)/g, '$&:')}`;
}

function issue(...extensions: readonly string[]): Party {
  return pki.issue('signer', { extensions });
}

function certificateOf({ certificate }: Party): Certificate {
  return parseCertificate(derOf(certificate));
}

declare('every kind of name', (t) => {
  const names: readonly (readonly [string, string])[] = [
    ['email:alice@example.com', 'alice@example.com'],
    [
      'URI:https://github.com/a/b/.github/workflows/c.yml@refs/heads/main',
      'https://github.com/a/b/.github/workflows/c.yml@refs/heads/main',
    ],
    ['DNS:builder.example.com', 'builder.example.com'],
    [`otherName:${ARC}.7;UTF8:alice!example.com`, 'alice!example.com'],
  ];
  for (const [name, wanted] of names) {
    const party = issue(...USAGE, `subjectAltName=critical,${name}`, `${ARC}.8=ASN1:UTF8:${ISSUER}`);
    t.deepEqual(subjectOf(certificateOf(party)), { identities: [wanted], issuer: ISSUER, claims: {} });
  }
});

declare('both forms of the issuer, and what else the provider said', (t) => {
  const older = issue(
    ...USAGE,
    EMAIL,
    `${ARC}.1=${bare(ISSUER)}`,
    `${ARC}.2=${bare('push')}`,
    `${ARC}.6=${bare('refs/heads/main')}`,
  );
  t.like(subjectOf(certificateOf(older)), {
    issuer: ISSUER,
    claims: { githubWorkflowTrigger: 'push', githubWorkflowRef: 'refs/heads/main' },
  });
  const both = issue(
    ...USAGE,
    EMAIL,
    `${ARC}.1=${bare(ISSUER)}`,
    `${ARC}.8=ASN1:UTF8:${ISSUER}`,
    `${ARC}.12=ASN1:UTF8:https://x`,
  );
  t.like(subjectOf(certificateOf(both)), { issuer: ISSUER, claims: { sourceRepositoryUri: 'https://x' } });
});

declare('what contradicts itself, says too little or is malformed', (t) => {
  const wrong: readonly (readonly string[])[] = [
    [EMAIL],
    [`${ARC}.8=ASN1:UTF8:${ISSUER}`],
    [EMAIL, `${ARC}.1=${bare('https://other')}`, `${ARC}.8=ASN1:UTF8:${ISSUER}`],
    [EMAIL, `${ARC}.8=${bare(ISSUER)}`],
    [EMAIL, `${ARC}.8=ASN1:IA5:${ISSUER}`],
    [EMAIL, `${ARC}.1=DER:ff:fe`],
    [EMAIL, `${ARC}.8=ASN1:UTF8:${ISSUER}`, `${ARC}.20=DER:0c:05:61`],
    ['subjectAltName=IP:127.0.0.1', `${ARC}.8=ASN1:UTF8:${ISSUER}`],
  ];
  for (const extensions of wrong) {
    const certificate = certificateOf(issue(...USAGE, ...extensions));
    t.throws(() => subjectOf(certificate), { code: 'CERTIFICATE_FORMAT' }, extensions.join());
  }
});

declare('a certificate that is not for signing code is not looked at any further', (t) => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['accepted', USAGE],
    ['CERTIFICATE_EXTENDED_USAGE', ['keyUsage=critical,digitalSignature']],
    ['CERTIFICATE_EXTENDED_USAGE', ['keyUsage=critical,digitalSignature', 'extendedKeyUsage=serverAuth']],
    ['CERTIFICATE_EXTENDED_USAGE', ['keyUsage=critical,digitalSignature', 'extendedKeyUsage=anyExtendedKeyUsage']],
    ['CERTIFICATE_USAGE', ['keyUsage=critical,keyEncipherment', 'extendedKeyUsage=codeSigning']],
    ['CERTIFICATE_USAGE', ['extendedKeyUsage=codeSigning']],
    [
      'CERTIFICATE_IS_CA',
      ['basicConstraints=CA:TRUE', 'keyUsage=digitalSignature,keyCertSign', 'extendedKeyUsage=codeSigning'],
    ],
    ['CERTIFICATE_CRITICAL_EXTENSION', [...USAGE, '1.2.3.4=critical,ASN1:NULL']],
  ];
  for (const [wanted, extensions] of cases) {
    const party = issue(...extensions, EMAIL, `${ARC}.8=ASN1:UTF8:${ISSUER}`);
    t.is(
      codeOf(() => leafOf({ ...bundleOf([party]), logEntries: [ENTRY] })),
      wanted,
      extensions.join(),
    );
  }
  t.is(
    codeOf(() => leafOf(bundleOf([issue(...USAGE, EMAIL)]))),
    'MATERIAL_MISMATCH',
  );
  const garbage = { kind: 'sigstore', certificate: Buffer.from('garbage'), logEntries: [] } as const;
  t.is(
    codeOf(() => leafOf({ ...bundleOf([issue(...USAGE, EMAIL)]), material: garbage })),
    'CERTIFICATE_FORMAT',
  );
  const key = { kind: 'publicKey', hint: 'ab' } as const;
  t.is(
    codeOf(() => leafOf({ ...bundleOf([issue(...USAGE, EMAIL)]), material: key })),
    'MATERIAL_MISMATCH',
  );
});

function codeOf(action: () => unknown): string {
  try {
    action();
    return 'accepted';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}
