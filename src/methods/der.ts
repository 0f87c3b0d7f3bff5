// SPDX-License-Identifier: Apache-2.0
// The least of ASN.1 DER: tags, lengths, contents. One spelling for every length, or it is not DER; what stands in the
// contents of certificates, `asn1.ts` looks at.

/** One value of a DER encoding. */
export interface Element {
  /** The identifier octet. */
  readonly tag: number;
  /** What it holds. */
  readonly content: Uint8Array;
  /** All of it. */
  readonly bytes: Uint8Array;
}

/** Universal tags that this house looks for. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8: 0x0c,
  sequence: 0x30,
} as const;

/** The elements that fill `bytes` exactly; nothing if anything else is in there. */
export function readElements(bytes: Uint8Array): readonly Element[] | undefined {
  const elements: Element[] = [];
  for (let rest = bytes; rest.length > 0;) {
    const header = readHeader(rest);
    if (header === undefined) return undefined;
    const end = header.start + header.length;
    if (end > rest.length) return undefined;
    elements.push({ tag: header.tag, content: rest.subarray(header.start, end), bytes: rest.subarray(0, end) });
    rest = rest.subarray(end);
  }
  return elements;
}

/** The members of the one SEQUENCE that `bytes` are; nothing if they are anything else. */
export function readSequence(bytes: Uint8Array): readonly Element[] | undefined {
  const [sequence, ...more] = readElements(bytes) ?? [];
  if (sequence?.tag !== TAG.sequence || more.length > 0) return undefined;
  return readElements(sequence.content);
}

/** The magnitude of a positive INTEGER, without the octet that holds its sign; nothing for zero and below. */
export function positiveInteger(element: Element | undefined): Uint8Array | undefined {
  if (element?.tag !== TAG.integer) return undefined;
  const { content } = element;
  const [first = 0x80, second = 0] = content;
  if (first >= 0x80) return undefined;
  if (first > 0) return content;
  return second >= 0x80 ? content.subarray(1) : undefined;
}

/** Refuses tags of several octets, indefinite lengths, and lengths with a shorter spelling (X.690, section 10.1). */
function readHeader(bytes: Uint8Array): { tag: number; start: number; length: number } | undefined {
  const [tag, first] = bytes;
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return undefined;
  if (first < 0x80) return { tag, start: 2, length: first };
  const octets = bytes.subarray(2, 2 + (first & 0x7f));
  if (octets.length === 0 || octets.length !== (first & 0x7f) || octets.length > 4 || octets[0] === 0) return undefined;
  const length = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  return length < 0x80 ? undefined : { tag, start: 2 + octets.length, length };
}

/** One value in DER: what `readElements` reads. */
export function writeElement(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  const digits = length.toString(16);
  const octets = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.of(tag, 0x80 | octets.length), octets, content]);
}

/** A positive INTEGER in DER: no octet too many, and one more where the sign would be misread. */
export function writeInteger(magnitude: Uint8Array): Buffer {
  const start = magnitude.findIndex((octet) => octet !== 0);
  const digits = start === -1 ? Buffer.of(0) : magnitude.subarray(start);
  return writeElement(TAG.integer, ...((digits[0] ?? 0) >= 0x80 ? [Buffer.of(0), digits] : [digits]));
}
