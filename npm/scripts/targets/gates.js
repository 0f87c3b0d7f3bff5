// SPDX-License-Identifier: Apache-2.0
// What an addon has to be before it may be published, read from the file itself. Each gate says what it found.
import { readFileSync, statSync } from 'node:fs';
import { ask } from '../run.js';

/** @typedef {(file: string) => string} Gate it throws where the file is not as it has to be */

const MOST_BYTES = 3_000_000;

/** @type {Gate} */
export function size(file) {
  const { size: bytes } = statSync(file);
  if (bytes > MOST_BYTES) throw new Error(`it has ${bytes} bytes, ${MOST_BYTES} are the most`);
  return `${(bytes / 1e6).toFixed(2)} MB`;
}

/**
 * The newest symbol version it asks of glibc, by readelf.
 * @param {string} floor the oldest glibc it has to run with
 * @returns {Gate}
 */
export function glibc(floor) {
  return (file) => {
    const { status, stdout, stderr, error } = readelf(['--version-info', '--wide', file]);
    if (status !== 0) throw new Error(`readelf cannot read it: ${error?.message ?? stderr.trim()}`);
    const versions = [...stdout.matchAll(/\bGLIBC_(\d+(?:\.\d+)+)/g)].map(([, version = '']) => version);
    const newest = versions.toSorted(byNumbers).at(-1);
    if (newest === undefined) throw new Error('it asks for no version of glibc: it is not linked to it');
    if (byNumbers(newest, floor) > 0) throw new Error(`it needs glibc ${newest}, the floor is ${floor}`);
    return `glibc ${newest}`;
  };
}

/** @param {readonly string[]} args */
function readelf(args) {
  const answer = ask('readelf', args, { LC_ALL: 'C' });
  return answer.error === undefined ? answer : ask('llvm-readelf', args);
}

/** Nothing of glibc is in it. @type {Gate} */
export function musl(file) {
  const { status, stdout, stderr, error } = readelf(['--dynamic', '--version-info', '--wide', file]);
  if (status !== 0) throw new Error(`readelf cannot read it: ${error?.message ?? stderr.trim()}`);
  const foreign = /\bGLIBC_[\d.]+|\[(?:libc\.so\.6|ld-linux[^\]]*)\]/.exec(stdout)?.[0];
  if (foreign !== undefined) throw new Error(`it is linked to glibc (${foreign})`);
  return 'musl';
}

/** The load commands of Mach-O that these gates read. */
const LC_BUILD_VERSION = 0x32;
const LC_CODE_SIGNATURE = 0x1d;
const MACOS = 1;
const CPU_ARM64 = 0x0100_000c;

/**
 * The oldest macOS it runs on, from its LC_BUILD_VERSION. On arm64 it has to be signed, too, if only by the linker:
 * nothing else is loaded there.
 * @param {string} floor
 * @returns {Gate}
 */
export function macos(floor) {
  return (file) => {
    const bytes = readFileSync(file);
    const commands = loadCommands(bytes);
    const version = commands.find(({ type }) => type === LC_BUILD_VERSION)?.bytes;
    if (version?.readUInt32LE(8) !== MACOS) throw new Error('it has no LC_BUILD_VERSION for macOS');
    const packed = version.readUInt32LE(12);
    const oldest = `${packed >> 16}.${(packed >> 8) & 0xff}`;
    if (oldest !== floor) throw new Error(`it is for macOS ${oldest} and later, it has to be ${floor}`);
    const isSigned = commands.some(({ type }) => type === LC_CODE_SIGNATURE);
    if (!isSigned && bytes.readUInt32LE(4) === CPU_ARM64) throw new Error('it has no signature');
    return `macOS ${oldest}`;
  };
}

/** @param {Buffer} file a 64-bit Mach-O file of little endian */
function loadCommands(file) {
  if (file.length < 32 || file.readUInt32LE(0) !== 0xfeed_facf) throw new Error('it is no 64-bit Mach-O file');
  const commands = [];
  for (let at = 32, left = file.readUInt32LE(16); left > 0; left -= 1) {
    const bytes = file.subarray(at, at + file.readUInt32LE(at + 4));
    commands.push({ type: bytes.readUInt32LE(0), bytes });
    at += bytes.length;
  }
  return commands;
}

/**
 * @param {string} one
 * @param {string} other
 */
function byNumbers(one, other) {
  const [a, b] = [one, other].map((version) => version.split('.').map(Number));
  const at = (a ?? []).findIndex((number, index) => number !== (b?.[index] ?? 0));
  if (at === -1) return 0;
  return (a?.[at] ?? 0) - (b?.[at] ?? 0);
}
