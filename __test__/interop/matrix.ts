// SPDX-License-Identifier: Apache-2.0
// Every recipe with every party, on a folder and on a single file: signed here for the Python tool to verify, or signed
// there for this library.

import { join } from 'node:path';

import type { ExecutionContext } from 'ava';
import { type SignOptions, type Verifier, sign, verify } from 'model-signing';

import { type Content, pattern, scratch, write } from '../models.js';
import type { Party } from './parties.js';
import type { Recipe, Task } from './python.js';

/** Names whose order differs between tools, bytes, and an empty file. */
export const FILES: Readonly<Record<string, Content>> = {
  'a.bin': pattern(1000, 1),
  'a/q': pattern(10, 2),
  'a-b': pattern(10, 3),
  'weights "\u00E9" e\u0301 \u4E2D.bin': pattern(5000, 4),
  empty: '',
};

/** The model that is one file of these. */
const SINGLE = 'a.bin';

/** The same recipe for us and for Python. */
export interface RecipePair {
  readonly name: string;
  readonly ours: SignOptions;
  readonly python: Recipe;
}

/** What every release knows. */
export const RECIPES: readonly RecipePair[] = [
  { name: 'files-sha256', ours: {}, python: {} },
  { name: 'files-blake2b', ours: { hashAlgorithm: 'blake2b' }, python: { hash: 'blake2b' } },
  { name: 'shards-sha256', ours: { shardSize: 300 }, python: { shard_size: 300 } },
  {
    name: 'shards-blake2b',
    ours: { shardSize: 300, hashAlgorithm: 'blake2b' },
    python: { shard_size: 300, hash: 'blake2b' },
  },
];

/** What releases from 1.1 on know. Theirs has no shards: it hashes whole files whatever it is told. */
export const BLAKE3: RecipePair = {
  name: 'files-blake3',
  ours: { hashAlgorithm: 'blake3' },
  python: { hash: 'blake3' },
};

/** What one party signed with the Python tool. */
export interface Signed {
  readonly party: Party;
  readonly task: Extract<Task, { do: 'sign' }>;
}

/** Signs all of it with this library, and returns what Python has to do to verify it. */
export async function signHere(
  t: ExecutionContext,
  parties: readonly Party[],
  model: string,
  recipes: readonly RecipePair[],
): Promise<Task[]> {
  const folder = scratch(t);
  const tasks: Task[] = [];
  for (const { name, signer, verifies } of parties) {
    for (const { name: recipeName, ours, python } of recipes) {
      for (const path of [model, join(model, SINGLE)]) {
        const signature = join(folder, `${tasks.length}-${name}-${recipeName}.sig`);
        await sign(path, { ...ours, signer, signature, compat: 'python' });
        tasks.push({ do: 'verify', model: path, signature, recipe: python, ...verifies });
      }
    }
    // What needs no help to be understood: no recipe, and no regard for whose reading it is.
    const signature = join(folder, `${name}-plain.sig`);
    await sign(model, { signer, signature });
    tasks.push({ do: 'verify', model, signature, ...verifies });
  }
  return tasks;
}

/** What Python has to do to sign all of it. */
export function signThere(
  t: ExecutionContext,
  parties: readonly Party[],
  model: string,
  recipes: readonly RecipePair[],
): Signed[] {
  const folder = scratch(t);
  return parties.flatMap((party) =>
    recipes.flatMap(({ name, python: recipe }) =>
      [model, join(model, SINGLE)].map((path, index) => {
        const signature = join(folder, `${party.name}-${name}-${index}.sig`);
        return { party, task: { do: 'sign', model: path, signature, recipe, ...party.signs } };
      }),
    ),
  );
}

/** Asserts that all of it verifies here, for nobody else, and no longer once the model is changed. */
export async function verifyHere(
  t: ExecutionContext,
  signed: readonly Signed[],
  strangers: readonly Party[],
  model: string,
): Promise<void> {
  for (const { party, task } of signed) {
    await t.notThrowsAsync(verify(task.model, task.signature, trust(party)), task.signature);
    const stranger = strangers.find(({ name }) => name === party.name);
    const code = party.method === 'key' ? 'HINT_MISMATCH' : 'CERTIFICATE_UNTRUSTED';
    if (stranger) await t.throwsAsync(verify(task.model, task.signature, trust(stranger)), { code }, task.signature);
    else t.fail(`there is no other ${party.name}`);
  }
  write(join(model, SINGLE), pattern(1000, 2));
  for (const { party, task } of signed) {
    const checked = verify(task.model, task.signature, trust(party));
    await t.throwsAsync(checked, { code: 'MODEL_MISMATCH' }, task.signature);
  }
}

/** The options of a verifier who trusts somebody. */
export function trust({ verifier }: { readonly verifier: Verifier }): { readonly verifier: Verifier } {
  return { verifier };
}
