// SPDX-License-Identifier: Apache-2.0
// Sigstore bundles of others: they verify without any network, and no change to one goes unnoticed.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';
import { type SigstoreVerifierOptions, sigstoreVerifier, verify } from 'model-signing';

import { HAS_HISTORICAL, HISTORICAL, THEIR_SIGNER, outcome } from './sigstore-bundles.js';
import { type Change, changesOf } from './tampering.js';
import { command } from '../cli/command.js';

const NAMES = ['v1.0.0-sigstore', 'v1.1.0-sigstore'];
const declare = HAS_HISTORICAL ? test : test.skip;
if (!HAS_HISTORICAL) console.warn(`SKIPPED 5 tests: no bundles of other implementations at ${HISTORICAL}`);

declare('bundles of other implementations verify against what the package pins', async (t) => {
  for (const name of NAMES) {
    const folder = join(HISTORICAL, name);
    const verifier = sigstoreVerifier(THEIR_SIGNER);
    const ignorePaths = name === 'v1.0.0-sigstore' ? ['ignore-me'] : [];
    const { signer, time, remarks } = await verify(join(folder, 'model'), join(folder, 'bundle.sig'), {
      verifier,
      ignorePaths,
    });
    t.like(signer, { method: 'sigstore', identity: THEIR_SIGNER.identity, issuer: THEIR_SIGNER.identityProvider });
    t.like(signer, { instance: 'the public instance, pinned in this package on 2026-11-26' });
    t.is(time.source, name === 'v1.0.0-sigstore' ? 'log' : 'timestamp');
    t.deepEqual(remarks, []);
  }
});

declare('other signers, providers and instances are refused', async (t) => {
  const bundle = bundleOf('v1.1.0-sigstore');
  const { identity, identityProvider } = THEIR_SIGNER;
  const cases: readonly (readonly [string, SigstoreVerifierOptions])[] = [
    ['verified', { identityRegex: '.*@us\\.ibm\\.com', identityProvider }],
    ['verified', { policy: [{ identity: 'x', identityProvider }, THEIR_SIGNER] }],
    ['IDENTITY_MISSING', {}],
    ['IDENTITY_MISMATCH', { identity: identity.slice(1), identityProvider }],
    ['IDENTITY_MISMATCH', { identity: identity.toUpperCase(), identityProvider }],
    ['ISSUER_MISMATCH', { identity, identityProvider: identityProvider.slice(0, -1) }],
    ['CLAIM_MISMATCH', { ...THEIR_SIGNER, claims: { sourceRepositoryUri: 'https://github.com/a/b' } }],
    ['LOG_UNKNOWN', { ...THEIR_SIGNER, useStaging: true }],
    ['LOG_ENTRY_MISSING', { ...THEIR_SIGNER, thresholds: { logEntries: 2 } }],
    ['TIMESTAMP_MISSING', { ...THEIR_SIGNER, thresholds: { timestamps: 3 } }],
    ['SCT_MISSING', { ...THEIR_SIGNER, thresholds: { certificateLogs: 2 } }],
    ['verified', { ...THEIR_SIGNER, thresholds: { timestamps: 2 } }],
  ];
  for (const [wanted, options] of cases) t.is(await outcome(bundle, options), wanted, JSON.stringify(options));
});

declare('no member of a bundle can be changed or taken away', async (t) => {
  const verifier = sigstoreVerifier(THEIR_SIGNER);
  for (const name of NAMES) {
    for (const { what, text } of changesOf(bundleOf(name))) {
      const found = await outcome(text, verifier);
      if (isHarmless(what, name)) t.is(found, 'verified', `${name}: ${what}`);
      else
        t.regex(found, /^(?:BUNDLE|JSON|LOG|SCT|TIMESTAMP|CERTIFICATE|SIGNATURE|MATERIAL|PREDICATE|STATEMENT)_/, what);
    }
  }
});

/**
 * A second witness may be taken away: the log's own time and word remain. And a token carries the certificate that made
 * it, here in its middle, which the instance lists anyway.
 */
