// SPDX-License-Identifier: Apache-2.0
// Bundles of other implementations, where the shared vectors are: all of them verify, however untidy.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import test from 'ava';

import type { SignedBundle } from '../../dist/method.js';
import { type CertificateVerifierOptions, certificateVerifier } from '../../dist/methods/certificate.js';

const VECTORS =
  process.env['MODEL_SIGNING_VECTORS'] ?? fileURLToPath(new URL('../../../shared/vectors', import.meta.url));
const KEYS = join(VECTORS, 'keys', 'certificate');
const key = (name: string): string => join(KEYS, name);
const go = (name: string): string => join(VECTORS, 'go', 'keys', name);

interface Json {
  readonly verificationMaterial: {
    readonly x509CertificateChain: { readonly certificates: { readonly rawBytes: string }[] };
  };
  readonly dsseEnvelope: {
    readonly payload: string;
    readonly payloadType: string;
    readonly signatures: { readonly sig: string }[];
  };
}

/** Enough of a reader for these files: the real one has tests of its own. */
function read(path: string, legacy = false): SignedBundle {
  const { verificationMaterial, dsseEnvelope } = JSON.parse(readFileSync(path, 'utf8')) as Json;
  const payload = Buffer.from(dsseEnvelope.payload, 'base64');
  const { x509CertificateChain } = verificationMaterial;
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    material: {
      kind: 'certificateChain',
      certificates: x509CertificateChain.certificates.map(({ rawBytes }) => Buffer.from(rawBytes, 'base64')),
    },
    signature: Buffer.from(dsseEnvelope.signatures[0]?.sig ?? '', 'base64'),
    message: legacy ? legacyPae(payload) : Buffer.concat([pae(dsseEnvelope.payloadType, payload), payload]),
    forcedHash: legacy ? 'sha256' : undefined,
    payload,
    timestamps: [],
  };
}

function pae(type: string, payload: Buffer): Buffer {
  return Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} `);
}

/** Printable payloads only, which these are: how Python shows bytes. */
function legacyPae(payload: Buffer): Buffer {
  const text = payload.toString('latin1').replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  const quoted = text.includes("'") && !text.includes('"') ? `b"${text}"` : `b'${text.replaceAll("'", "\\'")}'`;
  return Buffer.from(`DSSEV1 28 application/vnd.in-toto+json ${payload.length} ${quoted}`);
}

const ROOT = { certificateChain: [key('ca-cert.pem')] };
const CASES: readonly [path: string, options: CertificateVerifierOptions, legacy?: boolean][] = [
  ['historical/v1.1.0-certificate/bundle.sig', ROOT],
  ['historical/v1.1.0-certificate/bundle.sig', { certificateChain: [key('int-ca-cert.pem'), key('ca-cert.pem')] }],
  [
    'historical/v1.0.0-certificate/bundle.sig',
    { certificateChain: [key('signing-key-cert.pem'), key('int-ca-cert.pem'), key('ca-cert.pem'), key('ca-cert.pem')] },
  ],
  ['historical/v1.0.0-certificate/bundle.sig', { trustAnchors: [key('signing-key-cert.pem')] }],
  ['historical/v0.2.0-certificate/bundle.sig', ROOT, true],
  ['go/certificate.sig', { certificateChain: [go('root.pem')], identity: 'release@example.com' }],
  ['go/certificate.sig', { certificateChain: [go('root.pem'), go('intermediate.pem')] }],
  ['go/certificate.sig', { trustAnchors: [go('intermediate.pem')] }],
];

for (const [index, [path, options, legacy]] of CASES.entries()) {
  const bundle = join(VECTORS, path);
  const run = existsSync(bundle) ? test : test.skip;
  if (!existsSync(bundle)) console.error(`SKIPPED: there is no vector ${path}`);
  run(`vector ${index}: ${path}`, async (t) => {
    const { signer } = await certificateVerifier(options).verify(read(bundle, legacy));
    t.is(signer.method, 'certificate');
    const wrong = {
      ...options,
      certificateChain: [path.startsWith('go') ? go('intermediate.pem') : key('int-ca-cert.pem')],
    };
    delete (wrong as { trustAnchors?: unknown }).trustAnchors;
    const error = await t.throwsAsync(certificateVerifier(wrong).verify(read(bundle, legacy)));
    t.true(error.message.startsWith('no certificate given is a root'));
  });
}
