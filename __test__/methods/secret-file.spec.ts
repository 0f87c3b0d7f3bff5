// SPDX-License-Identifier: Apache-2.0
// Short secrets from files, pipes and worse.

import { spawnSync } from 'node:child_process';
import { createWriteStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { readSecretFile } from '../../dist/methods/secret-file.js';
import { command, failed } from '../cli/command.js';
import { keyFiles, pair } from '../keys.js';
import { buildModel, scratch } from '../models.js';

const POSIX = process.platform !== 'win32';
if (!POSIX) console.warn('SKIPPED 2 tests: Windows has no pipes with a path of the file system');

test('one newline at the end belongs to the file, all else to the secret', async (t) => {
  const file = join(scratch(t), 'secret');
  for (const [text, secret] of [
    ['pass', 'pass'],
    ['pass\n', 'pass'],
    ['pass\r\n', 'pass'],
    [' pass \n\n', ' pass \n'],
    ['', ''],
  ] as const) {
    writeFileSync(file, text);
    t.is(await readSecretFile(file), secret);
  }
});

test('what is missing, a folder, or too long is refused by name', async (t) => {
  const folder = scratch(t);
  const long = join(folder, 'long');
  writeFileSync(long, 'x'.repeat(65_537));
  for (const path of [join(folder, 'none'), folder, long, ...(POSIX ? ['/dev/zero'] : [])]) {
    const error = await t.throwsAsync(readSecretFile(path, 'the PIN'), { code: 'SECRET_UNREADABLE' });
    t.true(error?.message.startsWith(`the PIN cannot be read: '${path}' (`), error?.message);
  }
});

(POSIX ? test : test.skip)('a pipe is read when somebody writes to it', async (t) => {
  const pipe = namedPipe(t);
  const reading = readSecretFile(pipe);
  createWriteStream(pipe).end('pass\n');
  t.is(await reading, 'pass');
});

(POSIX ? test : test.skip)('a pipe to which nobody writes holds no run up for ever', async (t) => {
  const cwd = scratch(t);
  const key = keyFiles(cwd, pair());
  const args = ['sign', 'key', buildModel(t, { a: '1' }), '--private-key', key.private];
  const ended = await command([...args, '--password-file', namedPipe(t), '--total-timeout', '300ms'], { cwd });
  failed(t, ended, 'TIMED_OUT', 4);
});

function namedPipe(t: ExecutionContext): string {
  const pipe = join(scratch(t), 'pipe');
  t.is(spawnSync('mkfifo', [pipe]).status, 0);
  return pipe;
}
