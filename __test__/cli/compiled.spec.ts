// SPDX-License-Identifier: Apache-2.0
// What the engine made of the program is kept beside it, and taken again only if it is of this very program.

import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import test, { type ExecutionContext } from 'ava';

import { type Ended, command } from './command.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A copy of the package, and its `digest` of a small model. */
function installed(t: ExecutionContext) {
  const folder = mkdtempSync(join(tmpdir(), 'model-signing-compiled-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  for (const part of ['package.json', 'dist', 'npm']) {
    cpSync(join(ROOT, part), join(folder, part), { recursive: true, filter: isInstalled });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const model = join(folder, 'model');
  writeFileSync(model, 'tiny');
  const cli = join(folder, 'dist', 'cli');
  const digest = async (env: NodeJS.ProcessEnv = {}): Promise<Ended> =>
    command(['digest', model], { env: { NODE_DISABLE_COMPILE_CACHE: undefined, ...env } }, join(cli, 'main.cjs'));
  const caches = (): string[] => readdirSync(cli).filter((name) => name.includes('.cache'));
  const works = async (env?: NodeJS.ProcessEnv): Promise<void> => {
    const { exit, stdout, stderr } = await digest(env);
    t.is(exit, 0, stderr);
    t.regex(stdout, /^sha256:[0-9a-f]{64}\n$/);
    t.is(stderr, '');
  };
  const cache = join(cli, `program-digest-${process.version}-${process.arch}.cache`);
  return { cli, cache, caches, works, model };
}

function isInstalled(source: string): boolean {
  return !source.endsWith('.cache') && !source.endsWith('scripts');
}

test('the first run keeps it, the next ones take it as it is', async (t) => {
  const { cache, caches, works } = installed(t);
  await works();
  t.deepEqual(caches(), [basename(cache)]);
  const { ino, mtimeMs, mode } = statSync(cache);
  if (process.platform !== 'win32') t.is(mode & 0o777, 0o644);
  await works();
  t.deepEqual([statSync(cache).ino, statSync(cache).mtimeMs], [ino, mtimeMs]);
});

test('what runs is the program, not what was kept of another one', async (t) => {
  const { cli, cache, works, model } = installed(t);
  await works();
  const kept = readFileSync(cache);
  const program = join(cli, 'program.cjs');
  const text = readFileSync(program, 'latin1');
  // Of the same length, which is all that the engine itself compares.
  writeFileSync(program, text.replaceAll('sha256:', 'SHA256:'), 'latin1');
  t.is(statSync(program).size, text.length);
  const changed = await command(['digest', model], {}, join(cli, 'main.cjs'));
  t.regex(changed.stdout, /^SHA256:/i);
  t.notDeepEqual(readFileSync(cache), kept);
});

for (const [what, spoil] of [
  ['cut off', (cache: string) => truncateSync(cache, 1000)],
  ['empty', (cache: string) => truncateSync(cache, 0)],
  ['longer', (cache: string) => appendFileSync(cache, 'x')],
  ['changed', flipLastByte],
] as const) {
  test(`one that is ${what} is not taken, and replaced`, async (t) => {
    const { cache, works } = installed(t);
    await works();
    const whole = statSync(cache).size;
    spoil(cache);
    const { mtimeMs } = statSync(cache);
    await works();
    t.true(statSync(cache).mtimeMs > mtimeMs);
    t.true(statSync(cache).size > whole / 2);
  });
}

const unlessWindows = process.platform === 'win32' ? test.skip : test;
if (process.platform === 'win32') console.warn('SKIPPED 1 test: files have no mode bits on Windows');

unlessWindows('one that others could have written, and one behind a link, are not taken', async (t) => {
  const { cache, works } = installed(t);
  await works();
  chmodSync(cache, 0o666);
  await works();
  t.is(statSync(cache).mode & 0o777, 0o644, 'replaced by one of our own');
  const elsewhere = `${cache}.moved`;
  renameSync(cache, elsewhere);
  symlinkSync(elsewhere, cache);
  await works();
  t.true(lstatSync(cache).isFile(), 'replaced by one of our own');
});

test('nothing is kept of a run that failed, nor where Node.js is told to keep nothing', async (t) => {
  const { cli, caches, works } = installed(t);
  const failed = await command(['digest', 'is-not-there'], {}, join(cli, 'main.cjs'));
  t.not(failed.exit, 0);
  await works({ NODE_DISABLE_COMPILE_CACHE: '1' });
  t.deepEqual(caches(), []);
});

test('where nothing can be kept, all goes as well', async (t) => {
  const { cache, caches, works } = installed(t);
  // A folder of that name stands in the way: root, too, cannot write there.
  cpSync(join(ROOT, 'npm', 'trust'), cache, { recursive: true });
  await works();
  await works();
  t.true(existsSync(join(cache, 'public')));
  t.is(caches().length, 1, 'and no unfinished file is left');
});

test('what only some commands load is kept and checked in the same way', async (t) => {
  const { cli, caches } = installed(t);
  const show = async (): Promise<void> => {
    const shown = await command(
      ['trust', 'show'],
      { env: { NODE_DISABLE_COMPILE_CACHE: undefined } },
      join(cli, 'main.cjs'),
    );
    t.deepEqual([shown.exit, shown.stderr], [0, '']);
  };
  await show();
  const [later = '', program = '', ...more] = caches().toSorted();
  t.deepEqual([later.split('-')[0], program.split('-')[0], more], ['later', 'program', []]);
  const changed = (): number => statSync(join(cli, later)).mtimeMs;
  flipLastByte(join(cli, later));
  const spoilt = changed();
  await show();
  const replaced = changed();
  t.true(replaced > spoilt);
  await show();
  t.is(changed(), replaced, 'taken as it is');
});

test('both files are plain ASCII, as their loader reads them', (t) => {
  for (const name of ['program.cjs', 'later.cjs']) {
    t.notRegex(readFileSync(join(ROOT, 'dist', 'cli', name), 'latin1'), /[\u0080-\u{10FFFF}]/u, name);
  }
});

test('no module is in both files', (t) => {
  const [program, later] = ['program.cjs', 'later.cjs'].map((name) =>
    readFileSync(join(ROOT, 'dist', 'cli', name), 'latin1'),
  );
  // Words of one module each: of the table of errors, the parser of commands, the key method, and two that come later.
  for (const words of ['SIGNATURE_NOT_FOUND', 'Did you mean one of', 'a signature that nobody sees']) {
    t.true(program?.includes(words), words);
  }
  t.false(later?.includes('Did you mean one of'));
  t.false(later?.includes('a signature that nobody sees'));
  for (const words of ['Whom to trust when models are verified', 'CKR_PIN_INCORRECT']) {
    t.false(program?.includes(words), words);
    t.true(later?.includes(words), words);
  }
});

function flipLastByte(cache: string): void {
  const bytes = readFileSync(cache);
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  writeFileSync(cache, bytes);
}

test('a run that never says how it ended has not ended well', async (t) => {
  const { cli, model } = installed(t);
  writeFileSync(join(cli, 'program.cjs'), 'exports.run = () => new Promise(() => {})');
  t.is((await command(['verify', model], {}, join(cli, 'main.cjs'))).exit, 1);
});
