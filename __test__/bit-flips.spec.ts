// SPDX-License-Identifier: Apache-2.0
// One bit of a good bundle is flipped, then the next: each is refused with a code, or lies in a place of the written
// list below and changes nothing of what is found. A sample in every run; MODEL_SIGNING_BIT_STRIDE=1 for all of them.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import test, { type ExecutionContext } from 'ava';
import {
  ModelSigningError,
  type VerifiedBundle,
  type Verifier,
  certificateVerifier,
  keyVerifier,
  sign,
  verifyBundle,
} from 'model-signing';

import { pair } from './keys.js';
import { buildModel, pattern } from './models.js';

const BESIDE = fileURLToPath(new URL('../../shared/vectors', import.meta.url));
const VECTORS = process.env['MODEL_SIGNING_VECTORS'] ?? BESIDE;

/** An odd number, so that every bit of a byte has its turn. */
const STRIDE = Number(process.env['MODEL_SIGNING_BIT_STRIDE'] ?? 101);

/** Where a bit may change without being noticed: it means nothing to anybody, and nothing found may differ. */
const HARMLESS: readonly (readonly [where: RegExp, why: string])[] = [
  [/\s+(?=(?:[^"]*"[^"]*")*[^"]*$)/g, 'white space between the tokens of JSON'],
  [/(?<="keyid": ?")[^"]*(?=")/g, 'a name of the key that nothing depends on'],
  [/(?<="keyDetails": ?")[^"]*(?=")/g, 'what an old bundle says of a key that the verifier has'],
  [/(?<="publicKey": ?\{"rawBytes": ?")[^"]*(?=")/g, 'the text around a key that still is the same key'],
];

interface Control {
  readonly bundle: Buffer;
  readonly verifier: Verifier;
  readonly harmless?: typeof HARMLESS;
  readonly stride?: number;
}

async function hold(
  t: ExecutionContext,
  { bundle, verifier, harmless = HARMLESS, stride = STRIDE }: Control,
): Promise<void> {
  const found = async (bytes: Uint8Array): Promise<object> =>
    evidence(await verifyBundle(bytes, { verifier, allowLegacy: true }));
  const undamaged = await found(bundle);
  const places = harmless.flatMap(([where]) => [...bundle.toString('latin1').matchAll(where)]);
  const isHarmless = (at: number): boolean =>
    places.some(({ index, 0: { length } }) => index <= at && at < index + length);
  let [flipped, unnoticed] = [0, 0];
  for (let bit = 0; bit < bundle.length * 8; bit += stride, flipped += 1) {
    const bytes = Buffer.from(bundle);
    const at = bit >> 3;
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
    try {
      const same = await found(bytes);
      unnoticed += 1;
      t.true(isHarmless(at), `bit ${bit} is unnoticed: ${bytes.toString('latin1', at - 20, at + 20)}`);
      t.deepEqual(same, undamaged);
    } catch (error) {
      if (!(error instanceof ModelSigningError) || error.code === 'INTERNAL') throw error;
      if (/\p{Cc}/u.test(error.message)) t.fail(`bit ${bit}: ${JSON.stringify(error.message)}`);
    }
  }
  t.true(flipped > 0);
  t.log(`${flipped} bits, ${unnoticed} of them in places that mean nothing`);
}

function evidence({ signer, statementDigest, manifest, remarks }: VerifiedBundle): object {
  return { signer, statementDigest, remarks, rootDigest: manifest.rootDigest, source: manifest.serialization };
}

const FILES = { 'a.bin': pattern(20, 1), b: pattern(10, 2) };

for (const curve of ['P-256', 'P-384', 'P-521']) {
  test(`a bundle of ours, ${curve}`, async (t) => {
    const { signer, verifier } = pair(curve);
    const { bundle } = await sign(buildModel(t, FILES), { signer, ...(curve === 'P-384' && { shardSize: 8 }) });
    await hold(t, {
      bundle: Buffer.from(bundle),
      verifier,
      harmless: [],
      ...(curve === 'P-256' && { stride: Math.min(STRIDE, 13) }),
    });
  });
}

if (existsSync(VECTORS)) {
  const at = (...path: string[]): string => join(VECTORS, ...path);
  for (const release of ['v0.2.0', 'v0.3.1', 'v1.0.1', 'v1.1.1']) {
    for (const curve of ['p256', 'p384']) {
      const verifier = keyVerifier({ publicKey: at('python', `${curve}.pub`) });
      const file = at('python', `${release}-${curve}.sig`);
      test(`a bundle of a key: ${release}, ${curve}`, async (t) => hold(t, { bundle: readFileSync(file), verifier }));
    }
  }
  test('a bundle of a certificate', async (t) =>
    hold(t, {
      bundle: readFileSync(at('go', 'certificate.sig')),
      verifier: certificateVerifier({ certificateChain: [at('go', 'keys', 'root.pem')] }),
    }));
  for (const release of ['v0.2.0', 'v1.0.0', 'v1.1.0']) {
    test(`a bundle of a certificate: ${release}`, async (t) =>
      hold(t, {
        bundle: readFileSync(at('historical', `${release}-certificate`, 'bundle.sig')),
        verifier: certificateVerifier({ certificateChain: [at('keys', 'certificate', 'ca-cert.pem')] }),
      }));
  }
} else {
  console.warn(`SKIPPED: no bundles of other implementations at ${VECTORS}`);
  test.skip('bundles of other implementations', (t) => t.pass());
}
