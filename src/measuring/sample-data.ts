// SPDX-License-Identifier: Apache-2.0
// Data to measure where no model is given: one large file and some small ones in a temporary folder, which goes at the
// end, whatever the end is.

import { randomFillSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, open, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Data on disk. */
export interface SampleData {
  readonly path: string;
  readonly bytes: number;
  readonly remove: () => void;
}

const BLOCK = 8 * 2 ** 20;
const LARGEST = 512 * 2 ** 20;
const LEAST = 2 * BLOCK;
/** To remove the data, and milliseconds between two of them. */
const ATTEMPTS = 50;
const PAUSE = 10;

const SMALL_FILES = 500;
const SMALL_SIZE = 16 * 2 ** 10;

/** Makes it. Its size depends on what room there is, and on how fast the disk takes it. */
export async function makeSampleData(
  availableMemory: number,
  seconds: number,
  signal: AbortSignal | undefined,
): Promise<SampleData> {
  // At once, so that no signal comes between the folder and who removes it.
  const folder = mkdtempSync(join(tmpdir(), 'model-signing-benchmark-'));
  const remove = (): void => removeFolder(folder);
  // A signal ends the command by process.exit, which waits for no promise.
  process.once('exit', remove);
  const removeNow = (): void => {
    process.off('exit', remove);
    remove();
  };
  try {
    const path = join(folder, 'sample');
    await mkdir(path);
    const { bavail, bsize } = await statfs(folder);
    const room = Math.min(LARGEST, (bavail * bsize) / 10, availableMemory / 8);
    const large = await writeLarge(join(path, 'large.bin'), Math.max(LEAST, room), seconds, signal);
    await writeSmall(path, signal);
    return { path, bytes: large + SMALL_FILES * SMALL_SIZE, remove: removeNow };
  } catch (error) {
    removeNow();
    throw error;
  }
}

/**
 * When a signal comes while the data is made, threads of Node.js may still create the files they were told to, behind
 * the back of whoever empties the folder. They are told no more by then, so that trying again comes to an end.
 */
function removeFolder(folder: string): void {
  for (let attempt = 1; ; attempt += 1) {
    try {
      rmSync(folder, { recursive: true, force: true });
      return;
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
    }
  }
}

/** Only what is on the disk can be dropped from the page cache, and be read from the disk then. */
async function writeLarge(path: string, most: number, seconds: number, signal: AbortSignal | undefined) {
  const until = performance.now() + seconds * 1000;
  const block = randomFillSync(Buffer.allocUnsafe(BLOCK));
  const file = await open(path, 'wx');
  try {
    let bytes = 0;
    while (bytes + BLOCK <= most && (bytes < LEAST || performance.now() < until)) {
      signal?.throwIfAborted();
      block.writeDoubleLE(bytes);
      await file.writeFile(block);
      bytes += BLOCK;
      if (bytes % (8 * BLOCK) === 0) await file.datasync();
    }
    await file.datasync();
    return bytes;
  } finally {
    await file.close();
  }
}

async function writeSmall(folder: string, signal: AbortSignal | undefined): Promise<void> {
  const content = randomFillSync(Buffer.allocUnsafe(SMALL_SIZE));
  const write = async (index: number): Promise<void> => {
    signal?.throwIfAborted();
    const file = await open(join(folder, `small-${index}.bin`), 'wx');
    try {
      await file.writeFile(content);
      await file.datasync();
    } finally {
      await file.close();
    }
  };
  for (let start = 0; start < SMALL_FILES; start += 50) {
    await Promise.all(Array.from({ length: 50 }, (_, index) => write(start + index)));
  }
}
