// SPDX-License-Identifier: Apache-2.0
// Options that several methods take: each checked in one way, whoever takes it.

import { OptionReader, invalidOption } from '../option-reader.js';
import type { CertificateSource } from './certificate-file.js';
import { type ResolvedKeySource, resolveKeySource } from './key-material.js';
import { type Password, isPassword } from './password.js';

/** The longest time a timer of Node.js can wait: 24 days. */
export const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** Reads the options of one method. */
export class MethodOptions extends OptionReader {
  /** A key that the method cannot do without. */
  key(name: string): ResolvedKeySource {
    return resolveKeySource(this.take(name, isAnything, 'a key'), name);
  }

  password(name: string): Password | undefined {
    return this.take(name, isPassword, 'text, bytes, or a function that asks for it');
  }

  /** A certificate that the method cannot do without. */
  certificate(name: string): CertificateSource {
    const source = this.take(name, isCertificateSource, 'a path, a file: URL or bytes');
    if (source !== undefined) return source;
    throw invalidOption(`option ${name} is missing`, 'give a path, a file: URL or bytes');
  }

  /** An empty list for an option that was given is a mistake that would relax a rule. */
  certificates(name: string): readonly CertificateSource[] {
    return this.take(name, isSources, 'a list of paths, file: URLs or bytes, not empty') ?? [];
  }

  /** SHA-256 of a certificate, with colons or without; returned without, in lowercase. */
  fingerprint(name: string): string | undefined {
    const value = this.take(name, isFingerprint, 'SHA-256 of the certificate: 64 hexadecimal digits');
    return value?.replaceAll(':', '').toLowerCase();
  }

  /** An address on the web. User and password do not belong into one: whoever reads logs would read them. */
  webAddress(name: string): URL | undefined {
    const address = this.take(name, isWebAddress, 'an http: or https: address without user and password');
    return address === undefined ? undefined : new URL(address);
  }

  /** How long to wait for one answer of a service. */
  timeout(name: string): number | undefined {
    return this.count(name, LONGEST_TIMEOUT, `milliseconds, a whole number from 1 to ${LONGEST_TIMEOUT}`);
  }
}

function isAnything(_value: unknown): _value is unknown {
  return true;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isWebAddress(value: unknown): value is string | URL {
  const url = (typeof value === 'string' && URL.canParse(value)) || value instanceof URL ? new URL(value) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}

function isFingerprint(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/i.test(value.replaceAll(':', ''));
}

function isSources(value: unknown): value is readonly CertificateSource[] {
  return Array.isArray(value) && value.length > 0 && value.every(isCertificateSource);
}

/** Whether this can be a certificate. */
export function isCertificateSource(value: unknown): value is CertificateSource {
  return isText(value) || value instanceof URL || value instanceof Uint8Array;
}
