// SPDX-License-Identifier: Apache-2.0
// Time for keys: an authority that the user names is believed, all others are not, and the evidence says which it was.

import type { ExecutionContext } from 'ava';
import { ModelSigningError, SigningError } from 'model-signing';

import type { SignedBundle } from '../../dist/method.js';
import { keySigner, keyVerifier } from '../../dist/methods/key.js';
import { pair } from '../keys.js';
import { pki, run } from './chains.js';
import { CA, TSA } from './pki.js';
import { reply, serve } from './time-authority.js';

const { privateKey, publicKey } = pair();
const MESSAGE = Buffer.from('DSSEv1 28 application/vnd.in-toto+json 2 {}');

/** A bundle of a key that an authority gave its time to, and that authority's root. */
async function stamped(t: ExecutionContext): Promise<{ bundle: SignedBundle; root: string; stranger: string }> {
  const root = pki.issue('time root', { extensions: CA });
  const authority = pki.issue('time', { extensions: TSA, issuer: root });
  const { url, server } = await serve((question) => ({ body: reply(pki, authority, question) }));
  t.teardown(() => server.close());
  const signer = keySigner({ privateKey, timestampUrl: url, timeout: 20_000 });
  const { timestamps = [], ...signed } = await signer.sign({ message: MESSAGE, payload: MESSAGE, signal: undefined });
  t.is(timestamps.length, 1);
  const mediaType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
  const bundle = { ...signed, mediaType, message: MESSAGE, payload: MESSAGE, forcedHash: undefined, timestamps };
  return { bundle, root: root.certificate, stranger: pki.issue('other root', { extensions: CA }).certificate };
}

run('a timestamp sets the time for those who name its authority', async (t) => {
  const { bundle, root } = await stamped(t);
  const { time, signer, remarks } = await keyVerifier({ publicKey, timestampAuthorities: [root] }).verify(bundle);
  t.deepEqual([time.source, signer.method, remarks], ['timestamp', 'key', []]);
  t.true(Math.abs(time.time.getTime() - Date.now()) < 60_000);
});

run('without an authority it is not used, and the evidence says so', async (t) => {
  const { bundle } = await stamped(t);
  const { time, remarks } = await keyVerifier({ publicKey }).verify(bundle);
  t.is(time.source, 'now');
  t.deepEqual(remarks, ['the timestamps of the bundle were not used: no timestamp authority was given']);
});

run('an authority and no timestamp: now, and the evidence says so', async (t) => {
  const { bundle, root } = await stamped(t);
  const verifier = keyVerifier({ publicKey, timestampAuthorities: [root] });
  const { time, remarks } = await verifier.verify({ ...bundle, timestamps: [] });
  t.is(time.source, 'now');
  t.deepEqual(remarks, ['the bundle holds no timestamp: everything was checked as of now']);
});

run('with an authority, every timestamp has to be good', async (t) => {
  const { bundle, root, stranger } = await stamped(t);
  const [token = Buffer.alloc(0)] = bundle.timestamps;
  const other = await stamped(t);
  const cases: readonly [code: string, authority: string, timestamps: readonly Uint8Array[]][] = [
    ['TIMESTAMP_UNTRUSTED', stranger, [token]],
    ['TIMESTAMP_FORMAT', root, [token, Buffer.from('x')]],
    ['TIMESTAMP_IMPRINT_MISMATCH', other.root, other.bundle.timestamps],
    ['TIMESTAMP_TOO_MANY', root, Array.from({ length: 33 }, () => token)],
  ];
  for (const [code, authority, timestamps] of cases) {
    const verifying = keyVerifier({ publicKey, timestampAuthorities: [authority] }).verify({ ...bundle, timestamps });
    const error = await t.throwsAsync(verifying, { instanceOf: ModelSigningError });
    t.is<string, string>(error.code, code, error.message);
  }
});

run('the signature is checked before its time', async (t) => {
  const { bundle, root } = await stamped(t);
  const verifier = keyVerifier({ publicKey, timestampAuthorities: [root] });
  const changed = { ...bundle, message: Buffer.from('another'), timestamps: [Buffer.from('x')] };
  await t.throwsAsync(verifier.verify(changed), { code: 'SIGNATURE_INVALID' });
});

run('an authority that does not answer is waited for as long as was said', async (t) => {
  const { url, server } = await serve(() => undefined);
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const signing = keySigner({ privateKey, timestampUrl: url, timeout: 300 });
  const input = { message: MESSAGE, payload: MESSAGE, signal: undefined };
  const error = await t.throwsAsync(signing.sign(input), { instanceOf: SigningError });
  t.is(error.code, 'TIMESTAMP_REQUEST_FAILED');
  t.regex(error.message, /did not answer within 300 ms/);
});

run('an authority whose certificate cannot be read is said before anything is verified', async (t) => {
  const { bundle } = await stamped(t);
  const verifier = keyVerifier({ publicKey, timestampAuthorities: ['no such file'] });
  await t.throwsAsync(verifier.prepare?.() ?? Promise.resolve(), { code: 'CERTIFICATE_UNREADABLE' });
  await t.throwsAsync(verifier.verify(bundle), { code: 'CERTIFICATE_UNREADABLE' });
});
