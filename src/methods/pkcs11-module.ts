// SPDX-License-Identifier: Apache-2.0
// The door to pkcs11js. A module is loaded and initialised once per process and shared by all who sign; it is finalised
// at the end of the process, and only by whom it was initialised.

import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isMainThread } from 'node:worker_threads';

import type * as pkcs11js from 'pkcs11js';
import type { PKCS11 } from 'pkcs11js';

import { InputError } from '../errors.js';
import { escape } from '../native.js';
import { CKF_OS_LOCKING_OK } from './pkcs11-constants.js';
import { ckrOf, moduleFailure } from './pkcs11-failure.js';
import type { LibraryVersion } from './pkcs11-uri.js';

/** A module that is loaded and initialised. */
export interface Module {
  /** Its real path. */
  readonly path: string;
  /** The functions of Cryptoki. They answer at once, and while they do nothing else runs; signing is the exception. */
  readonly api: PKCS11;
  /** Whether it surely may be called from several threads; otherwise nothing of ours runs beside anything else. */
  readonly isThreadSafe: boolean;
  readonly manufacturer: string;
  readonly description: string;
  readonly version: LibraryVersion;
  /** Signatures that are being made right now. */
  readonly busy: Set<unknown>;
}

/** Modules of this process by their real paths. They are kept: forgetting one would unload it under others' feet. */
const modules = new Map<string, Promise<Module>>();

/** Opens the module at a path, or hands out the one that is open. */
export async function openModule(path: string): Promise<Module> {
  const real = await realFile(resolve(path));
  const opened = modules.get(real) ?? initialise(real);
  modules.set(real, opened);
  try {
    return await opened;
  } catch (error) {
    // Perhaps the next attempt finds a configuration that was missing.
    if (modules.get(real) === opened) modules.delete(real);
    throw error;
  }
}

/** Fields of Cryptoki have fixed lengths and are filled up with spaces. */
export function unpadded(field: string): string {
  return field.replace(/[ \0]+$/, '');
}

async function initialise(path: string): Promise<Module> {
  const api = await load(path);
  const { isOurs, isThreadSafe } = start(api, path);
  const { manufacturerID, libraryDescription, libraryVersion: version } = api.C_GetInfo();
  const [manufacturer, description] = [unpadded(manufacturerID), unpadded(libraryDescription)];
  const module = { path, api, isThreadSafe, manufacturer, description, version, busy: new Set() };
  if (isOurs) finaliseAtExit(module);
  return module;
}

async function load(path: string): Promise<PKCS11> {
  const { PKCS11: Library } = await driver();
  const api = new Library();
  try {
    api.load(path);
    return api;
  } catch (cause) {
    api.close();
    const isForeign = cause instanceof Error && cause.message.includes('C_GetFunctionList');
    const what = isForeign
      ? 'is no PKCS #11 module: it lacks C_GetFunctionList'
      : 'cannot be loaded as a PKCS #11 module';
    const hint = 'give the path of a PKCS #11 module for this machine, such as libsofthsm2.so or opensc-pkcs11.so';
    throw new InputError('PKCS11_MODULE_INVALID', `the file '${escape(path)}' ${what}`, { hint, path, cause });
  }
}

/** The package that speaks to modules; everything else here is of no use without it. */
export async function driver(): Promise<typeof pkcs11js> {
  try {
    const found: { default: typeof pkcs11js } = await import('pkcs11js');
    return found.default;
  } catch (cause) {
    const hint = `run: npm install pkcs11js (npm 12 and later: ${APPROVE})`;
    const message = 'the package pkcs11js, which speaks to PKCS #11 modules, is missing or was not built';
    throw new InputError('PKCS11_PACKAGE_MISSING', message, { hint, cause });
  }
}

/** It is compiled where it is installed, and npm 12 runs nothing there that was not approved. */
const APPROVE = 'then npm install-scripts approve pkcs11js, and npm rebuild pkcs11js';

/**
 * Somebody else in this process may have initialised the module: then it is theirs, and nobody knows whether they asked
 * for locks.
 */
function start(api: PKCS11, path: string): { isOurs: boolean; isThreadSafe: boolean } {
  try {
    api.C_Initialize({ flags: CKF_OS_LOCKING_OK });
    return { isOurs: true, isThreadSafe: true };
  } catch (cause) {
    const name = ckrOf(cause);
    if (name === 'CKR_CRYPTOKI_ALREADY_INITIALIZED') return { isOurs: false, isThreadSafe: false };
    if (name !== 'CKR_CANT_LOCK') throw unusable(api, path, cause);
  }
  try {
    api.C_Initialize();
    return { isOurs: true, isThreadSafe: false };
  } catch (cause) {
    throw unusable(api, path, cause);
  }
}

function unusable(api: PKCS11, path: string, cause: unknown): InputError {
  api.close();
  const { message } = moduleFailure(`initialising the module '${escape(path)}'`, cause);
  const hint =
    'see that the configuration of the module is there (SOFTHSM2_CONF for SoftHSM) and that its service runs';
  return new InputError('PKCS11_MODULE_INVALID', message, { hint, path, cause });
}

/**
 * Only the main thread outlives all who may use the module: a thread that ends cannot know whether others still do. A
 * module in the middle of a signature is left to the end of the process.
 */
function finaliseAtExit({ api, busy }: Module): void {
  if (!isMainThread) return;
  process.once('exit', () => {
    if (busy.size > 0) return;
    try {
      api.C_Finalize();
    } catch {
      // The process ends; nobody is left to tell.
    }
  });
}

async function realFile(path: string): Promise<string> {
  try {
    const real = await realpath(path);
    if ((await stat(real)).isFile()) return real;
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause && cause.code !== 'ENOENT' ? ` (${String(cause.code)})` : '';
    throw missing(path, why === '' ? 'does not exist' : `cannot be read${why}`, cause);
  }
  throw missing(path, 'is not a file');
}

function missing(path: string, what: string, cause?: unknown): InputError {
  const hint = 'check the path, or leave it out where p11-kit knows the module';
  return new InputError('PKCS11_MODULE_NOT_FOUND', `the module '${escape(path)}' ${what}`, { hint, path, cause });
}