function isHarmless(what: Change['what'], name: string): boolean {
  const field = 'verificationMaterial.timestampVerificationData';
  const token = `${field}.rfc3161Timestamps[0].signedTimestamp`;
  const more = [
    `without ${field}.rfc3161Timestamps`,
    `without ${field}.rfc3161Timestamps[0]`,
    `middle bits of ${token}`,
  ];
  return [`without ${field}`, ...(name === 'v1.1.0-sigstore' ? more : [])].includes(what);
}

declare('older forms of the bundle are read, with what each has to have', async (t) => {
  const text = bundleOf('v1.0.0-sigstore');
  const bundle = JSON.parse(text) as Bundle;
  const { certificate, ...material } = bundle.verificationMaterial;
  const x509CertificateChain = { certificates: [certificate] };
  const older = { ...bundle, verificationMaterial: { ...material, x509CertificateChain } };
  const [entry = {}] = material.tlogEntries;
  const without = (member: string): object => ({
    ...older,
    verificationMaterial: { ...older.verificationMaterial, tlogEntries: [{ ...entry, [member]: undefined }] },
  });
  const cases: readonly (readonly [string, string])[] = [
    ['verified', as('0.1', older)],
    ['verified', as('0.2', older)],
    ['verified', as('0.3', older)],
    ['verified', as('0.3', bundle)],
    ['verified', JSON.stringify(older)],
    ['verified', as('0.1', without('inclusionProof'))],
    ['LOG_PROOF_INVALID', as('0.2', without('inclusionProof'))],
    ['LOG_PROOF_INVALID', as('0.3', without('inclusionProof'))],
    ['LOG_PROOF_INVALID', as('0.1', without('inclusionPromise'))],
    ['LOG_ENTRY_INVALID', as('0.3', without('inclusionPromise'))],
    ['BUNDLE_MEDIA_TYPE_UNKNOWN', as('0.1', bundle)],
    ['BUNDLE_MEDIA_TYPE_UNKNOWN', as('0.4', bundle)],
  ];
  for (const [wanted, changed] of cases) t.is(await outcome(changed, THEIR_SIGNER), wanted, changed.slice(0, 60));
});

declare('the command needs no network, and says whom to name', async (t) => {
  const cwd = join(HISTORICAL, 'v1.1.0-sigstore');
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(BLOCKED)}` };
  const run = (...args: string[]) => command(['verify', 'model', '--signature', 'bundle.sig', ...args], { cwd, env });
  const asked = await run();
  t.is(asked.exit, 2);
  const hint = /^hint: if that is whom you trust: (--identity) '(.*)' (--identity-provider) '(.*)'$/m;
  const [, ...pasted] = hint.exec(asked.stderr) ?? [];
  const verified = await run(...pasted);
  t.is(verified.exit, 0, verified.stderr);
  t.regex(verified.stdout, /^signer: sigstore, identity stefanb@us\.ibm\.com, issuer https:/m);
  t.is((await run('--identity', 'tefanb@us.ibm.com', ...pasted.slice(2))).exit, 5);
  t.is((await run('--identity', '', ...pasted.slice(2))).exit, 2);
});

/** Whatever would use the network ends the process instead. */
const BLOCKED = `
import net from 'node:net';
import dns from 'node:dns';
import dgram from 'node:dgram';
const refuse = () => { console.error('NETWORK'); process.exit(99); };
net.Socket.prototype.connect = refuse;
dns.lookup = refuse;
dgram.createSocket = refuse;
globalThis.fetch = refuse;
`;

interface Bundle {
  readonly verificationMaterial: {
    readonly certificate: object;
    readonly tlogEntries: readonly object[];
  };
}

function as(version: string, bundle: object): string {
  return JSON.stringify({ ...bundle, mediaType: `application/vnd.dev.sigstore.bundle+json;version=${version}` });
}

function bundleOf(name: string): string {
  return readFileSync(join(HISTORICAL, name, 'bundle.sig'), 'utf8');
}
