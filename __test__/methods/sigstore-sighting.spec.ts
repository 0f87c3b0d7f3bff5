// SPDX-License-Identifier: Apache-2.0
// Whom a body names: certificates in every place where an entry has one, and names in all places where they mean nothing.

import * as fc from 'fast-check';

import { openInstance } from '../../dist/methods/sigstore-instance.js';
import { Lookout, type Wanted } from '../../dist/methods/sigstore-sighting.js';
import { trustOf } from '../../dist/methods/sigstore-trust.js';
import { buildModel } from '../models.js';
import { type Sigstack, sigstackTest } from '../sigstack.js';
import { certify, newKey } from '../sigstack-client.js';
import { bodyIn } from './own-log.js';
import { signedBy } from './sigstore-bundles.js';

const ALICE: Wanted = { identity: 'alice@example.com' };

async function lookout(stack: Sigstack, wanted: Wanted = ALICE): Promise<Lookout> {
  return new Lookout(wanted, trustOf(await openInstance({ trustConfig: stack.trustedRoot })));
}

function bytes(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

sigstackTest('the bodies of both logs', async (t, stack) => {
  const model = buildModel(t, { a: '1' });
  for (const log of [1, 2] as const) {
    const body = bodyIn(await signedBy(stack, model, log));
    const { sighting, isNamed } = (await lookout(stack)).judge(body);
    t.like(sighting, { identity: 'alice@example.com', issuer: stack.issuer() });
    t.regex(sighting?.digest ?? '', /^sha256:[0-9a-f]{64}$/);
    t.true(isNamed);
    const stranger = (await lookout(stack, { identity: 'lice@example.com' })).judge(body);
    t.deepEqual(stranger, { isNamed: false }, 'a part of a name is no name');
    const cased = (await lookout(stack, { identity: 'Alice@example.com' })).judge(body);
    t.deepEqual(cased, { isNamed: true }, 'an index may think so');
    const other = (await lookout(stack, { ...ALICE, identityProvider: 'https://other.example' })).judge(body);
    t.deepEqual(other, { leftOut: 'other provider', isNamed: true });
  }
});

sigstackTest('every place of a certificate, of whatever kind the entry is', async (t, stack) => {
  const [leaf] = (await certify(stack, await stack.token())).chain;
  const pem = Buffer.from(leaf?.toString() ?? '').toString('base64');
  const der = leaf?.raw.toString('base64');
  const places = {
    rekord: { spec: { signature: { publicKey: { content: pem } } } },
    intoto1: { spec: { publicKey: pem } },
    intoto2: { spec: { content: { envelope: { signatures: [{ publicKey: pem }] } } } },
    dsse: { spec: { signatures: [{ verifier: 'AAAA' }, { verifier: pem }] } },
    v2: { spec: { hashedRekordV002: { signature: { verifier: { x509Certificate: { rawBytes: der } } } } } },
    dsse2: { spec: { dsseV002: { signatures: [{ verifier: { x509Certificate: { rawBytes: der } } }] } } },
  };
  const judge = await lookout(stack);
  for (const [kind, body] of Object.entries(places)) t.truthy(judge.judge(bytes(body)).sighting, kind);
  const elsewhere = [
    { spec: { content: { envelope: { signatures: [{ keyid: pem, sig: pem }] } } } },
    { spec: { signature: { content: pem } } },
    { spec: { content: pem } },
    { spec: { signature: { verifier: { publicKey: { rawBytes: der } } } } },
    { identity: 'alice@example.com' },
    ['alice@example.com', pem],
    'alice@example.com',
  ];
  for (const body of elsewhere)
    t.deepEqual(judge.judge(bytes(body)), { isNamed: false }, JSON.stringify(body).slice(0, 80));
});

sigstackTest('keys are of nobody; those of PGP may have any name', async (t, stack) => {
  const judge = await lookout(stack);
  const key = newKey().publicKey.export({ type: 'spki', format: 'pem' });
  t.deepEqual(judge.judge(bytes(withKey(String(key)))), { isNamed: false });
  t.deepEqual(judge.judge(bytes(withKey('-----BEGIN PGP PUBLIC KEY BLOCK-----\nalice@example.com'))), {
    isNamed: true,
  });
});

sigstackTest('a certificate that is broken, or that no authority here issued', async (t, stack) => {
  const [leaf] = (await certify(stack, await stack.token())).chain;
  const raw = leaf?.raw ?? Buffer.alloc(0);
  const judge = await lookout(stack);
  t.truthy(judge.judge(withCertificate(raw)).sighting);
  t.deepEqual(judge.judge(withCertificate(raw.subarray(0, -1))), { leftOut: 'unreadable', isNamed: true });
  const forged = Buffer.from(raw);
  forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1;
  t.is(judge.judge(withCertificate(forged)).sighting, undefined);
  await stack.fault({ service: 'fulcio', forge: 'authority' });
  const [strange] = (await certify(stack, await stack.token())).chain;
  t.deepEqual(judge.judge(withCertificate(strange?.raw ?? raw)), { leftOut: 'not issued', isNamed: true });
});

sigstackTest('anything at all is judged, and nobody is seen in it', async (t, stack) => {
  const judge = await lookout(stack);
  const pattern = await lookout(stack, { identityRegex: '.*' });
  const name = fc.constantFrom('publicKey', 'content', 'verifier', 'x509Certificate', 'rawBytes', 'signatures', 'spec');
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 6 },
      fc.base64String(),
      fc.string(),
      fc.dictionary(name, tie('tree')),
      fc.array(tie('tree')),
    ),
  }));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), tree.map(bytes)), (body) => {
      return judge.judge(body).sighting === undefined && pattern.judge(body).sighting === undefined;
    }),
    { numRuns: 300 },
  );
  t.deepEqual(judge.judge(Buffer.from('{"a":1,"a":"alice@example.com"}')), { leftOut: 'unreadable', isNamed: true });
  t.deepEqual(judge.judge(Buffer.from('{"a":1,"a":2}')), { isNamed: false });
});

function withKey(content: string): object {
  return { spec: { signature: { publicKey: { content: Buffer.from(content).toString('base64') } } } };
}

function withCertificate(der: Buffer): Buffer {
  return bytes({ spec: { verifier: { x509Certificate: { rawBytes: der.toString('base64') } } } });
}
