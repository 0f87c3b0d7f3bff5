// SPDX-License-Identifier: Apache-2.0
// The tarballs that are tried, and versions of them that something is wrong with.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { ExecutionContext } from 'ava';

import { scratch } from '../models.js';

/** The part of a package's description that is looked at here. */
export interface Description {
  name: string;
  version: string;
  readonly license?: string;
  readonly files?: readonly string[];
  readonly os?: string[];
  readonly cpu?: string[];
  readonly libc?: string[];
  readonly engines?: { readonly node: string };
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  optionalDependencies?: Record<string, string>;
}

/** The root of the checkout. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const FOLDER = process.env['MODEL_SIGNING_RELEASE'];
if (FOLDER === undefined) throw new Error('say which tarballs, or rather run: npm run test:install');

/** All tarballs of the release. */
export const TARBALLS: readonly string[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.tgz'))
  .map((name) => join(FOLDER, name));

const { ownPlatform, platforms } = await script<{
  ownPlatform: () => string;
  platforms: () => { readonly name: string }[];
}>('platforms.js');
const { writePlatformPackage } = await script<{
  writePlatformPackage: (platform: object, facade: Description, addon: string, folder: string) => void;
}>('platform-package.js');

/** The platform of this process. */
export const PLATFORM = ownPlatform();

/** The package that belongs to it, and the file in it. */
export const PACKAGE = `model-signing-${PLATFORM}`;
export const ADDON = `model-signing.${PLATFORM}.node`;

/** What a tarball says of itself. */
export function descriptionOf(tarball: string): Description {
  return JSON.parse(fileIn(tarball, 'package.json').toString('utf8')) as Description;
}

/** A file that is in a tarball. */
export function fileIn(tarball: string, file: string): Buffer {
  return untar(tarball, ['-O', '-x', `package/${file}`]);
}

/** The names of all files in a tarball. */
export function filesIn(tarball: string): string[] {
  const names = untar(tarball, ['-t']).toString('utf8').trim().split(/\r?\n/);
  return names.map((name) => name.replace('package/', '')).toSorted();
}

/** Through a pipe: GNU's tar, which Git brings along on Windows, takes `C:` for the name of a host. */
function untar(tarball: string, args: readonly string[], cwd?: string): Buffer {
  return execFileSync('tar', ['-z', '-f', '-', ...args], { cwd, input: readFileSync(tarball), maxBuffer: 2 ** 25 });
}

/** The tarball of a package. */
export function tarballOf(name: string): string {
  const found = TARBALLS.find((tarball) => descriptionOf(tarball).name === name);
  if (found === undefined) throw new Error(`${name} is not among the tarballs`);
  return found;
}

/** A tarball made anew of a package, after a change to its files. */
export function repack(t: ExecutionContext, tarball: string, change: (folder: string) => void): string {
  const folder = scratch(t);
  untar(tarball, ['-x'], folder);
  change(join(folder, 'package'));
  return pack(folder);
}

/** The package of a platform around any file. */
export function packageOf(t: ExecutionContext, name: string, addon: string): string {
  const folder = scratch(t);
  const platform = platforms().find((each) => each.name === name);
  if (platform === undefined) throw new Error(`there is no platform ${name}`);
  writePlatformPackage(platform, descriptionOf(tarballOf('model-signing')), addon, join(folder, 'package'));
  return pack(folder);
}

function pack(folder: string): string {
  mkdirSync(join(folder, 'packed'));
  const args = ['pack', './package', '--json', '--ignore-scripts', '--pack-destination', 'packed'];
  const options = { cwd: folder, encoding: 'utf8', shell: process.platform === 'win32' } as const;
  const said = execFileSync('npm', args, { ...options, stdio: ['ignore', 'pipe', 'ignore'] });
  const [{ filename }] = JSON.parse(said) as [{ filename: string }];
  return join(folder, 'packed', filename);
}

/** Changes the description of an unpacked package. */
export function describe(folder: string, change: (description: Description) => void): void {
  const file = join(folder, 'package.json');
  const description = JSON.parse(readFileSync(file, 'utf8')) as Description;
  change(description);
  writeFileSync(file, JSON.stringify(description));
}

/** The facade that asks for these platform packages, and knows the sums of their addons. */
export function facadeFor(t: ExecutionContext, addons: Readonly<Record<string, string>>): string {
  return repack(t, tarballOf('model-signing'), (folder) => {
    const table = join(folder, 'npm', 'checksums.json');
    const { version, files } = JSON.parse(readFileSync(table, 'utf8')) as { version: string; files: object };
    describe(folder, (description) => {
      const names = Object.keys(addons).map((platform) => [`model-signing-${platform}`, version]);
      description.optionalDependencies = Object.fromEntries(names) as Record<string, string>;
    });
    const sums = Object.entries(addons).map(([platform, file]) => [`model-signing.${platform}.node`, sha256(file)]);
    writeFileSync(table, JSON.stringify({ version, files: { ...files, ...Object.fromEntries(sums) } }));
  });
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

async function script<Exports>(path: string): Promise<Exports> {
  return (await import(new URL(`../../npm/scripts/release/${path}`, import.meta.url).href)) as Exports;
}
