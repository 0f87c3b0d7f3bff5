// SPDX-License-Identifier: Apache-2.0
// A second implementation of manifests and statements, on node:crypto alone: slow, plain, and in memory. What the
// core says is compared with this, byte by byte. node:crypto has no BLAKE3: its digests come from golden vectors.

import { createHash } from 'node:crypto';

/** One file or shard, as a statement lists it. */
export interface Expected {
  readonly algorithm: string;
  readonly digest: string;
  readonly name: string;
}

/** What the oracle is told beside the files. */
export interface Recipe {
  readonly hashAlgorithm?: 'sha256' | 'blake2b';
  readonly shardSize?: number;
  readonly allowSymlinks?: boolean;
  /** Everything left out, the git set included. */
  readonly ignorePaths?: readonly string[];
}

/** What `ignoreGitPaths` leaves out. */
export const GIT_PATHS: readonly string[] = ['.git', '.gitattributes', '.github', '.gitignore'];

/** The manifest of a model whose files are these. */
export function manifestOf(modelName: string, files: Readonly<Record<string, Uint8Array>>, recipe: Recipe = {}) {
  const resources = Object.entries(files)
    .flatMap(([name, bytes]) => resourcesOf(name, bytes, recipe))
    .toSorted((one, other) => byCodePoint(one.name, other.name));
  const root = hex('sha256', Buffer.concat(resources.map(({ digest }) => Buffer.from(digest, 'hex'))));
  return { resources, rootDigest: `sha256:${root}`, statement: statementOf(modelName, root, resources, recipe) };
}

function resourcesOf(name: string, bytes: Uint8Array, { hashAlgorithm = 'sha256', shardSize }: Recipe): Expected[] {
  if (shardSize === undefined) return [{ algorithm: hashAlgorithm, digest: hex(hashAlgorithm, bytes), name }];
  const shards: Expected[] = [];
  for (let start = 0; start < bytes.length; start += shardSize) {
    const end = Math.min(start + shardSize, bytes.length);
    const digest = hex(hashAlgorithm, bytes.subarray(start, end));
    shards.push({ algorithm: hashAlgorithm, digest, name: `${name}:${start}:${end}` });
  }
  return shards;
}

function hex(algorithm: 'sha256' | 'blake2b', bytes: Uint8Array): string {
  return createHash(algorithm === 'blake2b' ? 'blake2b512' : algorithm)
    .update(bytes)
    .digest('hex');
}

function statementOf(modelName: string, root: string, resources: readonly Expected[], recipe: Recipe): Buffer {
  const serialization = {
    allow_symlinks: recipe.allowSymlinks ?? false,
    hash_type: recipe.hashAlgorithm ?? 'sha256',
    ignore_paths: [...(recipe.ignorePaths ?? GIT_PATHS)].toSorted(byCodePoint),
    method: recipe.shardSize === undefined ? 'files' : 'shards',
    ...(recipe.shardSize !== undefined && { shard_size: recipe.shardSize }),
  };
  return canonical({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: modelName, digest: { sha256: root } }],
    predicateType: 'https://model_signing/signature/v1.0',
    predicate: { resources, serialization },
  });
}

/**
 * RFC 8785 for what statements hold. `JSON.stringify` writes strings and integers below 2^53 just as the RFC demands
 * (it is defined by ECMAScript's own rules); only the order of members is left to do.
 */
export function canonical(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(sorted(value)));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]));
}

/** JavaScript compares UTF-16 units, where U+1F600 comes before U+FFFD; UTF-8 bytes are in the order of code points. */
export function byCodePoint(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
