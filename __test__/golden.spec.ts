// SPDX-License-Identifier: Apache-2.0
// Manifests against golden ones that hashlib, the blake3 package and the Python tool computed: vectors/golden says how.

import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import test from 'ava';
import { type DigestOptions, digest } from 'model-signing';

import { type Content, pattern, scratch, write } from './models.js';

interface Entry {
  readonly name: string;
  readonly text?: string;
  readonly size?: number;
  readonly seed?: number;
  readonly link?: string;
}

interface Golden {
  readonly kind: 'file' | 'folder';
  readonly modelName: string;
  readonly entries: readonly Entry[];
  readonly options: DigestOptions;
  readonly rootDigest: string;
  readonly statement: string;
  /** What the Python tool signed; its root only where it lists resources in the same order. */
  readonly python: { readonly version: string; readonly rootDigest?: string } | null;
}

const FOLDER = fileURLToPath(new URL('../__test__/vectors/golden/', import.meta.url));
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));

test('there are golden vectors', (t) => {
  t.true(FILES.length >= 20);
});

for (const file of FILES) {
  test(`golden: ${file}`, async (t) => {
    const golden = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Golden;
    const model = join(scratch(t), golden.modelName);
    for (const entry of golden.entries) {
      write(golden.kind === 'file' ? join(dirname(model), entry.name) : join(model, entry.name), contentOf(entry));
    }
    const manifest = await digest(model, golden.options);
    t.is(Buffer.from(manifest.statement()).toString(), golden.statement);
    t.is(manifest.rootDigest, golden.rootDigest);
    t.is(manifest.modelName, golden.modelName);
    if (golden.python?.rootDigest !== undefined) t.is(manifest.rootDigest, golden.python.rootDigest);
  });
}

function contentOf({ text, link, size = 0, seed = 0 }: Entry): Content {
  if (link !== undefined) return { link };
  return text ?? pattern(size, seed);
}
