// SPDX-License-Identifier: Apache-2.0
// The Sigstore of the tests, built once per content of its sources and version of Go, and then kept.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CACHE } from './python-environment.js';
import { ROOT, ask, fail, timed } from './run.js';

export const SOURCES = join('__test__', 'sigstack');

/** Nothing of C, nothing of this checkout's state: the same sources give the same program. */
export const ENVIRONMENT = { CGO_ENABLED: '0' };
const FLAGS = ['-mod=readonly', '-trimpath', '-buildvcs=false', '-ldflags=-s -w'];

/**
 * Where the program is or will be, or nothing where there is no Go.
 * @returns {string | undefined}
 */
export function sigstackPath() {
  const { status, stdout } = ask('go', ['version']);
  if (status !== 0) return undefined;
  const content = createHash('sha256').update(stdout).update(FLAGS.join(' '));
  for (const name of readdirSync(join(ROOT, SOURCES)).toSorted()) {
    content.update(`${name}\0`).update(readFileSync(join(ROOT, SOURCES, name)));
  }
  const end = process.platform === 'win32' ? '.exe' : '';
  return join(CACHE, 'sigstack', `sigstack-${content.digest('hex').slice(0, 16)}${end}`);
}

/**
 * The program, built if need be; nothing where there is no Go or where its modules cannot be had. Why not is said.
 * Sources that do not build are an error.
 * @returns {string | undefined}
 */
export function sigstack() {
  const program = sigstackPath();
  if (program === undefined) return absent('there is no Go; get it from https://go.dev/dl');
  if (existsSync(program)) return program;
  console.log('building the Sigstore of the tests, once: minutes');
  const modules = ask('go', ['-C', SOURCES, 'mod', 'download']);
  if (modules.status !== 0) return absent(lastLine(modules.stderr));
  build(program);
  return program;
}

/** Beside its place first, so that whoever runs at the same time finds all of it or nothing. @param {string} program */
function build(program) {
  mkdirSync(join(CACHE, 'sigstack'), { recursive: true });
  const partial = `${program}.${process.pid}`;
  const { status, stderr } = ask('go', ['-C', SOURCES, 'build', ...FLAGS, '-o', partial, '.'], ENVIRONMENT);
  if (status === 0) return renameSync(partial, program);
  rmSync(partial, { force: true });
  throw new Error(`the Sigstore of the tests does not build:\n${stderr}`);
}

/** @param {string} why */
function absent(why) {
  console.log(`tests against a local Sigstore will be skipped: ${why}`);
  return undefined;
}

/** @param {string} text */
function lastLine(text) {
  return text.trim().split('\n').at(-1) ?? '';
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    timed('local Sigstore', () => console.log(sigstack() ?? 'none'));
  } catch (error) {
    fail(String(error));
  }
}
