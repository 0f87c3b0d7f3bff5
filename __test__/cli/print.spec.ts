// SPDX-License-Identifier: Apache-2.0
// Readers of the answer: one that takes its time, one that went away.

import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import test, { type ExecutionContext } from 'ava';

import { ended, start } from './command.js';

const hasPipes = spawnSync('mkfifo', ['--version']).status === 0;
const withPipes = hasPipes ? test : test.skip;
if (!hasPipes) console.warn('SKIPPED 2 tests: there is no mkfifo, which makes pipes');

/** A pipe with both ends open, and a model of one file. */
function prepared(t: ExecutionContext) {
  const folder = mkdtempSync(join(tmpdir(), 'model-signing-print-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const model = join(folder, 'model');
  writeFileSync(model, 'tiny');
  const pipe = join(folder, 'pipe');
  t.is(spawnSync('mkfifo', [pipe]).status, 0);
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
  return { model, reader, writer };
}

withPipes('a reader whose pipe is full is waited for, and gets the whole answer', async (t) => {
  const { model, reader, writer } = prepared(t);
  const filled = fill(writer);
  const child = start(['digest', model], { stdio: ['ignore', writer, 'pipe'] });
  closeSync(writer);
  const end = ended(child);
  await sleep(500);
  t.is(child.exitCode, null);
  const text = await readAll(reader);
  const { exit, stderr } = await end;
  t.deepEqual([exit, stderr], [0, '']);
  t.regex(text.slice(filled), /^sha256:[0-9a-f]{64}\n$/);
});

withPipes('one that went away wants no more', async (t) => {
  const { model, reader, writer } = prepared(t);
  closeSync(reader);
  const child = start(['digest', model], { stdio: ['ignore', writer, 'pipe'] });
  closeSync(writer);
  const { exit, stderr } = await ended(child);
  t.deepEqual([exit, stderr], [0, '']);
});

/** To the last byte. */
function fill(writer: number): number {
  let filled = 0;
  for (const size of [4096, 1]) {
    try {
      for (;;) filled += writeSync(writer, Buffer.alloc(size, '.'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
  return filled;
}

/** Until nobody can write any more. */
async function readAll(reader: number): Promise<string> {
  const buffer = Buffer.alloc(65_536);
  let text = '';
  for (;;) {
    try {
      const count = readSync(reader, buffer);
      if (count === 0) break;
      text += buffer.toString('latin1', 0, count);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      await sleep(10);
    }
  }
  closeSync(reader);
  return text;
}
