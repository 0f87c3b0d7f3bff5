// SPDX-License-Identifier: Apache-2.0
// The manifest of a model: what it is, without who says so. It stays in native memory; resources come page by page.

import { type Diff, InputError } from './errors.js';
import {
  type NativeManifest,
  type NativeMessage,
  type NativeStatement,
  compareNative,
  writeMessage,
} from './native.js';
import type { HashAlgorithm } from './options.js';

/** One file, or one shard of a file. */
export interface Resource {
  /** The file's path relative to the model; of a shard `path:start:end`. */
  readonly name: string;
  /** The hash algorithm. */
  readonly algorithm: HashAlgorithm;
  /** The digest in lowercase hexadecimal. */
  readonly digest: string;
}

/** How the resources were found and hashed: the recipe that a verifier repeats. */
export interface Serialization {
  /** Whole files or shards. */
  readonly method: 'files' | 'shards';
  /** The hash algorithm of every resource. */
  readonly hashAlgorithm: HashAlgorithm;
  /** Bytes in a shard; only with the method `shards`. */
  readonly shardSize?: number;
  /** Whether symbolic links were followed. */
  readonly allowSymlinks: boolean;
  /** What was left out, relative to the model, sorted. */
  readonly ignorePaths: readonly string[];
}

/** What one ignore path hid. */
export interface Ignored {
  /** The ignore path, relative to the model. */
  readonly path: string;
  /** How many files it hid. */
  readonly files: number;
}

/** Resources fetched from native memory at a time. */
const PAGE = 256;

/** The manifest of a model. */
export class Manifest {
  readonly #native: NativeManifest | NativeStatement;
  /** The model's name: the last part of its real path. */
  readonly modelName: string;
  /** `sha256:` and the root digest in hexadecimal: the one value that names the model. */
  readonly rootDigest: string;
  /** How the resources were found and hashed. */
  readonly serialization: Serialization;
  /** How many resources there are. */
  readonly resourceCount: number;

  /** @internal */
  constructor(native: NativeManifest | NativeStatement) {
    this.#native = native;
    this.modelName = native.modelName;
    this.rootDigest = native.rootDigest;
    this.serialization = native.serialization;
    this.resourceCount = native.resourceCount;
  }

  /** The resources, sorted by name. Each iteration starts anew and holds one page of them at a time. */
  get resources(): Iterable<Resource> {
    const { pages } = this;
    return {
      *[Symbol.iterator]() {
        for (const page of pages) yield* page;
      },
    };
  }

  /** The same resources by the page, a few hundred on each: quicker, where there are very many. */
  get pages(): Iterable<readonly Resource[]> {
    const [native, count] = [this.#native, this.resourceCount];
    return {
      *[Symbol.iterator]() {
        for (let start = 0; start < count; start += PAGE) yield native.resources(start, PAGE);
      },
    };
  }

  /** @internal */
  static compare(manifest: Manifest, other: Manifest): Diff {
    for (const value of [manifest, other]) if (!isManifest(value)) throw notAManifest();
    return compareNative(manifest.#native, other.#native);
  }
}

/** The manifest of a model that was hashed here: it can be signed. */
export class HashedManifest extends Manifest {
  readonly #hashed: NativeManifest;
  /** What the ignore paths hid, and how many files; paths that hid nothing are not listed. */
  readonly ignored: readonly Ignored[];
  /** The model's real path, when the path given was a symbolic link. */
  readonly followedTo: string | undefined;
  /** How many bytes were hashed. */
  readonly byteCount: number;
  /** The most bytes that had to be hashed one after the other: the part that more cores cannot help. */
  readonly longestStream: number;

  /** @internal */
  constructor(native: NativeManifest) {
    super(native);
    this.#hashed = native;
    this.ignored = native.ignored;
    this.followedTo = native.followedTo ?? undefined;
    this.byteCount = native.byteCount;
    this.longestStream = native.longestStream;
  }

  /**
   * The canonical bytes of the in-toto statement about this manifest: what a signer signs.
   *
   * @param compat - Whose reading of the specification they follow.
   */
  statement(compat: 'specification' | 'python' = 'specification'): Uint8Array {
    return this.#hashed.statement(compat === 'python');
  }

  /** The same statement as it is signed, written by a thread of the core. @internal */
  async message(compat: 'specification' | 'python'): Promise<NativeMessage> {
    return writeMessage(this.#hashed, compat === 'python');
  }
}

/** How one manifest differs from another. All lists empty and `isEqual` are the same. */
export interface ManifestDiff extends Diff {
  /** Whether both say the same of every file. */
  readonly isEqual: boolean;
  /** Resources with another content. */
  readonly changed: NonNullable<Diff['changed']>;
  /** Extra files with the content of missing ones. */
  readonly renamed: NonNullable<Diff['renamed']>;
}

/**
 * Compares two manifests: what was hashed here, or what a bundle says. Nothing is read or hashed, and a difference is a
 * value, no error. The names of the models, ignore paths and links that were allowed are not compared.
 *
 * @param manifest - What is expected, such as the manifest of the release before.
 * @param other - What is there instead; `extra` is what only this one has.
 * @throws `InputError` with the code `MANIFESTS_INCOMPARABLE` when hash algorithm, serialization or shard size differ:
 * digests then say nothing about each other.
 */
export function compareManifests(manifest: Manifest, other: Manifest): ManifestDiff {
  const { changed, renamed, ...byName } = Manifest.compare(manifest, other);
  const diff = { ...byName, changed: changed ?? [], renamed: renamed ?? [] };
  return { isEqual: Object.values(diff).every((list) => list.length === 0), ...diff };
}

function isManifest(value: unknown): boolean {
  return value instanceof Manifest;
}

function notAManifest(): InputError {
  const hint = 'give what digest, sign, verify or verifyBundle returned as manifest';
  return new InputError('OPTION_INVALID', 'one of the two is no manifest', { hint });
}
