// SPDX-License-Identifier: Apache-2.0
// PKCS #11 URIs (RFC 7512), read to the letter and written. No error repeats anything that may be a PIN.

import { InputError } from '../errors.js';
import { escape } from '../native.js';

/** What an object is (RFC 7512, section 2.3). */
export const OBJECT_TYPES = ['public', 'private', 'cert', 'secret-key', 'data'] as const;

/** The kind of an object that a URI names. */
export type ObjectType = (typeof OBJECT_TYPES)[number];

/** A URI, taken apart and decoded. What it does not name is `undefined`; what is there and empty is empty. */
export interface Pkcs11Uri {
  readonly token: string | undefined;
  readonly manufacturer: string | undefined;
  readonly serial: string | undefined;
  readonly model: string | undefined;
  readonly libraryManufacturer: string | undefined;
  readonly libraryDescription: string | undefined;
  readonly libraryVersion: LibraryVersion | undefined;
  readonly slotDescription: string | undefined;
  readonly slotManufacturer: string | undefined;
  readonly slotId: bigint | undefined;
  readonly object: string | undefined;
  readonly type: ObjectType | undefined;
  readonly id: Buffer | undefined;
  readonly pinSource: string | undefined;
  readonly pinValue: string | undefined;
  readonly moduleName: string | undefined;
  readonly modulePath: string | undefined;
}

/** A version of a library: two numbers; the second is 0 where a URI leaves it out. */
export interface LibraryVersion {
  readonly major: number;
  readonly minor: number;
}

type Key = keyof Pkcs11Uri;
type Value = Pkcs11Uri[Key];
type Read = (bytes: Buffer) => Value;

/** Longer is nothing that a person or program meant. */
const LONGEST_URI = 65_536;

/** Attributes by their names: where each goes, and how it is read. */
type Attributes = ReadonlyMap<string, readonly [key: Key, read: Read]>;
const PATH_ATTRIBUTES: Attributes = new Map<string, readonly [Key, Read]>([
  ['token', ['token', readText]],
  ['manufacturer', ['manufacturer', readText]],
  ['serial', ['serial', readText]],
  ['model', ['model', readText]],
  ['library-manufacturer', ['libraryManufacturer', readText]],
  ['library-description', ['libraryDescription', readText]],
  ['library-version', ['libraryVersion', readVersion]],
  ['slot-description', ['slotDescription', readText]],
  ['slot-manufacturer', ['slotManufacturer', readText]],
  ['slot-id', ['slotId', readSlotId]],
  ['object', ['object', readText]],
  ['type', ['type', readType]],
  ['id', ['id', (bytes) => bytes]],
]);
const QUERY_ATTRIBUTES: Attributes = new Map<string, readonly [Key, Read]>([
  ['pin-source', ['pinSource', readName]],
  ['pin-value', ['pinValue', readText]],
  ['module-name', ['moduleName', readModuleName]],
  ['module-path', ['modulePath', readName]],
]);

/** Names that vendors may give: those that say so. What they mean is not known here, and they decide nothing. */
const VENDOR = /^(?:x|vendor)-[a-z0-9_-]+$/i;

