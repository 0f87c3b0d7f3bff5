// SPDX-License-Identifier: Apache-2.0
// Somebody who installed the package: the first example of the README in both kinds of modules, and the command.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import { keyFiles, pair } from '../keys.js';
import { scratch, write } from '../models.js';
import { runProgram } from './program.js';
import { ROOT } from './release.js';

/** What the example prints: who signed, the root digest, and the two files with theirs. */
const ANSWER =
  /^\{\s+method: 'key',.+\} sha256:60673de11293708f636b1429fffda44ae639fe514b20019e8b43694c4e8620f6\n[0-9a-f]{64} a\n[0-9a-f]{64} b\/c\n$/s;

/** How programs are started in an installation; usually `node` is a path and commands lie in node_modules/.bin. */
export interface Start {
  readonly node: readonly string[];
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whether CommonJS can have the package by `require`; else only by `import()`. */
  readonly canRequire?: boolean;
}

/** An empty folder, but for a model, two keys and the example as a module of either kind. */
export function consumer(t: ExecutionContext): string {
  const folder = scratch(t);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', version: '1.0.0', private: true }));
  write(join(folder, 'my-model', 'a'), 'abc');
  write(join(folder, 'my-model', 'b', 'c'), 'abcd');
  const keys = keyFiles(folder, pair());
  write(join(folder, 'private.pem'), readFileSync(keys.private));
  write(join(folder, 'public.pem'), readFileSync(keys.public));
  write(join(folder, 'example.mjs'), firstExample());
  write(join(folder, 'example.cjs'), asCommonJs(firstExample()));
  return folder;
}

/** Runs the example from ESM and from CommonJS, then signs and verifies with the command. */
export async function tryOut(t: ExecutionContext, cwd: string, start: Start): Promise<void> {
  const { node, command, env = {}, canRequire = true } = start;
  for (const file of ['example.mjs', ...(canRequire ? ['example.cjs'] : [])]) {
    const { status, stdout, stderr } = await runLine([...node, file]);
    t.is(status, 0, `${file}: ${stderr}`);
    t.regex(stdout, ANSWER, file);
    rmSync(join(cwd, 'model.sig'));
  }
  const lines = [
    ['sign', 'key', 'my-model', '--private-key', 'private.pem'],
    ['verify', 'key', 'my-model', '--public-key', 'public.pem'],
  ];
  for (const line of lines) {
    const { status, stderr } = await runLine([...command, ...line]);
    t.is(status, 0, `${line.join(' ')}: ${stderr}`);
  }

  function runLine([program = '', ...args]: readonly string[]) {
    return runProgram(program, args, { cwd, env });
  }
}

/** The first example of the README for the library. */
export function firstExample(): string {
  const [, example] = /```js\n(.+?)```/s.exec(readFileSync(join(ROOT, 'README.md'), 'utf8')) ?? [];
  if (example === undefined) throw new Error('the README has no example');
  return example;
}

function asCommonJs(example: string): string {
  const body = example.replace(/^import (\{.+?\}) from '(.+?)';$/m, "const $1 = require('$2');");
  return `(async () => {\n${body}})();\n`;
}
