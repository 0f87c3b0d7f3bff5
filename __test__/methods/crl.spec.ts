// SPDX-License-Identifier: Apache-2.0
// Revocation lists made by OpenSSL: revoked certificates are refused, and so is every list that proves nothing.

import { sign } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { AsnConvert } from '@peculiar/asn1-schema';
import { CertificateList, RevokedCertificate, Time } from '@peculiar/asn1-x509';

import type { ExecutionContext } from 'ava';
import { ModelSigningError } from 'model-signing';

import type { Authentication } from '../../dist/method.js';
import { certificateVerifier } from '../../dist/methods/certificate.js';
import { pki, run } from './chains.js';
import { CA, type ListWish, type Party, bundleOf, derOf, keyOf } from './pki.js';

interface Chain {
  readonly root: Party;
  readonly middle: Party;
  readonly leaf: Party;
}

function chain(extensions = CA): Chain {
  const root = pki.issue('root', { extensions: CA });
  const middle = pki.issue('middle', { extensions, issuer: root });
  return { root, middle, leaf: pki.issue('leaf', { issuer: middle }) };
}

async function verify({ root, middle, leaf }: Chain, crls: readonly (string | Uint8Array)[]): Promise<Authentication> {
  const certificateChain = [root.certificate];
  return certificateVerifier({ certificateChain, crls }).verify(bundleOf([leaf, middle]));
}

async function refused(t: ExecutionContext, made: Chain, crls: readonly (string | Uint8Array)[], code: string) {
  const error = await t.throwsAsync(verify(made, crls), { instanceOf: ModelSigningError });
  t.is<string, string>(error.code, code);
  t.notRegex(error.message, /\p{Cc}/u);
}

const EARLIER = '240101000000Z';
const LATER = '490101000000Z';

run('lists that name nobody, in PEM, DER and bytes; certificates without a list are remarked on', async (t) => {
  const made = chain();
  const [low, high] = [pki.list(made.middle), pki.list(made.root)];
  t.deepEqual((await verify(made, [low, high])).remarks, []);
  t.deepEqual((await verify(made, [derOf(low), readFileSync(high)])).remarks, []);
  t.deepEqual((await verify(made, [high])).remarks, ["no revocation list covers 'CN=leaf'"]);
  t.deepEqual((await verify(made, [pki.list(pki.issue('x', { extensions: CA }))])).remarks?.length, 2);
});

run('revoked leaf, revoked intermediate, and a date that lies ahead', async (t) => {
  const made = chain();
  await refused(t, made, [pki.list(made.middle, { revoked: [[made.leaf, EARLIER]] })], 'CERTIFICATE_REVOKED');
  await refused(t, made, [pki.list(made.root, { revoked: [[made.middle, EARLIER]] })], 'CERTIFICATE_REVOKED');
  await t.notThrowsAsync(verify(made, [pki.list(made.middle, { revoked: [[made.leaf, LATER]] })]));
  await t.notThrowsAsync(verify(made, [pki.list(made.root, { revoked: [[made.leaf, EARLIER]] })]));
  const lost = `${LATER},keyTime,20240101000000Z`;
  await refused(t, made, [pki.list(made.middle, { revoked: [[made.leaf, lost]] })], 'CERTIFICATE_REVOKED');
});

run('an old list does not prove that nothing was revoked, but what it revokes stays so', async (t) => {
  const made = chain();
  const old = { end: '20210101000000Z' };
  await refused(t, made, [pki.list(made.middle, old)], 'CRL_OUTDATED');
  await refused(t, made, [pki.list(made.middle, { start: '20500101000000Z' })], 'CRL_OUTDATED');
  await refused(t, made, [pki.list(made.middle, { ...old, revoked: [[made.leaf, EARLIER]] })], 'CERTIFICATE_REVOKED');
  await t.notThrowsAsync(verify(made, [pki.list(made.middle, old), pki.list(made.middle)]));
});

run('a list is of a key, by whatever identifier certificates of that key call it', async (t) => {
  const made = chain();
  const list = pki.list(made.middle, { revoked: [[made.leaf, EARLIER]] });
  const renamed = ['basicConstraints=critical,CA:TRUE', 'keyUsage=keyCertSign,cRLSign', 'subjectKeyIdentifier=0102'];
  const same = pki.issue('middle', { extensions: renamed, issuer: made.root, key: made.middle });
  await refused(t, { ...made, middle: same }, [list], 'CERTIFICATE_REVOKED');
  const rekeyed = pki.issue('middle', { extensions: CA, issuer: made.root });
  const other = { ...made, middle: rekeyed, leaf: pki.issue('leaf', { issuer: rekeyed }) };
  t.deepEqual((await verify(other, [list])).remarks?.length, 2);
});

