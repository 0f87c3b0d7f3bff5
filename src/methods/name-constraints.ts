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
    const isSameKind = (root: GeneralName): boolean => comparableKind(root) === comparableKind(name);
    const isWithinAny = (roots: readonly GeneralName[]): boolean => roots.some((root) => isWithin(name, root));
    const limits = permitted.filter(isSameKind);
    if (!isComparable(name)) return limits.length > 0 || excluded.some(isSameKind);
    return (limits.length > 0 && !isWithinAny(limits)) || isWithinAny(excluded);
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

/** Other names are one kind, whether their value is a text or not. */
function comparableKind({ kind }: GeneralName): GeneralName['kind'] {
  return kind === 'other' ? 'unsupported' : kind;
}

/** What no subtree can be held against is forbidden by any constraint on its kind. */
function isComparable(name: GeneralName): boolean {
  switch (name.kind) {
    case 'unsupported':
    case 'other':
      return false;
    case 'email':
      return /^[^@]+@[^@]+$/.test(name.text);
    case 'uri':
      return hostOf(name.text) !== undefined;
    case 'ip':
    case 'dns':
    case 'directory':
      return true;
  }
}

function isWithin(name: GeneralName, root: GeneralName): boolean {
  if (name.kind === 'directory') return root.kind === 'directory' && startsWith(name.name, root.name);
  if (name.kind === 'ip') return root.kind === 'ip' && isInRange(name.address, root.address);
  if (name.kind === 'email') return root.kind === 'email' && isEmailWithin(name.text, root.text);
  if (name.kind === 'uri') return root.kind === 'uri' && isHostWithin(hostOf(name.text) ?? '', hostName(root.text));
  return name.kind === 'dns' && root.kind === 'dns' && isDomainWithin(hostName(name.text), hostName(root.text));
}

function isDomainWithin(domain: string, base: string): boolean {
  return base === '' || domain === base || domain.endsWith(base.startsWith('.') ? base : `.${base}`);
}

/** A whole mailbox, a host, or all hosts below a domain. The part before the `@` is case-sensitive. */
function isEmailWithin(text: string, base: string): boolean {
  const [box, host = ''] = text.split('@');
  const [baseBox, baseHost] = base.includes('@') ? base.split('@') : [undefined, base];
  return (baseBox === undefined || baseBox === box) && isHostWithin(hostName(host), hostName(baseHost ?? ''));
}

/** A base with a leading dot means all hosts below it, and not itself. */
function isHostWithin(host: string, base: string): boolean {
  return base.startsWith('.') ? host.endsWith(base) : host === base;
}

/** The host of a URI; one without, or with an address in its place, has none that could be compared. */
function hostOf(uri: string): string | undefined {
  const [, authority] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#\\]*)/i.exec(uri) ?? [];
  const host = hostName(authority?.replace(/^.*@/, '').replace(/:\d*$/, '') ?? '');
  return /^(?=.*[a-z])[a-z0-9_.-]+$/.test(host) ? host : undefined;
}

/** Upper case and the dot of the root make no difference. */
function hostName(text: string): string {
  return text.toLowerCase().replace(/\.$/, '');
}

function isInRange(address: Uint8Array, range: Uint8Array): boolean {
  if (range.length !== address.length * 2) return false;
  return address.every((byte, index) => {
    const mask = range[address.length + index] ?? 0;
    return (byte & mask) === ((range[index] ?? 0) & mask);
  });
}
