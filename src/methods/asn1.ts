// SPDX-License-Identifier: Apache-2.0
// One DER value, strictly (X.690 section 10): what a lenient reader and OpenSSL could read differently never gets past
// here. The schemas of the ASN.1 library see only bytes that passed. Throws plain errors; whoever calls names the file.

import { AsnConvert } from '@peculiar/asn1-schema';

import { type Element, TAG, readElements } from './der.js';

export { TAG };

/** One value: its tag byte, the bytes inside, and all its bytes. */
export type DerValue = Element;

const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const CONSTRUCTED = 0x20;
const CLASS = 0xc0;
const MOST_DEPTH = 40;
/** A revocation list of 4 MiB has fewer values than this. */
const MOST_VALUES = 2_000_000;

/** Reads bytes as a schema of the library says, once they are known to be strict DER. */
export function decode<T>(bytes: Uint8Array, schema: new () => T): T {
  readDer(bytes);
  return AsnConvert.parse(bytes, schema, { berOptions: { maxDepth: MOST_DEPTH * 2, maxNodes: MOST_VALUES } });
}

/** Writes a value of the library. */
export function encode(value: unknown): Uint8Array {
  return new Uint8Array(AsnConvert.serialize(value));
}

/** Reads exactly one value, strict in everything below it too. */
export function readDer(bytes: Uint8Array): DerValue {
  const [value, ...more] = valuesIn(bytes);
  if (value === undefined || more.length > 0) throw new Error('it is not one value');
  check(value, 0);
  return value;
}

/** The values inside a constructed one. */
export function childrenOf({ tag, content }: DerValue): readonly DerValue[] {
  if ((tag & CONSTRUCTED) === 0) throw new Error('a value that should hold others does not');
  return valuesIn(content);
}

/** The value itself, if it has the tag that belongs there. */
export function expectTag(value: DerValue | undefined, tag: number): DerValue {
  if (value?.tag !== tag) throw new Error('a value has the wrong type, or is missing');
  return value;
}

/** The whole bytes of a bit string, which signatures are. */
export function bitsOf(value: DerValue | undefined): Uint8Array {
  const { content } = expectTag(value, TAG.bitString);
  if (content[0] !== 0) throw new Error('it has a signature that does not end with a byte');
  return content.subarray(1);
}

/** An object identifier in its usual form. */
export function oidText(content: Uint8Array): string {
  const numbers: number[] = [];
  let number = 0;
  for (const byte of content) {
    number = number * 128 + (byte & 0x7f);
    if ((byte & 0x80) !== 0) continue;
    numbers.push(number);
    number = 0;
  }
  const [first = 0, ...rest] = numbers;
  const root = Math.min(Math.floor(first / 40), 2);
  return [root, first - root * 40, ...rest].join('.');
}

function valuesIn(bytes: Uint8Array): readonly DerValue[] {
  const values = readElements(bytes);
  if (values === undefined) throw new Error('it is not DER');
  return values;
}

function check(value: DerValue, depth: number): void {
  if (depth > MOST_DEPTH) throw new Error('it is nested too deep');
  const { tag } = value;
  if ((tag & CONSTRUCTED) !== 0) {
    const universal = (tag & CLASS) === 0;
    if (universal && tag !== TAG.sequence && tag !== 0x31) throw new Error('it has a string in pieces');
    for (const child of childrenOf(value)) check(child, depth + 1);
    return;
  }
  checkPrimitive(value);
}

function checkPrimitive({ tag, content }: DerValue): void {
  const [first, second] = content;
  if (tag === TAG.boolean) {
    if (content.length !== 1 || (first !== 0 && first !== 0xff)) throw new Error('it has a boolean that is neither');
  } else if (tag === TAG.integer) {
    if (first === undefined) throw new Error('it has an empty integer');
    const padded = (first === 0 && (second ?? 0x80) < 0x80) || (first === 0xff && (second ?? 0) >= 0x80);
    if (padded && content.length > 1) throw new Error('it has an integer that is not the shortest');
  } else if (tag === TAG.bitString) {
    checkBits(content);
  } else if (tag === TAG.null) {
    if (content.length > 0) throw new Error('it has a null with content');
  } else if (tag === TAG.oid) {
    if (first === undefined || ((content.at(-1) ?? 0) & 0x80) !== 0) throw new Error('it has a broken identifier');
  } else if (tag === TAG.sequence - CONSTRUCTED || tag === 0x11) {
    throw new Error('it has a sequence without structure');
  } else if (tag === UTC_TIME || tag === GENERALIZED_TIME) {
    checkTime(tag, Buffer.from(content).toString('latin1'));
  }
}

function checkBits(content: Uint8Array): void {
  const unused = content[0];
  const last = content.at(-1) ?? 0;
  if (unused === undefined || unused > 7 || (content.length === 1 && unused > 0)) {
    throw new Error('it has a broken bit string');
  }
  if (content.length > 1 && (last & ((1 << unused) - 1)) !== 0) throw new Error('it has a bit string with stray bits');
}

/** Seconds and `Z` are required (RFC 5280 section 4.1.2.5); fractions are for timestamps (RFC 3161 section 2.4.2). */
function checkTime(tag: number, text: string): void {
  const form = tag === UTC_TIME ? /^(\d\d)(\d{10})Z$/ : /^(\d{4})(\d{10})(?:\.\d*[1-9])?Z$/;
  const [, year, rest] = form.exec(text) ?? [];
  if (year === undefined || rest === undefined) throw new Error('it has a time in a wrong form');
  const full = year.length === 4 ? year : `${Number(year) < 50 ? '20' : '19'}${year}`;
  const [month, day, hour, minute, second] = rest.match(/\d\d/g) ?? [];
  const iso = `${full}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const time = new Date(iso);
  if (Number.isNaN(time.getTime()) || time.toISOString() !== iso) throw new Error('it has a time that does not exist');
}
