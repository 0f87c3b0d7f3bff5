// SPDX-License-Identifier: Apache-2.0
// From a leaf to an anchor: depth first over certificates in any order, by name, key identifier and signature. A path
// that breaks a rule does not end the search, since cross-signed authorities have several. The work is bounded.

import { VerificationError } from '../errors.js';
import { type Purpose, checkPath, refusal, shortName } from './certificate-rules.js';
import { type RevocationList, checkRevocation } from './crl.js';
import { type Certificate, isIssuedBy } from './x509.js';
import { sameName } from './x509-name.js';
import { isAccepted, keyWeakness } from './x509-signature.js';

/** What a path is built from, and by which moment it is judged. */
export interface PathRequest {
  /** Where a path may end: what the user says, and only that. */
  readonly anchors: readonly Certificate[];
  /** What may stand between; nobody vouches for these. */
  readonly intermediates: readonly Certificate[];
  readonly revocationLists: readonly RevocationList[];
  readonly time: Date;
  /** What the leaf is for. */
  readonly purpose: Purpose;
}

const MOST_CERTIFICATES = 16;
const MOST_SIGNATURE_CHECKS = 200;
const MOST_STEPS = 5000;

/** Finds a valid path, leaf first and anchor last, or throws the refusal of the best one that is not valid. */
export function findPath(leaf: Certificate, request: PathRequest): readonly Certificate[] {
  const search = newSearch(leaf, request);
  for (const path of pathsFrom([leaf], search)) {
    try {
      checkPath(path, request.time, request.purpose);
      checkRevocation(path, request.revocationLists, request.time);
      return path;
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error;
      search.refusal ??= error;
    }
  }
  throw search.refusal ?? search.weakness ?? untrusted(search.deepest);
}

interface Search {
  readonly anchors: ReadonlySet<string>;
  readonly candidates: readonly Certificate[];
  readonly signatures: Map<string, boolean>;
  steps: number;
  deepest: readonly Certificate[];
  refusal: VerificationError | undefined;
  weakness: VerificationError | undefined;
}

/** Anchors come first, so that the shortest way to trust is tried first; a certificate given twice counts once. */
function newSearch(leaf: Certificate, { anchors, intermediates }: PathRequest): Search {
  const all = [...anchors, ...intermediates];
  return {
    anchors: new Set(anchors.map(({ fingerprint }) => fingerprint)),
    candidates: [...new Map(all.map((certificate) => [certificate.fingerprint, certificate])).values()],
    signatures: new Map(),
    steps: 0,
    deepest: [leaf],
    refusal: undefined,
    weakness: undefined,
  };
}

function* pathsFrom(path: readonly Certificate[], search: Search): Generator<readonly Certificate[]> {
  const tip = path.at(-1);
  if (tip === undefined) return;
  search.steps += 1;
  if (search.steps > MOST_STEPS) throw tooComplex();
  if (path.length > search.deepest.length) search.deepest = path;
  if (search.anchors.has(tip.fingerprint)) yield path;
  if (path.length >= MOST_CERTIFICATES) return;
  for (const issuer of issuersOf(tip, path, search)) yield* pathsFrom([...path, issuer], search);
}

/** Key identifiers only say whom to try first (RFC 5280 section 4.2.1.1): the signature decides. */
function* issuersOf(tip: Certificate, path: readonly Certificate[], search: Search): Generator<Certificate> {
  const named = search.candidates.filter((candidate) => sameName(candidate.subject, tip.issuer));
  const fresh = named.filter((candidate) => !path.some((seen) => isSameAuthority(seen, candidate)));
  for (const candidate of fresh.toSorted((one, other) => distance(tip, one) - distance(tip, other))) {
    if (isIssued(tip, candidate, search)) yield candidate;
    else search.weakness ??= weaknessOf(tip, candidate);
  }
}

/** Cross-signed certificates of one authority must not send the search in circles. */
function isSameAuthority(one: Certificate, other: Certificate): boolean {
  if (one.fingerprint === other.fingerprint) return true;
  return one.keyId === other.keyId && sameName(one.subject, other.subject);
}

function distance(certificate: Certificate, issuer: Certificate): number {
  const { authorityKeyId } = certificate;
  if (authorityKeyId === undefined || issuer.subjectKeyId === undefined) return 1;
  return authorityKeyId === issuer.subjectKeyId ? 0 : 2;
}

function isIssued(certificate: Certificate, issuer: Certificate, search: Search): boolean {
  const pair = `${certificate.fingerprint} ${issuer.fingerprint}`;
  const known = search.signatures.get(pair);
  if (known !== undefined) return known;
  if (search.signatures.size >= MOST_SIGNATURE_CHECKS) throw tooComplex();
  const issued = isIssuedBy(certificate, issuer);
  search.signatures.set(pair, issued);
  return issued;
}

/** Why a signature that may be right was not even looked at. */
function weaknessOf(certificate: Certificate, issuer: Certificate): VerificationError | undefined {
  const hint = 'SHA-256 or better is accepted, with RSA from 2048 bits, P-256, P-384, P-521 or Ed25519';
  if (!isAccepted(certificate.algorithm)) {
    const what = `is signed with an algorithm that is not accepted (${certificate.algorithm.oid})`;
    return refusal('CERTIFICATE_ALGORITHM', certificate, what, hint);
  }
  const weakness = keyWeakness(issuer.publicKey);
  return weakness === undefined ? undefined : refusal('CERTIFICATE_ALGORITHM', issuer, `holds ${weakness}`, hint);
}

function untrusted(path: readonly Certificate[]): VerificationError {
  const [leaf, tip] = [path[0], path.at(-1)];
  if (leaf === undefined || tip === undefined) throw new RangeError('a path has at least one certificate');
  const end = tip.selfSigned ? 'which is no trust anchor' : `whose issuer '${shortName(tip.issuer)}' is not known`;
  const what = `leads to no trust anchor: the way ends at '${shortName(tip.subject)}', ${end}`;
  return refusal('CERTIFICATE_UNTRUSTED', leaf, what, 'name the right root, and give missing intermediates');
}

function tooComplex(): VerificationError {
  const hint = 'give fewer certificates with the same name; do not trust this chain';
  return new VerificationError('CERTIFICATE_PATH_TOO_COMPLEX', 'there are too many ways through the chain', { hint });
}
