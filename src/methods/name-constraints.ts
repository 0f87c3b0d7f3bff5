// SPDX-License-Identifier: Apache-2.0
// Name constraints (RFC 5280 section 4.2.1.10): which names the certificates below an issuer may have. A constraint on
// a kind of name that cannot be compared here refuses every certificate with such a name.

import { type DerValue, TAG, childrenOf, expectTag, readDer } from './asn1.js';
import { type GeneralName, generalName, generalNameText, startsWith } from './x509-name.js';

/** What an issuer permits, when it permits anything of that kind, and what it excludes. */
export interface NameConstraints {
  readonly permitted: readonly GeneralName[];
  readonly excluded: readonly GeneralName[];
}

/** The names of a certificate that constraints are about. */
interface Named {
  readonly subject: { readonly text: string; readonly parts: readonly string[]; readonly emails: readonly string[] };
  readonly subjectAltNames: readonly GeneralName[];
}

/** The first name that constraints forbid, for people, or nothing. */
export function forbiddenName(certificate: Named, { permitted, excluded }: NameConstraints): string | undefined {
  const bad = namesOf(certificate).find((name) => {
    const within = (roots: readonly GeneralName[]): boolean => roots.some((root) => isWithin(name, root));
    const limits = permitted.filter((root) => isSameKind(name, root));
    return (limits.length > 0 && !within(limits)) || within(excluded) || isIncomparable(name, permitted, excluded);
  });
  return bad && generalNameText(bad);
}

/** Reads the extension. */
export function readNameConstraints(value: Uint8Array): NameConstraints {
  const parts = childrenOf(expectTag(readDer(value), TAG.sequence));
  if (parts.length === 0 || parts.some(({ tag }) => tag !== 0xa0 && tag !== 0xa1)) {
    throw new Error('it has broken name constraints');
  }
  const subtrees = (tag: number): GeneralName[] =>
    parts.filter((part) => part.tag === tag).flatMap((part) => childrenOf(part).map(readSubtree));
  return { permitted: subtrees(0xa0), excluded: subtrees(0xa1) };
}

/** Minimum and maximum have no meaning in this profile, so a subtree that has them is not understood. */
function readSubtree(value: DerValue): GeneralName {
  const [base, ...rest] = childrenOf(expectTag(value, TAG.sequence));
  if (base === undefined || rest.length > 0) throw new Error('it has a name constraint with a minimum or maximum');
  const name = generalName(base);
  if (name.kind === 'ip' && name.address.length !== 8 && name.address.length !== 32) {
    throw new Error('it has a broken address constraint');
  }
  return name;
}

/** The subject counts as a directory name, and the e-mail addresses in it as such. */
function namesOf({ subject, subjectAltNames }: Named): GeneralName[] {
  const emails = subject.emails.map((text) => ({ kind: 'email', text }) as const);
  const directory = subject.parts.length > 0 ? [{ kind: 'directory', name: subject } as const] : [];
  return [...subjectAltNames, ...directory, ...emails];
}

/** Addresses of the two lengths are two kinds: a permitted IPv4 range must not let every IPv6 address in, or out. */
function isSameKind(name: GeneralName, root: GeneralName): boolean {
  return name.kind === root.kind;
}

function isIncomparable(name: GeneralName, ...lists: readonly (readonly GeneralName[])[]): boolean {
  if (name.kind !== 'unsupported' && name.kind !== 'other') return false;
  return lists.flat().some(({ kind }) => kind === 'unsupported' || kind === 'other');
}

function isWithin(name: GeneralName, root: GeneralName): boolean {
  if (name.kind === 'directory') return root.kind === 'directory' && startsWith(name.name, root.name);
  if (name.kind === 'ip') return root.kind === 'ip' && isInRange(name.address, root.address);
  if (name.kind === 'unsupported' || root.kind !== name.kind || !('text' in root)) return false;
  const [text, base] = [name.text.toLowerCase(), root.text.toLowerCase()];
  switch (name.kind) {
    case 'dns':
      return base === '' || text === base || text.endsWith(base.startsWith('.') ? base : `.${base}`);
    case 'email':
      return isEmailWithin(name.text, root.text);
    case 'uri':
      return isHostWithin(hostOf(text), base);
    case 'other':
      return false;
  }
}

/** A whole mailbox, a host, or all hosts below a domain. The part before the `@` is case-sensitive. */
function isEmailWithin(text: string, base: string): boolean {
  const at = text.lastIndexOf('@');
  const host = text.slice(at + 1).toLowerCase();
  const baseAt = base.lastIndexOf('@');
  const baseHost = base.slice(baseAt + 1).toLowerCase();
  if (at < 0) return false;
  if (baseAt >= 0) return text.slice(0, at) === base.slice(0, baseAt) && host === baseHost;
  return isHostWithin(host, baseHost);
}

/** A base with a leading dot means all hosts below it, and not itself. */
function isHostWithin(host: string | undefined, base: string): boolean {
  if (host === undefined) return false;
  return base.startsWith('.') ? host.endsWith(base) : host === base;
}

function hostOf(uri: string): string | undefined {
  const [, authority] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/.exec(uri) ?? [];
  return authority?.replace(/^[^@]*@/, '').replace(/:\d*$/, '');
}

function isInRange(address: Uint8Array, range: Uint8Array): boolean {
  if (range.length !== address.length * 2) return false;
  return address.every((byte, index) => {
    const mask = range[address.length + index] ?? 0;
    return (byte & mask) === ((range[index] ?? 0) & mask);
  });
}
