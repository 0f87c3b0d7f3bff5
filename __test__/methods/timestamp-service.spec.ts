// SPDX-License-Identifier: Apache-2.0
// Timestamps of a real authority, for keys and for certificates: what it says is believed, what it forges is refused.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import { sign, verify } from '../../dist/index.js';
import { keySigner, keyVerifier } from '../../dist/methods/key.js';
import { keyFiles, pair } from '../keys.js';
import { buildModel, scratch } from '../models.js';
import { type Sigstack, sigstackTest } from '../sigstack.js';

sigstackTest('a key is timestamped, and the time is that of the authority', async (t, stack) => {
  const { model, signer, verifier, signature } = setting(t, stack);
  const before = Math.floor(Date.now() / 1000) * 1000;
  const { bundle } = await sign(model, { signer, signature });
  const { time } = await verify(model, signature, { verifier });
  t.is(time.source, 'timestamp');
  t.is(timestampIn(bundle).indexOf(GRANTED), 4, 'the whole answer, as the bundle format has it');
  t.true(time.time.getTime() >= before && time.time.getTime() <= Date.now() + 1000, time.time.toISOString());
});

sigstackTest('a clock that is an hour behind says so', async (t, stack) => {
  const { model, signer, verifier, signature } = setting(t, stack);
  await stack.fault({ service: 'tsa', shift: -3600, times: 'all' });
  await sign(model, { signer, signature });
  const { time } = await verify(model, signature, { verifier });
  t.true(Date.now() - time.time.getTime() > 3_500_000, time.time.toISOString());
});

sigstackTest('an authority that answers something else is not believed when signing', async (t, stack) => {
  for (const [forge, code] of [
    ['imprint', 'TIMESTAMP_REJECTED'],
    ['nonce', 'TIMESTAMP_NONCE_MISMATCH'],
    ['rejected', 'TIMESTAMP_REJECTED'],
  ] as const) {
    const { model, signer, signature } = setting(t, stack);
    await stack.fault({ service: 'tsa', forge, times: 'all' });
    await t.throwsAsync(sign(model, { signer, signature }), { name: 'SigningError', code }, forge);
    t.false(existsSync(signature));
    await stack.clearFaults();
  }
});

/** The status that an answer begins with, behind the four bytes of its own tag and length. */
const GRANTED = Buffer.from('3003020100', 'hex');

function timestampIn(bundle: string): Buffer {
  const { verificationMaterial } = JSON.parse(bundle) as {
    verificationMaterial: { timestampVerificationData: { rfc3161Timestamps: { signedTimestamp: string }[] } };
  };
  const [first] = verificationMaterial.timestampVerificationData.rfc3161Timestamps;
  return Buffer.from(first?.signedTimestamp ?? '', 'base64');
}

/** A model, and a key that asks this authority for the time. */
function setting(t: ExecutionContext, stack: Sigstack) {
  const cwd = scratch(t);
  const key = keyFiles(cwd, pair());
  const authority = join(cwd, 'authority.pem');
  writeFileSync(authority, authorityOf(stack));
  return {
    model: buildModel(t, { a: '1' }),
    signature: join(cwd, 'model.sig'),
    signer: keySigner({ privateKey: key.private, timestampUrl: `${stack.urls.tsa}/api/v1/timestamp` }),
    verifier: keyVerifier({ publicKey: key.public, timestampAuthorities: [authority] }),
  };
}

/** The root of the authority's chain, from the trusted root. */
function authorityOf(stack: Sigstack): string {
  const { timestampAuthorities } = JSON.parse(readFileSync(stack.trustedRoot, 'utf8')) as {
    timestampAuthorities: { certChain: { certificates: { rawBytes: string }[] } }[];
  };
  const root = timestampAuthorities[0]?.certChain.certificates.at(-1)?.rawBytes ?? '';
  return `-----BEGIN CERTIFICATE-----\n${root.replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}
