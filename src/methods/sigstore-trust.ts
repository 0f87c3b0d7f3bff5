// SPDX-License-Identifier: Apache-2.0
// Whom an instance trusts, ready to be asked: authorities as certificates, logs as keys, each for a span of time. What
// cannot be used is left out with a remark; a log's key that does not say since when it counts, counts never.

import { type KeyObject, createPublicKey } from 'node:crypto';

import { type CertificateAuthority, PublicKeyDetails, type TransparencyLogInstance } from '@sigstore/protobuf-specs';

import { escape } from '../native.js';
import type { Instance } from './sigstore-instance.js';
import { type Certificate, parseCertificate } from './x509.js';
import { keyWeakness } from './x509-signature.js';

/** A span of time; both ends belong to it. */
export interface Span {
  readonly start: Date;
  /** Nothing while it has not ended. */
  readonly end: Date | undefined;
}

/** An authority that issues certificates or timestamps. */
export interface Authority {
  readonly name: string;
  /** As the instance lists it: the one that acts first, the anchor last. */
  readonly chain: readonly [Certificate, ...Certificate[]];
  readonly span: Span;
}

/** A transparency log. */
export interface Log {
  readonly url: string;
  /** Who runs it: entries in two logs of one operator are the word of one. */
  readonly operator: string;
  /** Every name by which entries and checkpoints know it. */
  readonly ids: readonly Buffer[];
  readonly key: KeyObject;
  readonly span: Span;
}

/** Everything an instance vouches for. */
export interface Trust {
  readonly certificateAuthorities: readonly Authority[];
  readonly timestampAuthorities: readonly Authority[];
  readonly logs: readonly Log[];
  readonly certificateLogs: readonly Log[];
  /** Where it is from, in words for people. */
  readonly source: string;
  readonly remarks: readonly string[];
}

const START_OF_TIME = new Date(0);

/** Makes a trusted root ready to be asked. */
export function trustOf({ trustedRoot, source, remarks }: Instance): Trust {
  const { certificateAuthorities, timestampAuthorities, tlogs, ctlogs } = trustedRoot;
  const unused: string[] = [];
  const usable = <T, U>(instances: readonly T[], read: (instance: T) => U, nameOf: (instance: T) => string): U[] =>
    instances.flatMap((instance) => {
      try {
        return [read(instance)];
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : 'it cannot be read';
        unused.push(`'${escape(nameOf(instance))}' of ${source} is not used: ${why}`);
        return [];
      }
    });
  return {
    certificateAuthorities: usable(certificateAuthorities, authorityOf, ({ uri }) => uri),
    timestampAuthorities: usable(timestampAuthorities, authorityOf, ({ uri }) => uri),
    logs: usable(tlogs, logOf, ({ baseUrl }) => baseUrl),
    certificateLogs: usable(ctlogs, logOf, ({ baseUrl }) => baseUrl),
    source,
    remarks: [...remarks, ...unused],
  };
}

/** Whether a moment lies in a span. */
export function isWithin(time: Date, { start, end }: Span): boolean {
  return start <= time && (end === undefined || time <= end);
}

function authorityOf({ certChain, uri, validFor }: CertificateAuthority): Authority {
  const [first, ...rest] = (certChain?.certificates ?? []).map(({ rawBytes }) => parseCertificate(rawBytes));
  if (first === undefined) throw new Error('it has no certificate');
  const span = { start: validFor?.start ?? START_OF_TIME, end: validFor?.end };
  return { name: uri, chain: [first, ...rest], span };
}

function logOf({ baseUrl, operator, logId, checkpointKeyId, publicKey }: TransparencyLogInstance): Log {
  const { rawBytes, keyDetails, validFor } = publicKey ?? {};
  if (rawBytes === undefined || keyDetails === undefined) throw new Error('it has no key');
  if (validFor?.start === undefined) throw new Error('since when its key counts is not said');
  const ids = [logId, checkpointKeyId].flatMap((id) => (id === undefined ? [] : [id.keyId]));
  const span = { start: validFor.start, end: validFor.end };
  return { url: baseUrl, operator: operator || baseUrl, ids, key: keyOf(rawBytes, keyDetails), span };
}

function keyOf(der: Buffer, details: PublicKeyDetails): KeyObject {
  const isPkcs1 = details === PublicKeyDetails.PKCS1_RSA_PKCS1V5 || details === PublicKeyDetails.PKCS1_RSA_PSS;
  const key = createPublicKey({ key: der, format: 'der', type: isPkcs1 ? 'pkcs1' : 'spki' });
  const weakness = keyWeakness(key);
  if (weakness !== undefined) throw new Error(`it has ${weakness}`);
  return key;
}
