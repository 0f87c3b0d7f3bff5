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

const LIBRARY = import.meta.resolve('../../dist/index.js');

const POSIX = process.platform !== 'win32';
if (!POSIX) console.warn('SKIPPED 4 tests: Windows has no pipes with a path of the file system');

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

(POSIX ? test : test.skip)('a pipe without a name is read to its end, also when nothing comes', (t) => {
  for (const [write, secret] of [
    ['printf pass', 'pass'],
    ['sleep 0.1; printf pass; sleep 0.1; echo word', 'password'],
    ['true', ''],
  ] as const) {
    const script = `import(process.argv[1]).then((m) => m.readSecretFile(process.argv[2])).then(console.log)`;
    const shell = `"$0" -e '${script}' "$1" <(${write})`;
    const { stdout, stderr } = spawnSync('bash', ['-c', shell, process.execPath, LIBRARY], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    t.deepEqual([stdout, stderr], [`${secret}\n`, '']);
  }
});

(POSIX ? test : test.skip)('a worker that read a pipe closes no file of others when it ends', (t) => {
  const script = `
    const { createWriteStream, fstatSync, openSync } = require('node:fs');
    const { Worker } = require('node:worker_threads');
    const [library, pipe] = process.argv.slice(1);
    const inWorker = 'const { parentPort, workerData: [library, pipe] } = require("node:worker_threads");' +
      'import(library).then((m) => m.readSecretFile(pipe)).then((secret) => parentPort.postMessage(secret));' +
      'parentPort.on("message", () => process.exit());';
    const worker = new Worker(inWorker, { eval: true, workerData: [library, pipe] });
    let files;
    worker.once('message', (secret) => {
      files = Array.from({ length: 16 }, () => openSync('/dev/null'));
      console.log(secret);
      worker.postMessage('end');
    });
    worker.once('exit', () => files.forEach((file) => fstatSync(file)));
    createWriteStream(pipe).end('pass');`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script, LIBRARY, namedPipe(t)], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  t.deepEqual([stdout, stderr], ['pass\n', '']);
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