run('a list has to be signed by the issuer, and the issuer has to be allowed to', async (t) => {
  const made = chain();
  const impostor = pki.issue('middle', { extensions: CA });
  await refused(t, made, [pki.list(impostor, { extensions: ['crlNumber=ASN1:NULL'] })], 'CRL_SIGNATURE_INVALID');
  const flipped = derOf(pki.list(made.middle));
  flipped[flipped.length - 20] = (flipped.at(-20) ?? 0) ^ 1;
  await refused(t, made, [flipped], 'CRL_SIGNATURE_INVALID');
  const unable = chain(['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign', 'ids']);
  await refused(t, unable, [pki.list(unable.middle)], 'CRL_SIGNATURE_INVALID');
});

run('a certificate that is listed twice, or on hold', async (t) => {
  const made = chain();
  const [early, late] = [EARLIER, LATER].map((when) => pki.list(made.middle, { revoked: [[made.leaf, when]] }));
  const moments = [new Date('2024-01-01'), new Date('2049-01-01')] as const;
  await refused(t, made, [listedTwice(derOf(early ?? ''), made.middle, moments[1])], 'CERTIFICATE_REVOKED');
  await refused(t, made, [listedTwice(derOf(late ?? ''), made.middle, moments[0])], 'CERTIFICATE_REVOKED');
  const hold = `${EARLIER},certificateHold`;
  await refused(t, made, [pki.list(made.middle, { revoked: [[made.leaf, hold]] })], 'CERTIFICATE_REVOKED');
  const lists = [pki.list(made.middle), pki.list(made.middle, { revoked: [[made.leaf, EARLIER]] })];
  await refused(t, made, lists, 'CERTIFICATE_REVOKED');
  await refused(t, made, lists.toReversed(), 'CERTIFICATE_REVOKED');
});

/** A list with its first certificate a second time, as of another moment. OpenSSL refuses to make one. */
function listedTwice(list: Buffer, issuer: Party, moment: Date): Buffer {
  const made = AsnConvert.parse(list, CertificateList);
  const { tbsCertList } = made;
  const [first] = tbsCertList.revokedCertificates ?? [];
  if (first === undefined) throw new Error('the list is empty');
  const { userCertificate } = first;
  const again = new RevokedCertificate({ userCertificate, revocationDate: new Time(moment) });
  tbsCertList.revokedCertificates = [first, again];
  made.signature = Uint8Array.from(
    sign('sha256', Buffer.from(AsnConvert.serialize(tbsCertList)), keyOf(issuer)),
  ).buffer;
  return Buffer.from(AsnConvert.serialize(made));
}

const SCOPES: readonly [title: string, extensions: ListWish, code: string | undefined][] = [
  ['delta', { extensions: ['2.5.29.27=critical,ASN1:INTEGER:1'] }, 'CRL_UNSUPPORTED'],
  ['indirect', scope('indirectCRL=TRUE'), 'CRL_UNSUPPORTED'],
  ['some reasons', scope('onlysomereasons=keyCompromise'), 'CRL_UNSUPPORTED'],
  ['attribute certificates', scope('onlyAA=TRUE'), 'CRL_UNSUPPORTED'],
  ['one distribution point', scope('fullname=URI:http://x.example/crl'), 'CRL_UNSUPPORTED'],
  ['critical unknown', { extensions: ['1.2.3.4=critical,ASN1:NULL'] }, 'CRL_UNSUPPORTED'],
  ['unknown, not critical', { extensions: ['1.2.3.4=ASN1:NULL'] }, 'CERTIFICATE_REVOKED'],
  ['others only', scope('onlyuser=TRUE'), 'CERTIFICATE_REVOKED'],
  ['authorities only', scope('onlyCA=TRUE'), undefined],
];

function scope(line: string): ListWish {
  return { extensions: ['issuingDistributionPoint=critical,@scope'], sections: `[scope]\n${line}\n` };
}

for (const [title, wish, code] of SCOPES) {
  run(`kinds of lists: ${title}`, async (t) => {
    const made = chain();
    const list = pki.list(made.middle, { ...wish, revoked: [[made.leaf, EARLIER]] });
    if (code === undefined) await t.notThrowsAsync(verify(made, [list]));
    else await refused(t, made, [list], code);
  });
}

run('what is no list', async (t) => {
  const made = chain();
  const der = derOf(pki.list(made.middle));
  for (const bad of [
    made.root.certificate,
    Buffer.from('x'),
    der.subarray(0, -1),
    Buffer.concat([der, Buffer.of(0)]),
  ]) {
    await refused(t, made, [bad], 'CRL_FORMAT');
  }
});
