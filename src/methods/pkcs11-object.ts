// SPDX-License-Identifier: Apache-2.0
// Objects on a token: finding them by what a URI says, and reading what they show of themselves.

import { endianness } from 'node:os';

import { type ModelSigningError, errorOf } from '../errors.js';
import { escape } from '../native.js';
import { ATTRIBUTE, CLASS } from './pkcs11-constants.js';
import { ckrOf, moduleFailure } from './pkcs11-failure.js';
import { type Session, shown } from './pkcs11-session.js';
import { type Pkcs11Uri, formatPkcs11Uri } from './pkcs11-uri.js';

/** An object that was found. */
export interface TokenObject {
  readonly session: Session;
  readonly handle: Buffer;
  readonly class: number;
  readonly label: string;
  readonly id: Buffer;
}

/** What objects have to have. */
export interface Wanted {
  readonly class: number;
  readonly label?: string | undefined;
  readonly id?: Buffer | undefined;
}

/** More objects than anybody keeps on a token. */
const MOST_OBJECTS = 10_000;
const MOST_SHOWN = 8;

/** The objects of a class that have this label and this id, as far as they are given. */
export function findObjects(session: Session, wanted: Wanted): TokenObject[] {
  const { api } = session.token.module;
  const template: { type: number; value: number | Buffer }[] = [{ type: ATTRIBUTE.class, value: wanted.class }];
  if (wanted.label !== undefined) template.push({ type: ATTRIBUTE.label, value: Buffer.from(wanted.label) });
  if (wanted.id !== undefined) template.push({ type: ATTRIBUTE.id, value: wanted.id });
  try {
    api.C_FindObjectsInit(session.handle, template);
    try {
      return handles(session)
        .map((handle) => describe(session, handle, wanted.class))
        .toSorted(byName);
    } finally {
      api.C_FindObjectsFinal(session.handle);
    }
  } catch (cause) {
    throw moduleFailure(`looking for objects on ${shown(session.token)}`, cause);
  }
}

/** The one object of a class that a URI names. */
export function oneObject(session: Session, uri: Pkcs11Uri, objectClass: number): TokenObject {
  const found = findObjects(session, { class: objectClass, label: uri.object, id: uri.id });
  const [first, ...others] = found;
  if (first === undefined) throw noObject(session, uri, objectClass);
  if (others.length === 0) return first;
  const name = namesOf(objectClass)[1];
  const message = `${found.length} ${name} on ${shown(session.token)} fit ${criteria(uri)}: ${listed(found)}`;
  const hint = 'name one of them by object and id in the URI';
  throw errorOf('PKCS11_OBJECT_AMBIGUOUS', message, { hint });
}

/** An attribute, or nothing where the object does not have it, or keeps it to itself. */
export function attribute({ session, handle }: TokenObject, type: number): Buffer | undefined {
  try {
    const [found] = session.token.module.api.C_GetAttributeValue(session.handle, handle, [{ type }]);
    return Buffer.isBuffer(found?.value) ? found.value : undefined;
  } catch (cause) {
    if (WITHHELD.has(ckrOf(cause) ?? '')) return undefined;
    throw moduleFailure(`reading an object on ${shown(session.token)}`, cause);
  }
}

const WITHHELD: ReadonlySet<string> = new Set(['CKR_ATTRIBUTE_TYPE_INVALID', 'CKR_ATTRIBUTE_SENSITIVE']);

/** An attribute that is a number: an unsigned long of this machine. */
export function numberAttribute(object: TokenObject, type: number): number | undefined {
  const [number] = ulongs(attribute(object, type) ?? Buffer.alloc(0));
  return number;
}

/** An attribute that is a list of numbers. */
export function ulongs(bytes: Buffer): number[] {
  const size = process.platform === 'win32' || !process.arch.includes('64') ? WIDTHS.narrow : WIDTHS.wide;
  const width = process.arch === 's390x' ? WIDTHS.wide : size;
  const numbers: number[] = [];
  for (let start = 0; start + width <= bytes.length; start += width) {
    const low = endianness() === 'LE' ? start : start + width - 4;
    numbers.push(endianness() === 'LE' ? bytes.readUInt32LE(low) : bytes.readUInt32BE(low));
  }
  return numbers;
}

const WIDTHS = { narrow: 4, wide: 8 } as const;

/** An object as messages and lists show it: never more than its names. */
export function uriOfObject({ label, id }: Pick<TokenObject, 'label' | 'id'>): string {
  return formatPkcs11Uri({ object: label === '' ? undefined : label, id: id.length === 0 ? undefined : id });
}

function handles(session: Session): Buffer[] {
  const found: Buffer[] = [];
  for (;;) {
    const next = session.token.module.api.C_FindObjects(session.handle, 100);
    found.push(...next);
    if (next.length === 0 || found.length >= MOST_OBJECTS) return found;
  }
}

function describe(session: Session, handle: Buffer, objectClass: number): TokenObject {
  const plain = { session, handle, class: objectClass, label: '', id: Buffer.alloc(0) };
  const label = attribute(plain, ATTRIBUTE.label)?.toString('utf8') ?? '';
  return { ...plain, label, id: attribute(plain, ATTRIBUTE.id) ?? plain.id };
}

/** Tokens have no order of their own. */
function byName(one: TokenObject, other: TokenObject): number {
  if (one.label !== other.label) return one.label < other.label ? -1 : 1;
  return Buffer.compare(one.id, other.id);
}

function noObject(session: Session, uri: Pkcs11Uri, objectClass: number): ModelSigningError {
  const all = findObjects(session, { class: objectClass });
  const [one, several] = namesOf(objectClass);
  const there = all.length === 0 ? `it shows no ${one}` : `there are: ${listed(all)}`;
  const message = `no ${one} on ${shown(session.token)} fits ${criteria(uri)}; ${there}`;
  const hint = `see which ${several} there are: model-signing pkcs11 list`;
  return errorOf('PKCS11_OBJECT_NOT_FOUND', message, { hint });
}

function namesOf(objectClass: number): readonly [one: string, several: string] {
  if (objectClass === CLASS.certificate) return ['certificate', 'certificates'];
  return objectClass === CLASS.privateKey ? ['private key', 'private keys'] : ['public key', 'public keys'];
}

function criteria({ object, id }: Pkcs11Uri): string {
  return `'${escape(formatPkcs11Uri({ object, id }))}'`;
}

function listed(objects: readonly TokenObject[]): string {
  const shownOnes = objects.slice(0, MOST_SHOWN).map((object) => `'${escape(uriOfObject(object))}'`);
  const more = objects.length > MOST_SHOWN ? ` and ${objects.length - MOST_SHOWN} more` : '';
  return shownOnes.join(', ') + more;
}
