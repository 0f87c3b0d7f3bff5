// SPDX-License-Identifier: Apache-2.0
// Which Sigstore: whom it trusts and where its services are. The public and the staging instance are pinned in the
// package and need no network; a private one comes from a file, or from an update repository of its own.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { SigningConfig, TimeRange, TrustedRoot } from '@sigstore/protobuf-specs';

import { InputError } from '../errors.js';
import { escape } from '../native.js';
import { readSigningConfigFile, readSigningConfig, readTrustFile, readTrustedRoot } from './sigstore-trust-file.js';
import {
  type KeptTrust,
  type Repository,
  defaultCacheFolder,
  fetchTrust,
  keptTrust,
  privateFolder,
  urlFolder,
} from './sigstore-tuf.js';

/** Which instance, and how fresh what is known about it has to be. */
export interface InstanceOptions {
  /**
   * Use the staging instance, which is for tests, instead of the public one.
   * @default false
   */
  readonly useStaging?: boolean | undefined;
  /**
   * The path of a ClientTrustConfig in JSON; for verifying, that of a trusted root will do.
   * @default the public instance
   */
  readonly trustConfig?: string | undefined;
  /**
   * The address of the instance's update repository (TUF).
   * @default that of the public or the staging instance
   */
  readonly tufUrl?: string | undefined;
  /**
   * The path of the first `root.json` of that repository.
   * @default the one that `initTrust` stored, or the one that the package pins
   */
  readonly tufRoot?: string | undefined;
  /**
   * Ask the update repository before anything is believed.
   * @default false
   */
  readonly refreshTrust?: boolean | undefined;
  /**
   * Where what was fetched is kept.
   * @default `model-signing` in the user's cache folder
   */
  readonly cacheFolder?: string | undefined;
  /**
   * How long one request may take, in milliseconds.
   * @default 30000
   */
  readonly timeout?: number | undefined;
}

/** The same, where the services are named apart. */
export interface InstanceRequest extends InstanceOptions {
  /** The path of a signing configuration that goes before the one of the instance. */
  readonly signingConfig?: string | undefined;
}

/** An instance. */
export interface Instance {
  /** Whom it trusts. */
  readonly trustedRoot: TrustedRoot;
  /** Where its services are; a trusted root alone does not say. */
  readonly signingConfig: SigningConfig | undefined;
  /** Where this is from, in words for people: which instance, and as of when. */
  readonly source: string;
  /** What a careful reader should know about it. */
  readonly remarks: readonly string[];
}

const TIMEOUT_MS = 30_000;

/** The instances that everybody knows: their update repositories, and a folder of the package with what they said. */
const KNOWN = {
  public: { url: 'https://tuf-repo-cdn.sigstore.dev', folder: new URL('../../npm/trust/public/', import.meta.url) },
  staging: { url: 'https://tuf-repo-cdn.sigstage.dev', folder: new URL('../../npm/trust/staging/', import.meta.url) },
} as const;

/** As of when the folders above are. */
const PINNED = new Date('2026-11-26T00:00:00Z');

/** Opens the instance that the options name, with no more network than they ask for. */
export async function openInstance({ signingConfig, ...options }: InstanceRequest): Promise<Instance> {
  const instance = await namedInstance(options);
  return signingConfig === undefined
    ? instance
    : { ...instance, signingConfig: await readSigningConfigFile(signingConfig) };
}

async function namedInstance(options: InstanceOptions): Promise<Instance> {
  if (options.trustConfig !== undefined) {
    const documents = await readTrustFile(options.trustConfig);
    const source = `the trust configuration '${escape(options.trustConfig)}'`;
    return { ...documents, source, remarks: endedRemarks(documents.trustedRoot, source) };
  }
  const { repository, pinned, name } = await placeOf(options);
  const found = options.refreshTrust === true ? await fetchTrust(repository) : await knownTrust(repository, pinned);
  const day = found.date.toISOString().slice(0, 10);
  const source = `${name}, ${found === pinned ? 'pinned in this package' : 'fetched'} on ${day}`;
  const { trustedRoot, signingConfig } = found;
  return { trustedRoot, signingConfig, source, remarks: endedRemarks(trustedRoot, source) };
}

