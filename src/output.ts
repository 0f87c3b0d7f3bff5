// SPDX-License-Identifier: Apache-2.0
// Where a signature or another output goes: checked before the long work, written at once or not at all. Whoever looks, also after a
// crash, sees the old file or the new one.

import { createHash, randomBytes } from 'node:crypto';
import {
  type BigIntStats,
  accessSync,
  closeSync,
  constants,
  fsync,
  lstatSync,
  openSync,
  readSync,
  readdir,
  rename,
  statSync,
  unlinkSync,
  writeFile,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { InputError } from './errors.js';
import { isInsideModel } from './inside.js';
import { escape } from './native.js';

/** What may not be written to, and what may. */
export interface OutputRules {
  /** Replace a file that is not a signature. */
  readonly force: boolean;
  /** Files that are never replaced, force or not: keys and certificates. */
  readonly inputs: readonly string[];
  /** The model: nothing in it is replaced but a signature, force or not. */
  readonly model: string | undefined;
}

// What may take its time does so elsewhere; what is one look at one file is not worth the way there and back. By the
// numbers of files: node:fs/promises takes 1 ms to load, and its file handles under Yarn Plug'n'Play cannot `fsync`.
const toDisk = promisify(fsync);
const write = promisify(writeFile);
const list = promisify(readdir);
const move = promisify(rename);

/** How much of a file is looked at to see what it is. */
const HEAD = 4096;

/** Says, before anything else is done, whether the file could be written. */
export async function checkOutput(path: string, rules: OutputRules): Promise<void> {
  checkReplaceable(path, rules);
  // In a model they would be signed as files of it, and then go.
  await removeLeftovers(path);
}

function checkReplaceable(path: string, { force, inputs, model }: OutputRules): void {
  const existing = checkPlace(path, inputs);
  if (!existing) return;
  // Also a signature can be what is signed.
  const isModel = model !== undefined && isSameFile(model, existing.stats);
  // An empty file holds nothing that could be lost.
  if (!isModel && (existing.head === '' || looksLikeBundle(existing.head))) return;
  if (isModel || (model !== undefined && isInsideModel(model, path))) {
    throw refused('OUTPUT_IS_INPUT', path, 'is a file of the model', 'give another path');
  }
  if (!force)
    throw refused('OUTPUT_NOT_A_BUNDLE', path, 'exists and is no signature', 'give another path, or force it');
}

/** The same for what is no signature: it replaces what it has to, but no signature and none of these files. */
export async function checkPlainOutput(path: string, inputs: readonly string[]): Promise<void> {
  const existing = checkPlace(path, inputs);
  if (!existing || !looksLikeBundle(existing.head)) return;
  throw refused('OUTPUT_IS_INPUT', path, 'is a signature', 'give another path');
}

/** Writes the file: beside its place first, then into its place by one rename. */
export async function writeOutput(path: string, text: string | Iterable<string>): Promise<void> {
  await removeLeftovers(path);
  const temporary = join(dirname(path), `${leftoverPrefix(path)}${process.pid}.${randomBytes(8).toString('hex')}.tmp`);
  try {
    await writeDurably(temporary, text);
    await moveInto(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    remove(temporary);
    throw unwritable(path, error);
  }
}

/** What is there already, and how it begins. */
interface Existing {
  readonly stats: BigIntStats;
  readonly head: string;
}

/** What is there already, if it may be replaced at all. */
function checkPlace(path: string, inputs: readonly string[]): Existing | undefined {
  checkFolder(path);
  if (isStream(path)) throw refused('OUTPUT_NOT_A_FILE', path, 'names a stream of a file', 'give another path');
  const stats = present(path);
  if (!stats) return undefined;
  if (stats.isSymbolicLink()) {
    throw refused('OUTPUT_IS_LINK', path, 'is a symbolic link', 'give the path it leads to, or remove it');
  }
  if (!stats.isFile()) throw refused('OUTPUT_NOT_A_FILE', path, 'is not a regular file', 'give another path');
  if (inputs.some((input) => isSameFile(input, stats))) {
    throw refused('OUTPUT_IS_INPUT', path, 'is one that this run reads', 'give another path');
  }
  const head = stats.size === 0n ? '' : headOf(path);
  if (!looksLikePrivateKey(head)) return { stats, head };
  throw refused('OUTPUT_IS_INPUT', path, 'holds a private key', 'give another path');
}

/** On Windows a colon leads to another content of the file before it, which no listing shows. */
function isStream(path: string): boolean {
  return process.platform === 'win32' && basename(path).includes(':');
}

function present(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    throw unwritable(path, error);
  }
}

function checkFolder(path: string): void {
  try {
    accessSync(dirname(path), constants.W_OK | constants.X_OK);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** Numbers of files on Windows have 64 bits: as doubles, those of neighbours can be equal. */
function isSameFile(path: string, { dev, ino }: BigIntStats): boolean {
  const other = found(() => statSync(path, { bigint: true }));
  return other !== undefined && other.dev === dev && other.ino === ino;
}

function headOf(path: string): string {
  const file = readable(path);
  try {
    const buffer = Buffer.alloc(HEAD);
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, HEAD, 0));
  } finally {
    closeSync(file);
  }
}

/** In a bundle one of these members stands near the front. */
function looksLikeBundle(head: string): boolean {
  return /^\s*\{/.test(head) && /"(?:mediaType|verificationMaterial|dsseEnvelope)"/.test(head);
}

/** Also one that this run does not read is gone for good once it is replaced. */
function looksLikePrivateKey(head: string): boolean {
  return /-----BEGIN [A-Z0-9 ]*PRIVATE KEY/.test(head) || (/^\s*\{[^]*"kty"/.test(head) && /"(?:d|k)"\s*:/.test(head));
}

function readable(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (error) {
    throw unwritable(path, error);
  }
}

async function writeDurably(path: string, text: string | Iterable<string>): Promise<void> {
  const file = openSync(path, 'wx', 0o666);
  try {
    for (const piece of typeof text === 'string' ? [text] : text) await write(file, piece);
    await toDisk(file);
  } finally {
    closeSync(file);
  }
}

/** What looks through every new file on Windows may hold the old one or the new one open for a moment. */
async function moveInto(temporary: string, path: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await move(temporary, path);
    } catch (error) {
      if (process.platform !== 'win32' || attempt === 10 || !isHeldOpen(error)) throw error;
      const { setTimeout: sleep } = await import('node:timers/promises');
      await sleep(attempt * 20);
    }
  }
}

function isHeldOpen(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['EACCES', 'EBUSY', 'EPERM'].includes(String(error.code));
}

/** A rename is on the disk once its folder is; where folders cannot be opened, there is nothing to do. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const file = openSync(folder, constants.O_RDONLY);
  try {
    await toDisk(file);
  } finally {
    closeSync(file);
  }
}

/** What a killed run left behind goes with the next one; a process that still runs keeps its own. */
async function removeLeftovers(path: string): Promise<void> {
  const prefix = leftoverPrefix(path);
  for (const name of await list(dirname(path)).catch(() => [])) {
    const [, pid] = name.startsWith(prefix) ? (/^(\d+)\.\w+\.tmp$/.exec(name.slice(prefix.length)) ?? []) : [];
    const leftover = join(dirname(path), name);
    if (pid !== undefined && !isInUse(leftover, Number(pid))) remove(leftover);
  }
}

/** In a container every run has the same number: what is older than this process is not its own. */
function isInUse(leftover: string, pid: number): boolean {
  if (pid !== process.pid) return isRunning(pid);
  const existing = found(() => lstatSync(leftover));
  return existing !== undefined && existing.mtimeMs > Date.now() - process.uptime() * 1000;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** File systems allow names of 255 bytes, and this one has more behind it. */
function leftoverPrefix(path: string): string {
  const name = basename(path);
  const short = Buffer.byteLength(name) <= 200 ? name : createHash('sha256').update(name).digest('hex');
  return `.${short}.model-signing.`;
}

function remove(path: string): void {
  found(() => unlinkSync(path));
}

/** What a look at a file finds, if it finds anything. */
function found<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

function refused(
  code: 'OUTPUT_IS_INPUT' | 'OUTPUT_IS_LINK' | 'OUTPUT_NOT_A_BUNDLE' | 'OUTPUT_NOT_A_FILE',
  path: string,
  reason: string,
  hint: string,
): InputError {
  return new InputError(code, `the output file '${escape(path)}' ${reason}`, { hint, path });
}

function unwritable(path: string, cause: unknown): InputError {
  // Node's own words end with the call and the path once more.
  const reason = cause instanceof Error ? cause.message.replace(/, \w+ '.*$/s, '') : String(cause);
  const message = `cannot write the output file '${escape(path)}': ${escape(reason)}`;
  return new InputError('OUTPUT_UNWRITABLE', message, {
    hint: 'give a path in a folder you may write to',
    path,
    cause,
  });
}