/** What may stand for itself (RFC 7512, section 2.3: pk11-pchar, pk11-qchar). A plus is a plus. */
const PATH_VALUE = /^(?:[\w.~:[\]@!$'()*+,=&-]|%[0-9a-f]{2})*$/i;
const QUERY_VALUE = /^(?:[\w.~:[\]@!$'()*+,=/?|-]|%[0-9a-f]{2})*$/i;

const NOTHING: Pkcs11Uri = {
  token: undefined,
  manufacturer: undefined,
  serial: undefined,
  model: undefined,
  libraryManufacturer: undefined,
  libraryDescription: undefined,
  libraryVersion: undefined,
  slotDescription: undefined,
  slotManufacturer: undefined,
  slotId: undefined,
  object: undefined,
  type: undefined,
  id: undefined,
  pinSource: undefined,
  pinValue: undefined,
  moduleName: undefined,
  modulePath: undefined,
};

/** Whether a text means to be such a URI. */
export function looksLikePkcs11Uri(text: string): boolean {
  return /^pkcs11:/i.test(text);
}

/** Reads a URI. */
export function parsePkcs11Uri(text: string): Pkcs11Uri {
  if (!looksLikePkcs11Uri(text)) throw wrong("it does not begin with 'pkcs11:'", 'give one as pkcs11 list prints it');
  if (text.length > LONGEST_URI) throw wrong('it is too long', `the limit is ${LONGEST_URI} characters`);
  const [path = '', ...query] = text.slice('pkcs11:'.length).split('?');
  const uri = {
    ...NOTHING,
    ...readPart(path, ';', PATH_ATTRIBUTES, PATH_VALUE),
    ...(query.length === 0 ? {} : readPart(query.join('?'), '&', QUERY_ATTRIBUTES, QUERY_VALUE)),
  };
  if (uri.pinSource === undefined || uri.pinValue === undefined) return uri;
  throw wrong('it has both pin-source and pin-value', 'leave one of them out');
}

/** Writes a URI. */
export function formatPkcs11Uri(uri: Partial<Pkcs11Uri>): string {
  const write = (attributes: Attributes): string[] =>
    [...attributes].flatMap(([name, [key]]) => (uri[key] === undefined ? [] : [`${name}=${writeValue(uri[key])}`]));
  // Behind the '?' a slash stands for itself, and paths are easier to read so.
  const query = write(QUERY_ATTRIBUTES).join('&').replaceAll('%2F', '/');
  return `pkcs11:${write(PATH_ATTRIBUTES).join(';')}${query === '' ? '' : `?${query}`}`;
}

/** The URI as messages show it: without what is secret, and where the secret is. */
export function shownPkcs11Uri(uri: Pkcs11Uri): string {
  return formatPkcs11Uri({ ...uri, pinValue: undefined, pinSource: undefined });
}

function readPart(part: string, separator: string, known: Attributes, allowed: RegExp): Partial<Pkcs11Uri> {
  if (part === '') return {};
  const found = new Map<string, Value>();
  for (const [index, attribute] of part.split(separator).entries()) {
    const [, name = '', value = ''] = /^([\w-]+)=(.*)$/s.exec(attribute) ?? [];
    const place = `attribute ${index + 1} ${separator === '&' ? "behind '?'" : "before '?'"}`;
    if (name === '')
      throw wrong(`${place} is not of the form name=value`, "write ';' and '&' in values as %3B and %26");
    if (VENDOR.test(name)) continue;
    const [key, read] = known.get(name) ?? unknown(name, place);
    if (found.has(key)) throw wrong(`it has ${name} twice`, 'leave one of them out');
    if (!allowed.test(value)) throw wrong(`the value of ${name} has a character that must not stand there`, PERCENT);
    found.set(key, valueOf(name, read, value));
  }
  return Object.fromEntries(found);
}

const PERCENT = "write it as '%' and two hexadecimal digits, a space as %20";

/** Only names of the standard are repeated: what stands behind a wrongly written PIN may be the rest of it. */
function unknown(name: string, place: string): never {
  if (QUERY_ATTRIBUTES.has(name)) throw wrong(`${name} stands before the '?'`, 'write it behind: pkcs11:…?name=value');
  if (PATH_ATTRIBUTES.has(name)) throw wrong(`${name} stands behind the '?'`, "write it before the '?'");
  const names = [...PATH_ATTRIBUTES.keys(), ...QUERY_ATTRIBUTES.keys()].join(', ');
  throw wrong(`${place} has an unknown name`, `the names are ${names}, and x-… for vendors`);
}

function valueOf(name: string, read: Read, value: string): Value {
  try {
    return read(decode(value));
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    // The decoder's own error may hold the text.
    throw wrong(`the value of ${name} is not what it has to be`, HINTS.get(name) ?? 'write it as UTF-8 without NUL');
  }
}

const HINTS: ReadonlyMap<string, string> = new Map([
  ['library-version', 'write it as 2 or 2.40'],
  ['slot-id', 'write it as a whole number'],
  ['type', `write one of ${OBJECT_TYPES.join(', ')}`],
  ['module-name', 'write the name alone: softhsm2 for libsofthsm2.so'],
  ['module-path', 'write the path of the module, or of its folder'],
  ['pin-source', 'write file: and an absolute path'],
]);

function decode(value: string): Buffer {
  const text = value.replaceAll(/%([0-9a-f]{2})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return Buffer.from(text, 'latin1');
}

function readText(bytes: Buffer): string {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  if (!text.includes('\0')) return text;
  throw new RangeError('NUL');
}

function readName(bytes: Buffer): string {
  if (bytes.length > 0) return readText(bytes);
  throw new RangeError('empty');
}

function readModuleName(bytes: Buffer): string {
  const name = readName(bytes);
  if (!/[/\\]/.test(name) && name !== '.' && name !== '..') return name;
  throw new RangeError('a path');
}

function readVersion(bytes: Buffer): LibraryVersion {
  const [, major = '', minor = '0'] = /^(\d{1,3})(?:\.(\d{1,3}))?$/.exec(bytes.toString('latin1')) ?? [];
  if (major !== '') return { major: Number(major), minor: Number(minor) };
  throw new RangeError('no version');
}

/** Slots are numbered by unsigned longs. */
function readSlotId(bytes: Buffer): bigint {
  const text = bytes.toString('latin1');
  if (/^\d{1,20}$/.test(text) && BigInt(text) < 2n ** 64n) return BigInt(text);
  throw new RangeError('no number');
}

function readType(bytes: Buffer): ObjectType {
  const type = OBJECT_TYPES.find((name) => name === bytes.toString('latin1'));
  if (type !== undefined) return type;
  throw new RangeError('no type');
}

function writeValue(value: NonNullable<Value>): string {
  if (Buffer.isBuffer(value)) return value.toString('hex').replaceAll(/../g, '%$&').toUpperCase();
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'object' && 'major' in value) return `${value.major}.${value.minor}`;
  return encodeURIComponent(value).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function wrong(what: string, hint: string): InputError {
  return new InputError('PKCS11_URI_INVALID', escape(`the PKCS #11 URI cannot be used: ${what}`), { hint });
}