/** Fetches what the update repository of a private instance says, and remembers its root for later. */
export async function introduceInstance(
  options: InstanceOptions & { readonly tufUrl: string; readonly tufRoot: string },
): Promise<Instance> {
  const { repository } = await placeOf(options);
  await fetchTrust(repository);
  const folder = urlFolder(cacheFolderOf(options), repository.url);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'root.json'), await readFile(repository.root));
  return openInstance(options);
}

/** A repository, and what the package itself knows about the instance. */
interface Place {
  readonly name: string;
  readonly repository: Repository;
  readonly pinned: KeptTrust | undefined;
}

/** The freshest that is at hand; a private instance that was never fetched is fetched now, since the user named it. */
async function knownTrust(repository: Repository, pinned: KeptTrust | undefined): Promise<KeptTrust> {
  const kept = await keptTrust(repository);
  if (pinned === undefined) return kept ?? fetchTrust(repository);
  return kept !== undefined && kept.date > pinned.date ? kept : pinned;
}

async function placeOf(options: InstanceOptions): Promise<Place> {
  const { useStaging = false, tufUrl, tufRoot, timeout = TIMEOUT_MS } = options;
  const cache = cacheFolderOf(options);
  const known = useStaging ? 'staging' : 'public';
  if (tufUrl === undefined || tufUrl.replace(/\/$/, '') === KNOWN[known].url) {
    const { url } = KNOWN[known];
    const root = tufRoot ?? fileURLToPath(new URL('root.json', KNOWN[known].folder));
    const repository = { url, root, folder: join(cache, known), timeout };
    return { name: `the ${known} instance`, repository, pinned: await pinnedTrust(known) };
  }
  const url = tufUrl.replace(/\/$/, '');
  const root = tufRoot ?? join(urlFolder(cache, url), 'root.json');
  const bytes = await readFile(root).catch((cause: unknown) => {
    throw rootless(url, tufRoot, cause);
  });
  const repository = { url, root, folder: privateFolder(cache, url, bytes), timeout };
  return { name: `the instance of '${escape(url)}'`, repository, pinned: undefined };
}

async function pinnedTrust(known: keyof typeof KNOWN): Promise<KeptTrust> {
  const { folder } = KNOWN[known];
  const [root, config] = await Promise.all([
    readFile(new URL('trusted_root.json', folder)),
    readFile(new URL('signing_config.json', folder)),
  ]);
  return { trustedRoot: readTrustedRoot(root), signingConfig: readSigningConfig(config), date: PINNED };
}

function cacheFolderOf({ cacheFolder }: InstanceOptions): string {
  return cacheFolder ?? defaultCacheFolder();
}

/** What no longer vouches for anything new; what is old verifies all the same. */
function endedRemarks({ tlogs, ctlogs, certificateAuthorities }: TrustedRoot, source: string): string[] {
  const kinds: readonly [string, readonly (TimeRange | undefined)[]][] = [
    ['logs', tlogs.map(({ publicKey }) => publicKey?.validFor)],
    ['certificate logs', ctlogs.map(({ publicKey }) => publicKey?.validFor)],
    ['certificate authorities', certificateAuthorities.map(({ validFor }) => validFor)],
  ];
  const now = new Date();
  const ended = kinds.filter(
    ([, ranges]) => ranges.length > 0 && ranges.every((range) => range?.end && range.end < now),
  );
  return ended.map(
    ([kind]) => `all ${kind} of ${source} have ended: newer signatures cannot verify; run model-signing trust update`,
  );
}

function rootless(url: string, tufRoot: string | undefined, cause: unknown): InputError {
  if (tufRoot !== undefined) {
    const message = `the first root '${escape(tufRoot)}' cannot be read`;
    return new InputError('TRUST_CONFIG_UNREADABLE', message, { hint: 'check the path', path: tufRoot, cause });
  }
  const message = `nothing is known about the update repository '${escape(url)}'`;
  const hint = `introduce it: model-signing trust init --tuf-url ${escape(url)} --tuf-root ROOT.json`;
  return new InputError('TRUST_NOT_INITIALIZED', message, { hint, cause });
}
