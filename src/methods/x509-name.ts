// SPDX-License-Identifier: Apache-2.0
// Names in certificates: as one line for people (RFC 4514), as a key for comparing (RFC 5280 section 7.1), and the
// general names of subject alternative names and name constraints (section 4.2.1.6).

import { type AttributeTypeAndValue, Name } from '@peculiar/asn1-x509';

import { type DerValue, TAG, childrenOf, decode, expectTag } from './asn1.js';

/** A distinguished name. */
export interface DistinguishedName {
  /** One line for people, most specific part first. */
  readonly text: string;
  /** Its parts, outermost first; two names are equal when these are. */
  readonly parts: readonly string[];
  /** E-mail addresses in it. */
  readonly emails: readonly string[];
}

/** A general name: what kind it is, and its value. */
export type GeneralName =
  | { readonly kind: 'email' | 'dns' | 'uri' | 'other'; readonly text: string }
  | { readonly kind: 'ip'; readonly address: Uint8Array }
  | { readonly kind: 'directory'; readonly name: DistinguishedName }
  | { readonly kind: 'unsupported'; readonly tag: number };

const EMAIL_ATTRIBUTE = '1.2.840.113549.1.9.1';
const ATTRIBUTES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'title',
  '2.5.4.42': 'GN',
  '2.5.4.97': 'organizationIdentifier',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  [EMAIL_ATTRIBUTE]: 'emailAddress',
};

/** Makes a name of the library one of ours. */
export function distinguishedName(name: Name): DistinguishedName {
  const parts = Array.from(name, (part) => [...part]);
  return {
    text: parts
      .toReversed()
      .map((part) => part.map(attributeText).join('+'))
      .join(','),
    parts: parts.map((part) => JSON.stringify(part.map(attributeKey).toSorted(byText))),
    emails: parts
      .flat()
      .filter(({ type }) => type === EMAIL_ATTRIBUTE)
      .map(valueText),
  };
}

/** Whether two names are equal. */
export function sameName(one: DistinguishedName, other: DistinguishedName): boolean {
  return one.parts.length === other.parts.length && startsWith(one, other);
}

/** Whether a name lies in the subtree that another one is the root of. */
export function startsWith(name: DistinguishedName, root: DistinguishedName): boolean {
  return root.parts.every((part, index) => name.parts[index] === part);
}

/** Reads one general name. */
export function generalName(value: DerValue): GeneralName {
  const text = (): string => Buffer.from(value.content).toString('latin1');
  switch (value.tag) {
    case 0x81:
      return { kind: 'email', text: text() };
    case 0x82:
      return { kind: 'dns', text: text() };
    case 0x86:
      return { kind: 'uri', text: text() };
    case 0x87:
      return { kind: 'ip', address: value.content };
    case 0xa4:
      return { kind: 'directory', name: directoryName(value) };
    case 0xa0:
      return otherName(value);
    default:
      return { kind: 'unsupported', tag: value.tag };
  }
}

/** A general name as evidence and as what an identity is compared with; kinds that are no identities get a prefix. */
export function generalNameText(name: GeneralName): string {
  switch (name.kind) {
    case 'ip':
      return `IP:${ipText(name.address)}`;
    case 'directory':
      return `dirName:${name.name.text}`;
    case 'unsupported':
      return `unsupported:${name.tag & 0x1f}`;
    case 'email':
    case 'dns':
    case 'uri':
    case 'other':
      return name.text;
  }
}

function directoryName(value: DerValue): DistinguishedName {
  const [name, ...rest] = childrenOf(value);
  if (name === undefined || rest.length > 0) throw new Error('it has a broken directory name');
  return distinguishedName(decode(name.bytes, Name));
}

/** Only the ones that hold a UTF-8 text can be compared; Sigstore's user names are such. */
function otherName(value: DerValue): GeneralName {
  const [type, wrapped] = childrenOf(value);
  expectTag(type, TAG.oid);
  const [inner] = childrenOf(expectTag(wrapped, 0xa0));
  if (inner?.tag !== TAG.utf8) return { kind: 'unsupported', tag: value.tag };
  return { kind: 'other', text: new TextDecoder('utf-8', { fatal: true }).decode(inner.content) };
}

function ipText(address: Uint8Array): string {
  if (address.length === 4) return [...address].join('.');
  const groups =
    Buffer.from(address)
      .toString('hex')
      .match(/.{1,4}/g) ?? [];
  return groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':');
}

function attributeText(attribute: AttributeTypeAndValue): string {
  const name = ATTRIBUTES[attribute.type] ?? attribute.type;
  return `${name}=${escapeValue(valueText(attribute))}`;
}

/** RFC 4514 section 2.4; what cannot be seen or turns a line around becomes bytes in hexadecimal. */
function escapeValue(text: string): string {
  return text
    .replace(/["+,;<>\\]/g, '\\$&')
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\u2028\u2029]/gu, hexEscape)
    .replace(/^[ #]|(?<!\\) $/g, '\\$&');
}

function hexEscape(character: string): string {
  return Buffer.from(character)
    .toString('hex')
    .replace(/../g, (byte) => `\\${byte}`);
}

function attributeKey(attribute: AttributeTypeAndValue): string {
  const text = valueText(attribute);
  const isText = attribute.value.anyValue === undefined;
  const folded = isText ? text.normalize('NFKC').toLowerCase().trim().replace(/\s+/g, ' ') : text;
  return `${attribute.type} ${isText ? 'text' : 'bytes'} ${folded}`;
}

function byText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function valueText({ value }: AttributeTypeAndValue): string {
  if (value.anyValue !== undefined) return `#${Buffer.from(value.anyValue).toString('hex')}`;
  return value.toString();
}
