// SPDX-License-Identifier: Apache-2.0
// The Sigstore of the tests goes wrong exactly as it is told: one thing at a time, for so many requests, on one lane.

import { randomBytes } from 'node:crypto';

import { sigstackTest } from './sigstack.js';
import {
  addToV1,
  addToV2,
  certify,
  checkV1,
  checkV2,
  logKey,
  post,
  proposalV1,
  readCheckpoint,
  sha256,
  trustedRoot,
} from './sigstack-client.js';

sigstackTest('so many requests fail with a status, and those of another lane do not', async (t, stack) => {
  const other = stack.lane('other');
  await stack.fault({ service: 'rekor1', status: 503, times: 2, headers: { 'retry-after': '1' } });
  t.is((await addToV1(other, randomBytes(9))).status, 201);
  t.deepEqual(await statuses(3, () => addToV1(stack, randomBytes(9))), [503, 503, 201]);
  t.is((await stack.visits('rekor1')).length, 3);
  t.is((await other.visits('rekor1')).length, 1);
});

sigstackTest('faults can be taken back', async (t, stack) => {
  await stack.fault({ service: 'rekor2', status: 500, times: 'all' });
  t.deepEqual(await statuses(2, () => addToV2(stack, randomBytes(9))), [500, 500]);
  await stack.clearFaults();
  t.is((await addToV2(stack, randomBytes(9))).status, 201);
});

sigstackTest('a service can be slow, or hang up', async (t, stack) => {
  await stack.fault({ service: 'tsa', hangMs: 300 });
  const start = performance.now();
  t.is((await stamp()).status, 200);
  t.true(performance.now() - start >= 290);
  await stack.fault({ service: 'tsa', drop: true });
  await t.throwsAsync(stamp());
  t.is((await stamp()).status, 200);

  function stamp() {
    const artifactHash = sha256(randomBytes(9)).toString('base64');
    return post(`${stack.urls.tsa}/api/v1/timestamp`, { artifactHash, hashAlgorithm: 'sha256' });
  }
});

sigstackTest('an answer that is lost: the log has the entry all the same', async (t, stack) => {
  const entry = proposalV1(randomBytes(9));
  const send = () => post(`${stack.urls.rekor1}/api/v1/log/entries`, entry);
  await stack.fault({ service: 'rekor1', late: true, drop: true });
  await t.throwsAsync(send());
  t.is((await send()).status, 409);
});

sigstackTest('a log that says an entry exists has it', async (t, stack) => {
  await stack.fault({ service: 'rekor1', forge: 'exists' });
  const { status, json } = await addToV1(stack, randomBytes(9));
  t.is(status, 409);
  const [uuid = ''] = /[0-9a-f]{80}/.exec(json.message) ?? [];
  t.is((await fetch(`${stack.urls.rekor1}/api/v1/log/entries/${uuid}`)).status, 200);
});

sigstackTest('a log that refuses what is large', async (t, stack) => {
  await stack.fault({ service: 'rekor2', above: 2000, status: 413, times: 'all' });
  t.is((await addToV2(stack, randomBytes(9))).status, 201);
  const padded = await post(`${stack.urls.rekor2}/api/v2/log/entries`, { padding: 'x'.repeat(2000) });
  t.is(padded.status, 413);
});

sigstackTest('an answer that is no answer', async (t, stack) => {
  await stack.fault({ service: 'fulcio', status: 200, body: '<html>' });
  t.is((await post(`${stack.urls.fulcio}/api/v2/signingCert`, {})).json, '<html>');
});

const SOUND_V1 = { promise: true, proof: true, root: true, checkpoint: true };
for (const [forge, wrong] of Object.entries({
  promise: { promise: false },
  checkpoint: { checkpoint: false },
  proof: { proof: false },
  root: { proof: false, root: false },
  time: { promise: false },
  log: { promise: false, checkpoint: false },
})) {
  sigstackTest(`the older log forges: ${forge}`, async (t, stack) => {
    for (let count = 0; count < 2; count++) await addToV1(stack, randomBytes(9));
    await stack.fault({ service: 'rekor1', forge });
    t.deepEqual(checkV1(stack, await addToV1(stack, randomBytes(9))), { ...SOUND_V1, ...wrong });
    t.deepEqual(checkV1(stack, await addToV1(stack, randomBytes(9))), SOUND_V1);
  });
}

