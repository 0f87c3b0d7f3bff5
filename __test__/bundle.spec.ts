// SPDX-License-Identifier: Apache-2.0
// Bundles: those of other implementations verify, and so do all forms that a bundle may have.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import test from 'ava';
import { keyVerifier, sign, verify } from 'model-signing';

import { pair } from './keys.js';
import { buildModel, pattern } from './models.js';

const BESIDE = fileURLToPath(new URL('../../shared/vectors', import.meta.url));
const VECTORS = process.env['MODEL_SIGNING_VECTORS'] ?? BESIDE;

if (existsSync(VECTORS)) {
  const python = join(VECTORS, 'python');
  for (const file of bundles('python')) {
    const curve = /p\d+/.exec(file)?.[0];
    const isLegacy = file.startsWith('v0.2.0');
    vector(join(python, file), join(python, 'model'), join(python, `${curve}.pub`), { isLegacy });
  }
  const go = join(VECTORS, 'go');
  for (const file of bundles('go').filter((name) => name.startsWith('key-p'))) {
    vector(join(go, file), join(go, 'model'), join(go, 'keys', file.replace('key-', '').replace('.sig', '.pub')));
  }
  vector(join(go, 'key-single-file.sig'), join(go, 'single.bin'), join(go, 'keys', 'p256.pub'));
  for (const name of readdirSync(join(VECTORS, 'historical')).filter((each) => each.endsWith('elliptic-key'))) {
    const folder = join(VECTORS, 'historical', name);
    const { model, verify: how } = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as {
      model: string;
      verify: { public_key: string; ignore_paths?: string[] };
    };
    const ignorePaths = how.ignore_paths ?? [];
    vector(join(folder, 'bundle.sig'), join(folder, model), join(VECTORS, how.public_key), { ignorePaths });
  }
  test('no bundle of a key was overlooked', (t) => {
    t.is(bundles('python').length, 10);
    t.is(bundles('go').filter((name) => name.startsWith('key-')).length, 4);
  });
} else {
  console.warn(`SKIPPED 17 tests: no bundles of other implementations at ${VECTORS}`);
  test.skip('bundles of other implementations verify', () => {});
}

function bundles(folder: string): string[] {
  return readdirSync(join(VECTORS, folder)).filter((name) => name.endsWith('.sig'));
}

function vector(
  bundle: string,
  model: string,
  publicKey: string,
  { isLegacy = false, ignorePaths = [] }: { isLegacy?: boolean; ignorePaths?: readonly string[] } = {},
): void {
  test(`verifies: ${bundle.slice(VECTORS.length + 1)}`, async (t) => {
    const options = { verifier: keyVerifier({ publicKey }), ignorePaths };
    if (isLegacy) await t.throwsAsync(verify(model, bundle, options), { code: 'LEGACY_FORBIDDEN' });
    const { signer, manifest, remarks } = await verify(model, bundle, { ...options, allowLegacy: isLegacy });
    t.deepEqual(remarks, isLegacy ? ['the statement is from before the specification'] : []);
    t.is(signer.method, 'key');
    t.true(manifest.resourceCount > 0);
    const stranger = { ...options, allowLegacy: isLegacy, verifier: pair().verifier };
    await t.throwsAsync(verify(model, bundle, stranger), { code: 'HINT_MISMATCH' });
  });
}

const FILES = { 'a.bin': pattern(20, 1), b: pattern(10, 2) };
const KEY = pair();
const { verifier } = KEY;

test('what a bundle may look like beside ours', async (t) => {
  const model = buildModel(t, FILES);
  const text = (await sign(model, { signer: KEY.signer })).bundle;
  const indented = JSON.stringify(JSON.parse(text), undefined, 2);
  const keyid = (value: string): string => text.replace('"keyid":""', value);
  const others = [indented, indented.replaceAll('\n', '\r\n'), ` ${text}\n`, text.replace('"hint"', '"h\\u0069nt"')];
  for (const other of [...others, keyid('"keyid":null'), keyid('"keyid":"me"'), text.replace(',"keyid":""', '')]) {
    await t.notThrowsAsync(verify(model, Buffer.from(other), { verifier }));
  }
});
