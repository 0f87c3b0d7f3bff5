// SPDX-License-Identifier: Apache-2.0
// PEM (RFC 7468): labelled blocks in a text that may hold anything else. Works on bytes, since strings with keys in
// them cannot be wiped.

/** One block. */
export interface PemBlock {
  /** What stands after BEGIN. */
  readonly label: string;
  /** The block with its first and last line: a view into the text. */
  readonly bytes: Buffer;
}

const BEGIN = '-----BEGIN ';
const DASHES = '-----';

/** As long as any label that means something, and longer than that of an armoured PGP message. */
const LONGEST_LABEL = 64;

/** All complete blocks, in their order. A block without its END line is none. */
export function pemBlocks(text: Buffer): readonly PemBlock[] {
  const blocks: PemBlock[] = [];
  for (let at = text.indexOf(BEGIN); at !== -1; at = text.indexOf(BEGIN, at)) {
    const label = labelAt(text, at + BEGIN.length);
    const end = label === undefined ? -1 : endOf(text, at, label);
    if (label !== undefined && end !== -1) blocks.push({ label, bytes: text.subarray(at, end) });
    at = end === -1 ? at + BEGIN.length : end;
  }
  return blocks;
}

/** How many blocks of a label begin: where there are fewer blocks, one was cut off. */
export function countBegun(text: Buffer, label: string): number {
  return text.toString('latin1').split(`${BEGIN}${label}${DASHES}`).length - 1;
}

/** Whether a block is encrypted in the way older than PKCS #8 (RFC 1421, section 4.6.1.1). */
export function isTraditionallyEncrypted({ bytes }: PemBlock): boolean {
  return bytes.includes('Proc-Type: 4,ENCRYPTED');
}

function labelAt(text: Buffer, start: number): string | undefined {
  const end = text.subarray(start, start + LONGEST_LABEL + DASHES.length).indexOf(DASHES);
  return end === -1 ? undefined : text.toString('latin1', start, start + end);
}

/** Where the block's END line ends, if that comes before the next block begins. */
function endOf(text: Buffer, start: number, label: string): number {
  const next = text.indexOf(BEGIN, start + BEGIN.length);
  const last = `-----END ${label}-----`;
  const length = text.subarray(start, next === -1 ? text.length : next).indexOf(last);
  return length === -1 ? -1 : start + length + last.length;
}