const SOUND_V2 = { proof: true, root: true, checkpoint: true };
for (const [forge, wrong] of Object.entries({
  checkpoint: { checkpoint: false },
  proof: { proof: false },
  root: { proof: false, root: false },
  body: { proof: false },
})) {
  sigstackTest(`the newer log forges: ${forge}`, async (t, stack) => {
    for (let count = 0; count < 2; count++) await addToV2(stack, randomBytes(9));
    await stack.fault({ service: 'rekor2', forge });
    t.deepEqual(checkV2(stack, await addToV2(stack, randomBytes(9))), { ...SOUND_V2, ...wrong });
    t.deepEqual(checkV2(stack, await addToV2(stack, randomBytes(9))), SOUND_V2);
  });
}

sigstackTest('the entry of somebody else is sound, and of something else', async (t, stack) => {
  await addToV1(stack, randomBytes(9));
  await addToV2(stack, randomBytes(9));
  await stack.fault({ service: 'rekor1', forge: 'entry' });
  await stack.fault({ service: 'rekor2', forge: 'entry' });
  const artifact = randomBytes(9);
  const one = await addToV1(stack, artifact);
  const two = await addToV2(stack, artifact);
  t.deepEqual([checkV1(stack, one), checkV2(stack, two)], [SOUND_V1, SOUND_V2]);
  const [entry] = Object.values(one.json) as [{ body: string }];
  t.false(Buffer.from(entry.body, 'base64').includes(sha256(artifact).toString('hex')));
  t.false(Buffer.from(two.json.canonicalizedBody, 'base64').includes(sha256(artifact).toString('base64')));
});

sigstackTest('the entry of a log that nobody knows', async (t, stack) => {
  const { tlogs } = trustedRoot(stack) as { tlogs: readonly { logId: { keyId: string } }[] };
  const known = new Set(tlogs.map(({ logId }) => logId.keyId));
  await stack.fault({ service: 'rekor1', forge: 'log' });
  await stack.fault({ service: 'rekor2', forge: 'log' });
  const [entry] = Object.values((await addToV1(stack, randomBytes(9))).json) as [{ logID: string }];
  t.false(known.has(Buffer.from(entry.logID, 'hex').toString('base64')));
  const { logId } = (await addToV2(stack, randomBytes(9))).json;
  t.is(typeof logId.keyId, 'string');
  t.false(known.has(logId.keyId));
});

sigstackTest('a log that forks signs another root of the same size', async (t, stack) => {
  await addToV1(stack, randomBytes(9));
  await addToV2(stack, randomBytes(9));
  const heads = {
    rekor1: async () =>
      ((await (await fetch(`${stack.urls.rekor1}/api/v1/log`)).json()) as { signedTreeHead: string }).signedTreeHead,
    rekor2: async () => (await fetch(`${stack.urls.rekor2}/api/v2/checkpoint`)).text(),
  };
  for (const [log, service] of (['rekor1', 'rekor2'] as const).entries()) {
    const key = logKey(stack, log as 0 | 1);
    await stack.fault({ service, forge: 'fork', path: service === 'rekor1' ? '/log' : '/checkpoint' });
    const [fork, real] = [readCheckpoint(key, await heads[service]()), readCheckpoint(key, await heads[service]())];
    t.true(fork.signed && real.signed);
    t.false(fork.root.equals(real.root) && fork.size === real.size);
  }
});

sigstackTest('certificates that are not to be trusted', async (t, stack) => {
  const token = await stack.token();
  const chain = async (forge: string) => {
    await stack.fault({ service: 'fulcio', forge });
    return certify(stack, token);
  };
  const trusted = trustedRoot(stack).certificateAuthorities[0].certChain.certificates[0].rawBytes;
  const stranger = await chain('authority');
  t.not(stranger.chain[1]?.raw.toString('base64'), trusted);
  const swapped = await chain('key');
  t.is(swapped.chain[1]?.raw.toString('base64'), trusted);
  t.false(swapped.chain[0]?.publicKey.equals(swapped.publicKey));
  const bare = await chain('no-sct');
  t.false(bare.chain[0]?.raw.includes(SCT_LIST));
  t.true((await certify(stack, token)).chain[0]?.raw.includes(SCT_LIST));
});

/** 1.3.6.1.4.1.11129.2.4.2 in DER. */
const SCT_LIST = Buffer.from('060a2b06010401d679020402', 'hex');

async function statuses(count: number, send: () => Promise<{ readonly status: number }>): Promise<number[]> {
  const all: number[] = [];
  for (let done = 0; done < count; done++) all.push((await send()).status);
  return all;
}
