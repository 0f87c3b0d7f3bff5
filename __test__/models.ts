// SPDX-License-Identifier: Apache-2.0
// Models on disk for tests: each in a folder of its own that goes when the test ends.

import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import type { ExecutionContext } from 'ava';

/** What a file holds: text, bytes, or so many zeros that take no room; or that it is a link to somewhere. */
export type Content = string | Uint8Array | { readonly zeros: number } | { readonly link: string };

/** An empty folder for one test; its real path, so that tests can compare paths. */
export function scratch(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'model-signing-test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Builds a model called `model` and returns its path. */
export function buildModel(t: ExecutionContext, entries: Readonly<Record<string, Content>>): string {
  const model = join(scratch(t), 'model');
  mkdirSync(model);
  for (const [name, content] of Object.entries(entries)) write(join(model, name), content);
  return model;
}

/** Writes one entry and the folders it is in. */
export function write(file: string, content: Content): void {
  mkdirSync(dirname(file), { recursive: true });
  if (typeof content === 'string' || content instanceof Uint8Array) writeFileSync(file, content);
  else if ('link' in content) symlinkSync(content.link, file);
  else writeZeros(file, content.zeros);
}

function writeZeros(file: string, size: number): void {
  const descriptor = openSync(file, 'w');
  ftruncateSync(descriptor, size);
  closeSync(descriptor);
}

/** Bytes that look like nothing in particular and are the same everywhere; the golden vectors use them, too. */
export function pattern(size: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8) * 17 + seed) & 255);
}

/** A size that takes an hour to hash; a file of zeros takes no room. */
export const HUGE: Content = { zeros: 5e12 };
