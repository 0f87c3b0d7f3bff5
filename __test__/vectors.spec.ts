// SPDX-License-Identifier: Apache-2.0
// What other implementations signed, hashed again: the shared bundles' models, with the recipe their payloads record.
// MODEL_SIGNING_VECTORS names the folder; without it, `shared/vectors` beside the repository. Skipped when absent.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import test from 'ava';
import { type DigestOptions, type HashAlgorithm, digest } from 'model-signing';

import { byCodePoint } from './oracle.js';

interface Signed {
  readonly name: string;
  readonly digest: string;
}

interface Payload {
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
  readonly predicate: {
    readonly resources?: readonly Signed[];
    readonly serialization?: { readonly hash_type: HashAlgorithm; readonly ignore_paths?: readonly string[] };
  };
}

const BESIDE = fileURLToPath(new URL('../../shared/vectors', import.meta.url));
const VECTORS = process.env['MODEL_SIGNING_VECTORS'] ?? BESIDE;

if (existsSync(VECTORS)) {
  for (const name of folders('historical')) {
    const folder = join(VECTORS, 'historical', name);
    const { model } = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as { model: string };
    compare(`historical/${name}`, join(folder, 'bundle.sig'), join(folder, model));
  }
  for (const file of bundles('python')) {
    compare(`python/${file}`, join(VECTORS, 'python', file), join(VECTORS, 'python', 'model'));
  }
  for (const file of bundles('go')) {
    if (file === 'oci.sig') continue; // Says nothing about a folder: its subject is an OCI manifest.
    const model = file === 'key-single-file.sig' ? 'single.bin' : 'model';
    compare(`go/${file}`, join(VECTORS, 'go', file), join(VECTORS, 'go', model));
  }
} else {
  console.warn(
    `SKIPPED: no bundles of other implementations at ${VECTORS}; MODEL_SIGNING_VECTORS can name their folder`,
  );
  test.skip('bundles of other implementations', (t) => t.pass());
}

function compare(title: string, bundle: string, model: string): void {
  test(title, async (t) => {
    const payload = payloadOf(bundle);
    const signed = resourcesOf(payload);
    const manifest = await digest(model, recipeOf(payload.predicate.serialization, signed, model));
    const found = [...manifest.resources].map(line);
    // A model that is one file was once called '.'.
    const wanted = signed.map(({ name, digest: hex }) =>
      line({ name: name === '.' ? manifest.modelName : name, digest: hex }),
    );
    t.deepEqual(found, wanted.toSorted(byCodePoint));
    // Before v1.0 of the format there was no root.
    const sameOrder = found.join('\n') === wanted.join('\n');
    if (payload.predicate.resources && sameOrder)
      t.is(manifest.rootDigest, `sha256:${payload.subject[0]?.digest.sha256}`);
  });
}

function line({ name, digest: hex }: Signed): string {
  return `${name}\0${hex}`;
}

function resourcesOf({ predicate, subject }: Payload): readonly Signed[] {
  return predicate.resources ?? subject.map(({ name, digest: { sha256 } }) => ({ name, digest: sha256 }));
}

function payloadOf(bundle: string): Payload {
  const { dsseEnvelope } = JSON.parse(readFileSync(bundle, 'utf8')) as { dsseEnvelope: { payload: string } };
  return JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString()) as Payload;
}

/** The recipe as recorded; what was not recorded then, and is not listed, was left out on the command line. */
function recipeOf(
  serialization: Payload['predicate']['serialization'],
  signed: readonly Signed[],
  model: string,
): DigestOptions {
  const unsigned = existsSync(join(model, 'ignore-me')) && !signed.some(({ name }) => name === 'ignore-me');
  return {
    hashAlgorithm: serialization?.hash_type ?? 'sha256',
    ignorePaths: serialization?.ignore_paths ?? (unsigned ? ['ignore-me'] : []),
  };
}

function folders(folder: string): string[] {
  return readdirSync(join(VECTORS, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

function bundles(folder: string): string[] {
  return readdirSync(join(VECTORS, folder)).filter((name) => name.endsWith('.sig'));
}
