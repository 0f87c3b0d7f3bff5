// SPDX-License-Identifier: Apache-2.0
// What is long is worked through in pieces, and the event loop turns between them: of a million files a statement has
// 135 MB, and whoever waits for something else meanwhile must not wait for that.

/** How many bytes a piece has: a multiple of three, of which base64 makes four characters without padding. */
export const PIECE = 3 * 2 ** 18;

/** The same bytes, piece by piece. */
export function* piecesOf(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  for (let start = 0; start < bytes.length; start += PIECE) yield bytes.subarray(start, start + PIECE);
}

/** Does something with each piece, and lets the event loop turn after it. */
export async function eachInTurn<T>(pieces: Iterable<T>, work: (piece: T) => void): Promise<void> {
  for (const piece of pieces) {
    work(piece);
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}
