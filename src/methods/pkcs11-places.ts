// SPDX-License-Identifier: Apache-2.0
// Where a module is: where the URI or the user says, in the usual folders of the system, or where p11-kit knows one.
// Nothing is ever loaded from anywhere else.

import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, isAbsolute, join, resolve } from 'node:path';

import { InputError } from '../errors.js';
import { escape } from '../native.js';
import { type Registered, registeredModules } from './p11-kit.js';
import type { Pkcs11Uri } from './pkcs11-uri.js';

/** Names of shared libraries, and the name by which people call each. */
const LIBRARY = /^(?:lib)?(.+?)(?:\.so(?:\.\d+)*|\.dylib|\.dll)$/i;

/** The paths of the modules that are meant; several only where nobody named one. */
export async function modulePathsFor(uri: Pkcs11Uri, given: readonly string[]): Promise<readonly string[]> {
  const { moduleName, modulePath } = uri;
  if (modulePath !== undefined) return [await atPath(modulePath, moduleName)];
  if (moduleName !== undefined) return [await byName(moduleName, given)];
  if (given.length > 0) return Promise.all(given.map(async (path) => atPath(path, undefined)));
  return registeredPaths();
}

/** The folders that the systems we know put modules into. */
export function usualFolders(platform: string = process.platform, environment = process.env): readonly string[] {
  if (platform === 'win32') return windowsFolders(environment);
  const parents =
    platform === 'darwin' ? ['/opt/homebrew/lib', '/usr/local/lib', '/Library/OpenSC/lib'] : linuxFolders();
  return parents.flatMap((folder) => [`${folder}/pkcs11`, `${folder}/softhsm`, folder]);
}

function linuxFolders(): readonly string[] {
  const triplet = TRIPLETS[process.arch];
  const multiarch = triplet === undefined ? [] : [`/usr/lib/${triplet}`];
  return [...multiarch, '/usr/lib64', '/usr/lib', '/usr/local/lib64', '/usr/local/lib'];
}

const TRIPLETS: Readonly<Record<string, string>> = {
  arm: 'arm-linux-gnueabihf',
  arm64: 'aarch64-linux-gnu',
  ia32: 'i386-linux-gnu',
  loong64: 'loongarch64-linux-gnu',
  ppc64: 'powerpc64le-linux-gnu',
  riscv64: 'riscv64-linux-gnu',
  s390x: 's390x-linux-gnu',
  x64: 'x86_64-linux-gnu',
};

function windowsFolders({
  ProgramFiles = 'C:\\Program Files',
  SystemRoot = 'C:\\Windows',
}: NodeJS.ProcessEnv): string[] {
  const programs = ['OpenSC Project\\OpenSC\\pkcs11', 'SoftHSM2\\lib', 'Yubico\\Yubico PIV Tool\\bin'];
  return [...programs.map((folder) => `${ProgramFiles}\\${folder}`), 'C:\\SoftHSM2\\lib', `${SystemRoot}\\System32`];
}

/** A path is a module, or the folder in which the name is looked for; a folder of one module needs no name. */
async function atPath(path: string, name: string | undefined): Promise<string> {
  const place = resolve(path);
  if (!(await isFolder(place))) return place;
  const found = await modulesIn(place, name);
  const [first, ...others] = found;
  if (first !== undefined && (others.length === 0 || name !== undefined)) return first;
  const what = first === undefined ? 'holds no such module' : `holds ${found.length} libraries`;
  throw notFound(
    `the folder '${escape(place)}' ${what}`,
    'give the path of the module itself, or its name as module-name',
  );
}

async function byName(name: string, given: readonly string[]): Promise<string> {
  for (const place of [...given.map((path) => resolve(path)), ...usualFolders()]) {
    const [found] = await modulesIn(place, name);
    if (found !== undefined) return found;
    if (isCalled(place, name) && (await exists(place))) return place;
  }
  const modules = await registeredModules();
  const registered = modules.find(
    (module) => module.name.toLowerCase() === name.toLowerCase() || isCalled(module.module, name),
  );
  if (registered !== undefined) return pathOf(registered);
  const hint = 'name its folder by --module-path, or give its path as module-path in the URI';
  throw notFound(`there is no PKCS #11 module called '${escape(name)}' in the usual folders`, hint);
}

async function registeredPaths(): Promise<readonly string[]> {
  const registered = await registeredModules();
  if (registered.length > 0) return Promise.all(registered.map(pathOf));
  const hint = 'name it in the URI as ?module-path=… or ?module-name=…, or by --module-path';
  throw notFound('no PKCS #11 module was named, and p11-kit knows of none', hint);
}

/** p11-kit's own folder of modules is the one called pkcs11. */
async function pathOf({ module }: Registered): Promise<string> {
  if (isAbsolute(module)) return module;
  const places = usualFolders()
    .filter((folder) => basename(folder) === 'pkcs11')
    .map((folder) => join(folder, module));
  for (const place of places) if (await exists(place)) return place;
  return places[0] ?? module;
}

/** The modules of a folder, of one name or of any; of several that are one file only the first. */
async function modulesIn(folder: string, name: string | undefined): Promise<string[]> {
  const files = await readdir(folder).catch(() => []);
  const wanted = files.filter((file) => (name === undefined ? LIBRARY.test(file) : isCalled(file, name)));
  const found = new Map<string, string>();
  for (const file of wanted.toSorted((one, other) => one.length - other.length || (one < other ? -1 : 1))) {
    const path = join(folder, file);
    const real = await realpath(path).catch(() => path);
    if (!found.has(real)) found.set(real, path);
  }
  return [...found.values()];
}

function isCalled(file: string, name: string): boolean {
  const [, stem = ''] = LIBRARY.exec(basename(file)) ?? [];
  return stem.toLowerCase() === name.toLowerCase().replace(/^lib/, '');
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function notFound(message: string, hint: string): InputError {
  return new InputError('PKCS11_MODULE_NOT_FOUND', message, { hint });
}
