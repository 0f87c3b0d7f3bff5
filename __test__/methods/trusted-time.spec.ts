// SPDX-License-Identifier: Apache-2.0
// When a key signed: with a timestamp at the moment that an authority witnessed, if the user named that authority, and
// else now. Certificates share the code; `timestamp.spec.ts` holds what is forged.

import { createPublicKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';
import {
  type ErrorCode,
  InputError,
  ModelSigningError,
  type VerifiedModel,
  keySigner,
  keyVerifier,
  sign,
  verify,
} from 'model-signing';

import { buildModel } from '../models.js';
import { query, reply, serve, tokenOf } from './authority.js';
import { pki, run } from './chains.js';
import { CA, type Party, TSA, keyOf } from './pki.js';

/** An authority, and a bundle of a key that it witnessed. */
async function witnessed(t: ExecutionContext) {
  const root = pki.issue('time root', { extensions: CA });
  const authority = pki.issue('time', { extensions: TSA, issuer: root });
  const { url, server } = await serve((question) => ({ body: reply(authority, question) }));
  t.teardown(() => server.close());
  const party = pki.issue('signer');
  const model = buildModel(t, { a: '1' });
  const { bundle } = await sign(model, { signer: keySigner({ privateKey: keyOf(party), timestampUrl: url }) });
  const verified = async (text: string, ...authorities: Party[]): Promise<VerifiedModel> => {
    const named = authorities.map(({ certificate }) => certificate);
    const publicKey = createPublicKey(keyOf(party));
    const verifier = keyVerifier({ publicKey, ...(named.length > 0 && { timestampAuthorities: named }) });
    return verify(model, Buffer.from(text), { verifier });
  };
  return { root, authority, bundle, verified };
}

run('a key is witnessed at signing, and the time is believed by who names the authority', async (t) => {
  const { root, authority, bundle, verified } = await witnessed(t);
  for (const named of [[root], [authority], [root, authority]]) {
    const { time, remarks } = await verified(bundle, ...named);
    t.is(time.source, 'timestamp');
    t.true(Math.abs(time.time.getTime() - Date.now()) < 60_000);
    t.deepEqual(remarks, []);
  }
  const unused = await verified(bundle);
  t.is(unused.time.source, 'now');
  t.regex(unused.remarks.join(), /were not used/);
});

run('what is no timestamp of that authority is refused, and none at all is said', async (t) => {
  const { root, authority, bundle, verified } = await witnessed(t);
  const refused = async (text: string, code: ErrorCode, ...named: Party[]): Promise<void> => {
    await t.throwsAsync(verified(text, ...named), { instanceOf: ModelSigningError, code });
  };
  await refused(bundle, 'TIMESTAMP_UNTRUSTED', pki.issue('time root', { extensions: CA }));
  const token = /"signedTimestamp":"([^"]+)"/.exec(bundle)?.[1] ?? '';
  const other = tokenOf(reply(authority, query(Buffer.from('other data')))).toString('base64');
  await refused(bundle.replace(token, other), 'TIMESTAMP_IMPRINT_MISMATCH', root);
  await refused(bundle.replace(token, 'AAAA'), 'TIMESTAMP_FORMAT', root);
  const second = (text: string): string => bundle.replace(/\{"signedTimestamp":"[^"]+"\}/, `$&,${text}`);
  await refused(second(`{"signedTimestamp":"${other}"}`), 'TIMESTAMP_IMPRINT_MISMATCH', root);
  const none = bundle.replace(/,"timestampVerificationData":\{.*?\]\}/, '');
  const { time, remarks } = await verified(none, root);
  t.is(time.source, 'now');
  t.regex(remarks.join(), /holds no timestamp/);
});

run('options about time are checked at once', async (t) => {
  const party = pki.issue('signer');
  const [privateKey, publicKey] = [keyOf(party), createPublicKey(keyOf(party))];
  for (const timestampUrl of ['', 'x', 'ftp://x.example/', 'http://user:secret@x.example/']) {
    t.throws(() => keySigner({ privateKey, timestampUrl }), { instanceOf: InputError, code: 'OPTION_INVALID' });
  }
  for (const wrong of [{ timestampAuthorities: [] }, { timestampAuthorities: [''] }, { timestampAuthority: ['x'] }]) {
    const error = t.throws(() => keyVerifier({ publicKey, ...wrong }), { instanceOf: InputError });
    t.is(error?.code, 'OPTION_INVALID');
  }
  const empty = join(pki.folder, 'empty.pem');
  writeFileSync(empty, '');
  const prepared = keyVerifier({ publicKey, timestampAuthorities: [empty] }).prepare?.();
  await t.throwsAsync(async () => prepared, { instanceOf: InputError, code: 'CERTIFICATE_FILE_INVALID' });
});
