// SPDX-License-Identifier: Apache-2.0
// What a disk has room for. Nothing here ever fills one.
import { mkdirSync, statfsSync } from 'node:fs';
import { fail } from '../../npm/scripts/run.js';

/** What a disk keeps free besides what is asked for. */
const RESERVE = 2e9;
/** What a file costs besides its bytes, at most: its inode and its last block. */
const PER_FILE = 4608;
/** The part of a disk that an ever larger model leaves to others. */
const LEFT_TO_OTHERS = 0.25;

/**
 * Ends this process with a plain line when the disk has no room for that much.
 * @param {string} folder on the disk
 * @param {{ what: string, bytes: number, files: number }} wanted
 */
export function requireRoom(folder, { what, bytes, files }) {
  const { free, inodes } = room(folder);
  const wanted = bytes + files * PER_FILE + RESERVE;
  if (free < wanted) {
    const [need, have] = [wanted, free].map((count) => (count / 1e9).toFixed(1));
    fail(`${what} wants ${need} GB of free disk and there are ${have}; use --data FOLDER or --scale 0.1`);
  }
  if (inodes < files) fail(`${what} wants ${files} files and the disk has room for ${inodes}; use --data FOLDER`);
}

/**
 * The largest model of real bytes, at most as large as asked for, that leaves others their part of the disk: in whole
 * steps of 10 GB, or nothing.
 * @param {string} folder
 * @param {number} most
 */
export function largestModel(folder, most) {
  const step = Math.min(10e9, most);
  return Math.floor(Math.min(most, room(folder).free * (1 - LEFT_TO_OTHERS)) / step) * step;
}

/** @param {string} folder */
function room(folder) {
  mkdirSync(folder, { recursive: true });
  const { bavail, bsize, ffree } = statfsSync(folder);
  // File systems without a table of inodes say 0.
  return { free: bavail * bsize, inodes: ffree === 0 ? Number.POSITIVE_INFINITY : ffree };
}
