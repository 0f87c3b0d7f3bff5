// SPDX-License-Identifier: Apache-2.0
// The bundles that a user knows: files, or folders of them. What they say about log entries is read and not believed; it
// is only compared with what logs show.

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { readBundle } from './bundle.js';
import { InputError, ModelSigningError } from './errors.js';
import type { Logger } from './log.js';
import { leafHash } from './methods/merkle-tree.js';
import type { KnownEntry } from './methods/sigstore-reading.js';
import { escape } from './native.js';

/** So many files in folders; whoever has more names them. */
const MOST_FILES = 100_000;

/** Reads the log entries of all bundles. In folders, and in those in them, what is no bundle is passed over. */
export async function readKnownBundles(paths: readonly string[], logger: Logger): Promise<readonly KnownEntry[]> {
  const entries: KnownEntry[] = [];
  let passed = 0;
  for (const path of paths) {
    if (!(await isFolder(path))) {
      entries.push(...(await entriesOf(path)));
      continue;
    }
    for (const file of await filesIn(path)) {
      const found = await entriesOf(file).catch(noBundle);
      if (found === undefined) passed += 1;
      else entries.push(...found);
    }
  }
  if (passed > 0) logger.info(`${passed} files in the folders of known bundles are no bundles`);
  return entries;
}

async function entriesOf(path: string): Promise<readonly KnownEntry[]> {
  try {
    const { signed } = await readBundle(path, { allowLegacy: true });
    return (signed.logEntries ?? []).map(({ logId, logIndex: index, canonicalizedBody: body }) => {
      return { path, logId, index, body, leaf: leafHash(body).toString('hex') };
    });
  } catch (cause) {
    if (!(cause instanceof ModelSigningError)) throw cause;
    throw invalid(path, cause.message, cause);
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw invalid(path, 'it cannot be found', cause);
  }
}

async function filesIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    if (files.length <= MOST_FILES) return files;
  } catch (cause) {
    throw invalid(folder, 'it cannot be listed', cause);
  }
  throw invalid(folder, `it holds more than ${MOST_FILES} files`);
}

function noBundle(cause: unknown): undefined {
  if (!(cause instanceof InputError)) throw cause;
}

function invalid(path: string, why: string, cause?: unknown): InputError {
  const hint = 'name bundles, or folders of them';
  const message = `the known bundle '${escape(path)}' cannot be used: ${why}`;
  return new InputError('KNOWN_BUNDLE_INVALID', message, { hint, path, cause });
}
