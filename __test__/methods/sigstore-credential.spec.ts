// SPDX-License-Identifier: Apache-2.0
// How long a key and its certificate serve, and that what hashing outlived is got again. The clock of this process is
// moved, so nothing else is tested here.

import { X509Certificate } from 'node:crypto';

import test from 'ava';
import { ModelSigningError, sign, sigstoreSigner } from 'model-signing';

import { type Credential, isFresh } from '../../dist/methods/sigstore-credential.js';
import { buildModel, pattern } from '../models.js';
import { sigstackTest } from '../sigstack.js';

const FILES = { a: pattern(100, 1) };
const MINUTE = 60_000;

sigstackTest('what hashing outlived is got again', async (t, stack) => {
  const { now } = Date;
  const model = buildModel(t, FILES);
  let asked = 0;
  const signer = signerOf(stack, 1, { identityToken: () => ((asked += 1), stack.token()) });
  await signer.prepare?.();
  try {
    Date.now = () => now() + 9.5 * 60_000;
    await sign(model, { signer });
  } finally {
    Date.now = now;
  }
  t.deepEqual([asked, (await stack.visits('fulcio')).length], [2, 2]);
  const given = signerOf(stack, 1, { identityToken: await stack.token({ exp: 1 }) });
  await given.prepare?.();
  await new Promise((resolve) => setTimeout(resolve, 1100));
  Date.now = () => now() + 9.5 * 60_000;
  const error = await t.throwsAsync(sign(model, { signer: given })).finally(() => (Date.now = now));
  t.is((error as ModelSigningError).code, 'TOKEN_EXPIRED');
});

