// SPDX-License-Identifier: Apache-2.0
// Which bytes of a model stand for all of it. Large files are one long space, cut into equal pieces spread over it;
// of small files some of every size are taken whole.

/** Bytes of one file, by its place in the list. */
export interface Part {
  readonly file: number;
  readonly start: number;
  readonly end: number;
}

/** Files up to this size are measured whole: opening them may cost more than hashing them. */
export const SMALL = 2 ** 20;

/** The engine reads at multiples of this, and so do pieces that are long enough; the others start at pages. */
const WINDOW = 4 * 2 ** 20;
const PAGE = 4096;

/** Of neighbouring small files. */
const ROWS = 32;

/** The large files, whole. */
export function largeFiles(sizes: ArrayLike<number>): Part[] {
  return Array.from(sizes).flatMap((size, file) => (size > SMALL ? [{ file, start: 0, end: size }] : []));
}

/**
 * Some small files, of every size in the same proportion, and not more bytes than are worth measuring: a few rows of
 * neighbours in the order that the engine takes them in, largest first. Neighbours were made one after the other, so
 * that what the system knows of them lies together; files picked one by one cost a third more than all of them do.
 */
export function someSmallFiles(sizes: ArrayLike<number>, most: number, mostBytes: number): Part[][] {
  const small = Array.from(sizes).flatMap((size, file) => (size <= SMALL ? [{ file, start: 0, end: size }] : []));
  small.sort((one, other) => other.end - one.end);
  const bytes = bytesOf(small);
  const wanted = Math.min(small.length, most, Math.max(1, Math.floor((small.length * mostBytes) / Math.max(1, bytes))));
  const rows = Math.min(ROWS, wanted);
  const border = (row: number): number => Math.floor((row * small.length) / rows);
  return Array.from({ length: rows }, (_, row) => {
    const share = small.slice(border(row), border(row + 1));
    const length = Math.max(1, Math.round((share.length * wanted) / small.length));
    // From the middle of its share, so that it stands for all of that.
    const start = Math.floor((share.length - length) / 2);
    return share.slice(start, start + length);
  });
}

/** The beginnings of all rows, so many files in all; in the order of the list, as a model is hashed. */
export function fromRows(rows: readonly Part[][], files: number): Part[] {
  const all = rows.reduce((sum, row) => sum + row.length, 0);
  const share = Math.min(1, files / Math.max(1, all));
  const chosen = rows.flatMap((row) => row.slice(0, Math.max(1, Math.round(row.length * share))));
  return chosen.toSorted((one, other) => one.file - other.file);
}

/**
 * Equal pieces spread evenly over a space, together at most so many bytes. A piece may lie in several files.
 *
 * @param phase - From 0 to 1: where between two pieces this lies, so that repeated cuts need not meet the same bytes.
 */
export function cut(space: readonly Part[], pieces: number, bytes: number, phase = 0): Part[] {
  return pieceByPiece(space, pieces, bytes, phase).flat();
}

/** The same, each piece by itself. */
export function pieceByPiece(space: readonly Part[], pieces: number, bytes: number, phase = 0): Part[][] {
  const total = bytesOf(space);
  const pitch = total / pieces;
  const length = Math.min(pitch, bytes / pieces);
  return Array.from({ length: pieces }, (_, index) => {
    const start = index * pitch + phase * (pitch - length);
    return between(space, start, Math.min(total, start + length), length < 4 * WINDOW ? PAGE : WINDOW);
  });
}

/** How many bytes parts are. */
export function bytesOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** As the core takes them. */
export function numbersOf(parts: readonly Part[]): Float64Array {
  return Float64Array.from(parts.flatMap(({ file, start, end }) => [file, start, end]));
}

/** From one place of a space to another, both moved down to a multiple of something within their file. */
function between(space: readonly Part[], from: number, to: number, multiple: number): Part[] {
  const found: Part[] = [];
  let before = 0;
  for (const { file, start, end } of space) {
    const place = (at: number): number => {
      const offset = start + at - before;
      return offset >= end ? end : Math.max(start, Math.floor(offset / multiple) * multiple);
    };
    if (before + end - start > from && before < to) {
      const [first, last] = [place(from), place(to)];
      if (last > first) found.push({ file, start: first, end: last });
    }
    before += end - start;
  }
  return found;
}
