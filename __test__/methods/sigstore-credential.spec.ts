// SPDX-License-Identifier: Apache-2.0
// How long a key and its certificate serve, and that what hashing outlived is got again. One test moves the clock of this
// process, so nothing else is tested here.

import { ModelSigningError, sign, sigstoreSigner } from 'model-signing';

import { isFresh, newCredential } from '../../dist/methods/sigstore-credential.js';
import { IdentityToken } from '../../dist/methods/sigstore-token.js';
import { buildModel, pattern } from '../models.js';
import { sigstackTest } from '../sigstack.js';

const MINUTE = 60_000;

sigstackTest('a certificate serves until a minute before its end, and its key is in no dump', async (t, stack) => {
  const token = new IdentityToken(await stack.token());
  const source = { name: 'a test', token: async () => token };
  const patience = { timeout: 10_000, signal: undefined };
  const credential = await newCredential(new URL(stack.urls.fulcio), source, patience);
  t.true(credential.certificate.checkPrivateKey(credential.privateKey));
  t.true(
    token.bytes.every((byte) => byte === 0),
    'the token is wiped once it was used',
  );
  const { since } = credential;
  for (const [minutes, expected] of [
    [0, true],
    [8.99, true],
    [9, false],
    [600, false],
    [-0.01, false],
  ] as const) {
    t.is(isFresh(credential, since + minutes * MINUTE), expected, String(minutes));
  }
});

sigstackTest('what hashing outlived is got again; a given token cannot be', async (t, stack) => {
  const { now } = Date;
  const model = buildModel(t, { a: pattern(100, 1) });
  const trustConfig = stack.clientTrustConfigV1;
  let asked = 0;
  const signer = sigstoreSigner({ trustConfig, identityToken: () => ((asked += 1), stack.token()) });
  await signer.prepare?.();
  const given = sigstoreSigner({ trustConfig, identityToken: await stack.token({ exp: 5 }) });
  await given.prepare?.();
  const before = (await stack.visits('fulcio')).length;
  await new Promise((resolve) => setTimeout(resolve, 5100));
  try {
    Date.now = () => now() + 9.5 * MINUTE;
    await sign(model, { signer });
    const error = await t.throwsAsync(sign(model, { signer: given }), { instanceOf: ModelSigningError });
    t.is(error.code, 'TOKEN_EXPIRED');
  } finally {
    Date.now = now;
  }
  t.is(asked, 2);
  t.is((await stack.visits('fulcio')).length - before, 1);
});
