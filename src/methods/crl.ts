// SPDX-License-Identifier: Apache-2.0
// Revocation lists (RFC 5280 section 5) given as files: complete lists of one issuer, signed by its key. Delta and
// indirect lists, and lists of some reasons only, are refused: they cannot say that a certificate is good.

import {
  CertificateList,
  InvalidityDate,
  IssuingDistributionPoint,
  type RevokedCertificate,
} from '@peculiar/asn1-x509';

import { type ErrorCode, InputError, VerificationError } from '../errors.js';
import { TAG, bitsOf, childrenOf, decode, encode, expectTag, readDer } from './asn1.js';
import { refusal, shortName } from './certificate-rules.js';
import { type Certificate, algorithmId, extensionMap, readAuthorityKeyId } from './x509.js';
import { type DistinguishedName, distinguishedName, sameName } from './x509-name.js';
import { type AlgorithmId, isSignedBy } from './x509-signature.js';

/** A revocation list. */
export interface RevocationList {
  readonly issuer: DistinguishedName;
  readonly authorityKeyId: string | undefined;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** Which certificates it covers. */
  readonly scope: 'all' | 'authorities' | 'others';
  /** From when on a serial number is revoked. */
  readonly revoked: ReadonlyMap<string, Date>;
  readonly algorithm: AlgorithmId;
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

const EXTENSION = {
  number: '2.5.29.20',
  reason: '2.5.29.21',
  invalidityDate: '2.5.29.24',
  delta: '2.5.29.27',
  distributionPoint: '2.5.29.28',
  certificateIssuer: '2.5.29.29',
  authorityKeyId: '2.5.29.35',
} as const;
const LIST_EXTENSIONS: ReadonlySet<string> = new Set([EXTENSION.number, EXTENSION.distributionPoint]);
const ENTRY_EXTENSIONS: ReadonlySet<string> = new Set([EXTENSION.reason, EXTENSION.invalidityDate]);

/** Refuses a path with a certificate that was revoked at a moment. The anchor is the user's own word. */
export function checkRevocation(path: readonly Certificate[], lists: readonly RevocationList[], time: Date): void {
  for (const [index, certificate] of path.slice(0, -1).entries()) {
    const issuer = path[index + 1];
    if (issuer !== undefined) checkCertificate(certificate, issuer, listsFor(certificate, issuer, lists), time);
  }
}

/** The certificates of a path that no list covers. */
export function withoutList(path: readonly Certificate[], lists: readonly RevocationList[]): Certificate[] {
  return path.slice(0, -1).filter((certificate, index) => {
    const issuer = path[index + 1];
    return issuer !== undefined && listsFor(certificate, issuer, lists).length === 0;
  });
}

/** Reads a list in DER; throws a plain error, or an `InputError` for a kind of list that is not supported. */
export function parseRevocationList(der: Uint8Array): RevocationList {
  const raw = Uint8Array.from(der);
  const parsed = decode(raw, CertificateList);
  const list = parsed.tbsCertList;
  const [signed, , signature] = childrenOf(readDer(raw));
  if (!Buffer.from(encode(list.signature)).equals(encode(parsed.signatureAlgorithm))) {
    throw new Error('it names two signature algorithms');
  }
  const extensions = extensionMap(list.crlExtensions ?? []);
  refuseUnknown(extensions, LIST_EXTENSIONS);
  if (list.nextUpdate === undefined) throw new Error('it does not say when the next one comes');
  const keyId = extensions.get(EXTENSION.authorityKeyId);
  return {
    issuer: distinguishedName(list.issuer),
    authorityKeyId: keyId && readAuthorityKeyId(keyId.value),
    thisUpdate: list.thisUpdate.getTime(),
    nextUpdate: list.nextUpdate.getTime(),
    scope: scopeOf(extensions.get(EXTENSION.distributionPoint)?.value),
    revoked: earliestOf(list.revokedCertificates ?? []),
    algorithm: algorithmId(parsed.signatureAlgorithm),
    signed: expectTag(signed, TAG.sequence).bytes,
    signature: bitsOf(signature),
  };
}

/** Key identifiers are names that an issuer gives its keys, and one key can have several: the signature decides. */
function listsFor(certificate: Certificate, issuer: Certificate, lists: readonly RevocationList[]): RevocationList[] {
  return lists.filter((list) => {
    if (!sameName(list.issuer, certificate.issuer)) return false;
    if (list.scope !== 'all' && (list.scope === 'authorities') !== certificate.isCa) return false;
    const { authorityKeyId } = list;
    if (authorityKeyId === undefined || (issuer.subjectKeyId ?? authorityKeyId) === authorityKeyId) return true;
    return isSignedBy(issuer.publicKey, list.algorithm, list.signed, list.signature);
  });
}

/** A list must be current now, or have been when the signature was made. What it revokes counts in any case. */
function checkCertificate(
  certificate: Certificate,
  issuer: Certificate,
  lists: readonly RevocationList[],
  time: Date,
): void {
  for (const list of lists) checkSignature(list, issuer);
  const moments = lists.flatMap(({ revoked }) => revoked.get(certificate.serialNumber) ?? []);
  const [first] = moments.toSorted((one, other) => one.getTime() - other.getTime());
  if (first !== undefined && first <= time) {
    const hint = 'do not trust what was signed with it';
    throw refusal('CERTIFICATE_REVOKED', certificate, `was revoked ${first.toISOString()}`, hint);
  }
  const isCurrent = (list: RevocationList, at: Date): boolean => list.thisUpdate <= at && at <= list.nextUpdate;
  if (lists.length === 0 || lists.some((list) => isCurrent(list, time) || isCurrent(list, new Date()))) return;
  throw aboutList('CRL_OUTDATED', issuer, 'is not current', 'fetch the latest one');
}

function checkSignature({ algorithm, signed, signature }: RevocationList, issuer: Certificate): void {
  const maySign = issuer.keyUsage === undefined || issuer.keyUsage.has('cRLSign');
  if (maySign && isSignedBy(issuer.publicKey, algorithm, signed, signature)) return;
  throw aboutList('CRL_SIGNATURE_INVALID', issuer, 'was not signed by that authority', 'fetch it again');
}

function aboutList(code: ErrorCode, issuer: Certificate, what: string, hint: string): VerificationError {
  return new VerificationError(code, `the revocation list of '${shortName(issuer.subject)}' ${what}`, { hint });
}

function scopeOf(value: Uint8Array | undefined): RevocationList['scope'] {
  if (value === undefined) return 'all';
  const point = decode(value, IssuingDistributionPoint);
  if (point.indirectCRL) throw unsupported('an indirect one');
  if (point.onlySomeReasons !== undefined) throw unsupported('one of some reasons only');
  if (point.onlyContainsAttributeCerts) throw unsupported('one of attribute certificates');
  if (point.distributionPoint !== undefined) throw unsupported('one of a single distribution point');
  if (point.onlyContainsUserCerts && point.onlyContainsCACerts) throw new Error('its scope contradicts itself');
  if (point.onlyContainsCACerts) return 'authorities';
  return point.onlyContainsUserCerts ? 'others' : 'all';
}

/** A list may name a certificate twice: then the earlier moment counts. */
function earliestOf(entries: readonly RevokedCertificate[]): ReadonlyMap<string, Date> {
  const moments = new Map<string, Date>();
  for (const entry of entries) {
    const [serial, moment] = [serialOf(entry), revokedFrom(entry)];
    const known = moments.get(serial);
    if (known === undefined || moment < known) moments.set(serial, moment);
  }
  return moments;
}

function serialOf({ userCertificate }: RevokedCertificate): string {
  return Buffer.from(userCertificate).toString('hex');
}

/** A key that was lost before anybody noticed counts as revoked from then on (section 5.3.2). */
function revokedFrom({ revocationDate, crlEntryExtensions }: RevokedCertificate): Date {
  const extensions = extensionMap(crlEntryExtensions ?? []);
  refuseUnknown(extensions, ENTRY_EXTENSIONS);
  const moment = revocationDate.getTime();
  const lost = extensions.get(EXTENSION.invalidityDate);
  if (lost === undefined) return moment;
  const { value } = decode(lost.value, InvalidityDate);
  return value < moment ? value : moment;
}

function refuseUnknown(extensions: ReturnType<typeof extensionMap>, known: ReadonlySet<string>): void {
  if (extensions.has(EXTENSION.delta)) throw unsupported('a delta');
  if (extensions.has(EXTENSION.certificateIssuer)) throw unsupported('an indirect one');
  const bad = [...extensions].find(([oid, { critical }]) => critical && !known.has(oid));
  if (bad !== undefined) throw unsupported(`one with a critical extension that is not understood (${bad[0]})`);
}

function unsupported(what: string): InputError {
  const hint = 'give the complete list of the issuer';
  return new InputError('CRL_UNSUPPORTED', `the revocation list is ${what}, which is not supported`, { hint });
}
