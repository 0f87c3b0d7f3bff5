// SPDX-License-Identifier: Apache-2.0
// Update repositories (TUF): what was fetched from one is kept as a whole and read without the network; fetching works
// on a copy of what is kept, so that a run that fails leaves everything as it was.

import { createHash, randomBytes } from 'node:crypto';
import { cp, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import type { TUF } from '@sigstore/tuf';

import { InputError, type ModelSigningError, SigningError, VerificationError } from '../errors.js';
import { parseJson, escape } from '../native.js';
import {
  type TrustDocuments,
  readSigningConfig,
  readTrust,
  readTrustedRoot,
  writeTrust,
} from './sigstore-trust-file.js';

/** An update repository, and where what comes from it is kept. */
export interface Repository {
  readonly url: string;
  /** The path of the root that everything starts from. */
  readonly root: string;
  readonly folder: string;
  /** How long one request may take, in milliseconds. */
  readonly timeout: number;
}

/** What was fetched, and when. */
export interface KeptTrust extends TrustDocuments {
  readonly date: Date;
}

const KEPT = 'trust.json';
const METADATA = 'tuf';
const RETRIES = 2;
const TRUSTED_ROOT = 'trusted_root.json';
const SIGNING_CONFIG = 'signing_config.v0.2.json';

/** Where things are kept when nobody says where. */
export function defaultCacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'model-signing');
  if (process.platform === 'win32') {
    return join(environment['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'model-signing', 'Cache');
  }
  const given = environment['XDG_CACHE_HOME'] ?? '';
  return join(given.startsWith('/') ? given : join(homedir(), '.cache'), 'model-signing');
}

/** A folder for one repository that starts from one root: another root is another beginning. */
export function privateFolder(cacheFolder: string, url: string, root: Uint8Array): string {
  return join(urlFolder(cacheFolder, url), createHash('sha256').update(root).digest('hex').slice(0, 16));
}

/** The folder of all beginnings of one repository. */
export function urlFolder(cacheFolder: string, url: string): string {
  const { host, pathname } = new URL(url);
  return join(cacheFolder, encodeURIComponent(`${host}${pathname}`.replace(/\/$/, '')));
}

/** What was fetched last; nothing when nothing was. */
export async function keptTrust({ folder }: Pick<Repository, 'folder'>): Promise<KeptTrust | undefined> {
  const path = join(folder, KEPT);
  try {
    const [bytes, { mtime }] = await Promise.all([readFile(path), stat(path)]);
    return { ...readTrust(bytes), date: mtime };
  } catch (cause) {
    if (isAbsent(cause)) return undefined;
    const message = `what was kept in '${escape(path)}' cannot be used`;
    const hint = 'fetch it again: model-signing trust update; or remove the file';
    throw new InputError('TRUST_CACHE_INVALID', message, { hint, path, cause });
  }
}

/** Fetches what the repository says now, and keeps it. */
export async function fetchTrust(repository: Repository): Promise<KeptTrust> {
  const { folder } = repository;
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw unwritable(folder, cause);
  });
  const work = join(folder, `${METADATA}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`);
  try {
    await copyMetadata(folder, work);
    const documents = await updated(repository, work);
    await keep(folder, work, writeTrust(documents));
    return { ...documents, date: new Date() };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Metadata that are damaged are worth nothing: the beginning is made again. */
async function copyMetadata(folder: string, work: string): Promise<void> {
  await mkdir(work);
  const kept = join(folder, METADATA);
  try {
    await cp(kept, work, { recursive: true });
  } catch (cause) {
    if (!isAbsent(cause)) throw unwritable(work, cause);
  }
}

async function updated(repository: Repository, work: string): Promise<TrustDocuments> {
  const { url, root, timeout } = repository;
  const { initTUF } = await import('@sigstore/tuf');
  const options = { cachePath: work, mirrorURL: url, rootPath: root, timeout, retry: RETRIES };
  const forceInit = !(await isIntact(work, url));
  try {
    const client = await initTUF({ ...options, forceInit });
    const trustedRoot = readTrustedRoot(Buffer.from(await client.getTarget(TRUSTED_ROOT)));
    return { trustedRoot, signingConfig: await signingConfigFrom(client) };
  } catch (cause) {
    throw failure(url, cause);
  }
}

/** Not every repository has one: who only verifies needs none. */
async function signingConfigFrom(client: TUF): Promise<TrustDocuments['signingConfig']> {
  try {
    return readSigningConfig(Buffer.from(await client.getTarget(SIGNING_CONFIG)));
  } catch (cause) {
    if (hasCode(cause, 'TUF_FIND_TARGET_ERROR')) return undefined;
    throw cause;
  }
}

/** The library gives up on a root of its own that it cannot read; a given one takes its place then. */
async function isIntact(work: string, url: string): Promise<boolean> {
  try {
    parseJson(await readFile(join(urlFolder(work, url), 'root.json')));
    return true;
  } catch {
    return false;
  }
}

async function keep(folder: string, work: string, text: string): Promise<void> {
  const beside = join(work, KEPT);
  try {
    await writeFile(beside, text);
    await rename(beside, join(folder, KEPT));
    await replaceFolder(work, join(folder, METADATA));
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}

/** A folder is not replaced at once: another process may put its own there meanwhile, which is as good. */
async function replaceFolder(from: string, to: string): Promise<void> {
  try {
    await rm(to, { recursive: true, force: true });
    await rename(from, to);
  } catch (cause) {
    if (!hasCode(cause, 'ENOTEMPTY') && !hasCode(cause, 'EEXIST') && !hasCode(cause, 'EPERM')) throw cause;
  }
}

/** The network failed, or what came over it cannot be trusted: old, turned back, or not signed as it has to be. */
function failure(url: string, cause: unknown): ModelSigningError {
  const chain = causesOf(cause);
  const text = chain.map((error) => `${error.name} ${error.message}`).join(' ');
  const where = `the update repository '${escape(url)}'`;
  if (/fetch failed|Failed to download|TimeoutError|aborted|ECONN|ENOTFOUND|EAI_AGAIN/.test(text)) {
    const hint = 'check the network and the address, then try again';
    return new SigningError('TRUST_UPDATE_FAILED', `${where} cannot be reached`, { hint, cause });
  }
  const why = /expired/i.test(text)
    ? 'it has expired'
    : 'it is not signed as its root demands, or is older than before';
  const hint = 'do not go on with what it says; ask its operator, or check the clock of this machine';
  return new VerificationError('TRUST_UPDATE_REFUSED', `what ${where} says cannot be trusted: ${why}`, { hint, cause });
}

function causesOf(cause: unknown): Error[] {
  const chain: Error[] = [];
  for (let error = cause; error instanceof Error && chain.length < 8; error = error.cause) chain.push(error);
  return chain;
}

function unwritable(path: string, cause: unknown): InputError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
  const hint = 'make it writable, or name another folder for the cache';
  return new InputError('TRUST_CACHE_INVALID', `cannot write '${escape(path)}' (${code})`, { hint, path, cause });
}

function isAbsent(cause: unknown): boolean {
  return hasCode(cause, 'ENOENT');
}

function hasCode(cause: unknown, code: string): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === code;
}
