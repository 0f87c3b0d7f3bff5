// SPDX-License-Identifier: Apache-2.0
// Whom an entry of a log names: the certificates in its body, read like those of bundles. A body is what anybody put into
// the log, so a name counts only in a certificate that an authority of the instance issued.

import { VerificationError } from '../errors.js';
import { pemBlocks } from './pem.js';
import { checkIssued } from './sigstore-authority.js';
import { digestIn, parseBody } from './sigstore-body.js';
import { subjectOf } from './sigstore-certificate.js';
import { isAccepted } from './sigstore-policy.js';
import type { Trust } from './sigstore-trust.js';
import { isRecord } from './service-call.js';
import { type Certificate, parseCertificate } from './x509.js';

/** Whom somebody looks for: one of the two names, and who has to vouch for it if that matters. */
export interface Wanted {
  readonly identity?: string | undefined;
  readonly identityRegex?: string | undefined;
  readonly identityProvider?: string | undefined;
}

/** That an entry is of somebody. */
export interface Sighting {
  readonly identity: string;
  readonly issuer: string;
  /** What was signed, with the name of the hash; nothing where the entry does not say it in a known way. */
  readonly digest: string | undefined;
  /** The span of time in which the key could be used. */
  readonly from: Date;
  readonly until: Date;
}

/** Why an entry does not count that may look as if it were of somebody. */
export type LeftOut = 'other provider' | 'not issued' | 'unreadable';

/** What is to be said of one entry. */
export interface Judgement {
  readonly sighting?: Sighting | undefined;
  readonly leftOut?: LeftOut | undefined;
  /** Whether an honest index, which does not look at the case of letters, may name the entry. */
  readonly isNamed: boolean;
}

const STRANGER: Judgement = { isNamed: false };

/** Judges entries, one after the other. */
export class Lookout {
  readonly #wanted: Wanted;
  readonly #trust: Trust;
  /** Bytes without which no certificate holds the name; a pattern may match anything. */
  readonly #needles: readonly string[];
  /** Names come again and again, and patterns are slow. */
  readonly #matches = new Map<string, boolean>();

  constructor(wanted: Wanted, trust: Trust) {
    this.#wanted = wanted;
    this.#trust = trust;
    const { identity } = wanted;
    this.#needles =
      identity === undefined ? [''] : [folded(Buffer.from(identity, 'latin1')), folded(Buffer.from(identity))];
  }

  /** Who an entry is of. */
  judge(body: Uint8Array): Judgement {
    let content: unknown;
    try {
      content = parseBody(body);
    } catch (cause) {
      if (!(cause instanceof VerificationError)) throw cause;
      return this.#mayHold(body) ? { leftOut: 'unreadable', isNamed: true } : STRANGER;
    }
    const judgements = [...verifiersIn(content)].map((verifier) => this.#judgeVerifier(verifier, content));
    return judgements.toSorted((one, other) => rank(other) - rank(one))[0] ?? STRANGER;
  }

  #judgeVerifier(verifier: Buffer, content: unknown): Judgement {
    // Keys of PGP have names, too, for which indexes know their entries.
    if (verifier.includes('-----BEGIN PGP')) return { isNamed: true };
    const der = certificateIn(verifier);
    if (der === undefined || !this.#mayHold(der)) return STRANGER;
    const certificate = parsed(der);
    return certificate === undefined ? { leftOut: 'unreadable', isNamed: true } : this.#judgeLeaf(certificate, content);
  }

  #judgeLeaf(leaf: Certificate, content: unknown): Judgement {
    const names = leaf.subjectAltNames.flatMap((name) => ('text' in name ? [name.text] : []));
    const identity = names.find((name) => this.#isMeant(name));
    if (identity === undefined) {
      const wanted = this.#wanted.identity?.toLowerCase();
      return { isNamed: names.some((name) => name.toLowerCase() === wanted) };
    }
    try {
      const { issuer } = subjectOf(leaf);
      checkIssued(leaf, this.#trust, leaf.notBefore);
      const { identityProvider = issuer } = this.#wanted;
      if (issuer !== identityProvider) return { leftOut: 'other provider', isNamed: true };
      const sighting = { identity, issuer, digest: digestIn(content), from: leaf.notBefore, until: leaf.notAfter };
      return { sighting, isNamed: true };
    } catch (cause) {
      if (!(cause instanceof VerificationError)) throw cause;
      return { leftOut: 'not issued', isNamed: true };
    }
  }

  #isMeant(name: string): boolean {
    const known = this.#matches.get(name);
    if (known !== undefined) return known;
    const matches = isAccepted(name, this.#wanted);
    this.#matches.set(name, matches);
    return matches;
  }

  #mayHold(bytes: Uint8Array): boolean {
    const text = folded(bytes);
    return this.#needles.some((needle) => text.includes(needle));
  }
}

/** What an entry says it can be verified with; every kind of entry has its certificates and keys in one of these places. */
function* verifiersIn(value: unknown, name = '', parent = ''): Generator<Buffer> {
  if (typeof value === 'string') {
    const isVerifier =
      name === 'verifier' ||
      name === 'publicKey' ||
      (name === 'content' && parent === 'publicKey') ||
      (name === 'rawBytes' && parent === 'x509Certificate');
    if (isVerifier) yield Buffer.from(value, 'base64');
  } else if (Array.isArray(value)) {
    for (const one of value) yield* verifiersIn(one, name, parent);
  } else if (isRecord(value)) {
    for (const [member, one] of Object.entries(value)) yield* verifiersIn(one, member, name);
  }
}

/** The certificate of whoever signed; those of authorities may follow. */
function certificateIn(verifier: Buffer): Uint8Array | undefined {
  const [block] = pemBlocks(verifier);
  if (block?.label === 'CERTIFICATE') {
    return Buffer.from(block.bytes.toString('latin1').replaceAll(/-----[^-\n]+-----|\s/g, ''), 'base64');
  }
  const isSequence = verifier[0] === 0x30;
  return isSequence ? verifier : undefined;
}

function parsed(der: Uint8Array): Certificate | undefined {
  try {
    return parseCertificate(der);
  } catch {
    return undefined;
  }
}

function folded(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1').toLowerCase();
}

function rank({ sighting, leftOut, isNamed }: Judgement): number {
  return sighting !== undefined ? 3 : leftOut !== undefined ? 2 : Number(isNamed);
}
