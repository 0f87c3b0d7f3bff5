// SPDX-License-Identifier: Apache-2.0
// Certificates for keys on larger curves, whose signatures and entries have larger hashes; and the certificate in a
// chain, as some tools write it. Witnessed by the local Sigstore, signed by keys of these tests.

import { type KeyObject, X509Certificate, createHash, generateKeyPairSync } from 'node:crypto';

import { type Signer, createSigner, sigstoreVerifier, verify } from 'model-signing';

import { signMessage } from '../../dist/methods/algorithms.js';
import { logCall, postEntry, readEntry } from '../../dist/methods/sigstore-log.js';
import { enterRekor1 } from '../../dist/methods/sigstore-rekor1.js';
import { requestTimestamp } from '../../dist/methods/timestamp-request.js';
import { buildModel } from '../models.js';
import { type Sigstack, sigstackTest } from '../sigstack.js';
import { outcome, trusting } from './sigstore-bundles.js';

const CURVES = [
  { namedCurve: 'P-256', hash: 'sha256', keyDetails: 'PKIX_ECDSA_P256_SHA_256' },
  { namedCurve: 'P-384', hash: 'sha384', keyDetails: 'PKIX_ECDSA_P384_SHA_384' },
  { namedCurve: 'P-521', hash: 'sha512', keyDetails: 'PKIX_ECDSA_P521_SHA_512' },
] as const;

const PATIENCE = { timeout: 20_000, signal: undefined };

for (const curve of CURVES) {
  // Version 1 of the log hashes envelopes with SHA-256 whatever the key, and takes no others.
  for (const log of curve.hash === 'sha256' ? ([1, 2] as const) : ([2] as const)) {
    sigstackTest(`a key on ${curve.namedCurve}, version ${log} of the log`, async (t, stack) => {
      const model = buildModel(t, { a: '1' });
      const { bundle } = await createSigner({ signer: signerOn(curve, log, stack) }).sign(model);
      const verifier = sigstoreVerifier(trusting(stack));
      const { signer } = await verify(model, Buffer.from(bundle), { verifier });
      t.like(signer, { method: 'sigstore', identity: 'alice@example.com' });
      t.is(await outcome(inChain(bundle), verifier), 'verified');
      const { dsseEnvelope } = JSON.parse(bundle) as Bundle;
      const [{ sig }] = dsseEnvelope.signatures;
      const other = Buffer.from(sig, 'base64');
      other[other.length - 1] = (other.at(-1) ?? 0) ^ 1;
      t.is(await outcome(bundle.replace(sig, other.toString('base64')), verifier), 'SIGNATURE_INVALID');
    });
  }
}

function signerOn({ namedCurve, hash, keyDetails }: (typeof CURVES)[number], log: 1 | 2, stack: Sigstack): Signer {
  const { fulcio, tsa, rekor1, rekor2 } = stack.urls;
  return {
    method: 'sigstore',
    sign: async ({ payload, message }) => {
      const pair = generateKeyPairSync('ec', { namedCurve });
      const certificate = await certificateFor(pair, fulcio, await stack.token());
      const signature = await signMessage(pair.privateKey, message);
      const testimony = { payload, message, signature, certificate };
      const digest = createHash(hash).update(message).digest('base64');
      const verifier = { x509Certificate: { rawBytes: certificate.raw.toString('base64') }, keyDetails };
      const content = Buffer.from(signature).toString('base64');
      const request = { hashedRekordRequestV002: { digest, signature: { content, verifier } } };
      const body = Buffer.from(JSON.stringify(request));
      const call = logCall(new URL(rekor2), 'api/v2/log/entries', body, PATIENCE);
      const entry =
        log === 1 ? await enterRekor1(new URL(rekor1), testimony, PATIENCE) : readEntry(call, await postEntry(call));
      const timestamp = await requestTimestamp(new URL(`${tsa}/api/v1/timestamp`), signature, PATIENCE);
      const material = { kind: 'sigstore', certificate: certificate.raw, logEntries: [entry] } as const;
      return { signature, material, timestamps: [timestamp] };
    },
  };
}

interface Answer {
  readonly signedCertificateEmbeddedSct: { readonly chain: { readonly certificates: readonly string[] } };
}

/** Possession of the key is proven by a signature over the name in the token. */
async function certificateFor(
  { publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject },
  fulcio: string,
  oidcIdentityToken: string,
): Promise<X509Certificate> {
  const proof = await signMessage(privateKey, Buffer.from('alice@example.com'));
  const content = publicKey.export({ type: 'spki', format: 'pem' });
  const body = JSON.stringify({
    credentials: { oidcIdentityToken },
    publicKeyRequest: {
      publicKey: { algorithm: 'ECDSA', content },
      proofOfPossession: Buffer.from(proof).toString('base64'),
    },
  });
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${fulcio}/api/v2/signingCert`, { method: 'POST', body, headers });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  const [leaf = ''] = (JSON.parse(text) as Answer).signedCertificateEmbeddedSct.chain.certificates;
  return new X509Certificate(leaf);
}

interface Bundle {
  readonly verificationMaterial: { readonly certificate?: object };
  readonly dsseEnvelope: { readonly signatures: readonly [{ readonly sig: string }] };
}

function inChain(text: string): string {
  const bundle = JSON.parse(text) as Bundle;
  const { certificate, ...material } = bundle.verificationMaterial;
  const x509CertificateChain = { certificates: [certificate] };
  return JSON.stringify({ ...bundle, verificationMaterial: { x509CertificateChain, ...material } });
}
