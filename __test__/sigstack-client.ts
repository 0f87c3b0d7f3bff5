// SPDX-License-Identifier: Apache-2.0
// What a client says to a Sigstore, and looks at in the answers: plain requests and node:crypto, so that the services of
// the tests are tested by nothing that is itself under test.

import {
  type KeyObject,
  X509Certificate,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
} from 'node:crypto';
import { readFileSync } from 'node:fs';

import type { Sigstack } from './sigstack.js';

/** An answer: its status, and its JSON. */
export interface Answer {
  readonly status: number;
  // What is in it is what the tests are about.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly json: any;
}

/** A log's proof as either log gives it, in one form. */
export interface Inclusion {
  readonly body: Buffer;
  readonly index: bigint;
  readonly size: bigint;
  readonly root: Buffer;
  readonly hashes: readonly Buffer[];
  readonly checkpoint: string;
}

/** Sends JSON. */
export async function post(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  });
  const text = await answer.text();
  return { status: answer.status, json: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text };
}

/** Asks for a certificate for a key, and proves its possession by signing the name in the token. */
export async function certify(stack: Sigstack, token: string, proven = 'alice@example.com') {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const answer = await post(`${stack.urls.fulcio}/api/v2/signingCert`, {
    credentials: { oidcIdentityToken: token },
    publicKeyRequest: {
      publicKey: { algorithm: 'ECDSA', content: publicKey.export({ type: 'spki', format: 'pem' }) },
      proofOfPossession: sign('sha256', Buffer.from(proven), privateKey).toString('base64'),
    },
  });
  const { signedCertificateEmbeddedSct, signedCertificateDetachedSct } = answer.json;
  const pems: string[] = (signedCertificateEmbeddedSct ?? signedCertificateDetachedSct)?.chain.certificates ?? [];
  return { ...answer, publicKey, privateKey, chain: pems.map((pem) => new X509Certificate(pem)) };
}

/** Puts a signed digest into the older log. */
export function addToV1(stack: Sigstack, artifact: Buffer, key = newKey(), log = stack.urls.rekor1): Promise<Answer> {
  return post(`${log}/api/v1/log/entries`, proposalV1(artifact, key));
}

/** A signed digest in the form of the older log. */
export function proposalV1(artifact: Buffer, key = newKey()) {
  return {
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: {
      data: { hash: { algorithm: 'sha256', value: sha256(artifact).toString('hex') } },
      signature: {
        content: sign('sha256', artifact, key.privateKey).toString('base64'),
        publicKey: { content: Buffer.from(key.publicKey.export({ type: 'spki', format: 'pem' })).toString('base64') },
      },
    },
  };
}

/** Puts a signed digest into the newer log. */
export function addToV2(stack: Sigstack, artifact: Buffer, key = newKey()): Promise<Answer> {
  return post(`${stack.urls.rekor2}/api/v2/log/entries`, {
    hashedRekordRequestV002: {
      digest: sha256(artifact).toString('base64'),
      signature: {
        content: sign('sha256', artifact, key.privateKey).toString('base64'),
        verifier: {
          keyDetails: 'PKIX_ECDSA_P256_SHA_256',
          publicKey: { rawBytes: key.publicKey.export({ type: 'spki', format: 'der' }).toString('base64') },
        },
      },
    },
  });
}

/** The parts of an entry of the older log that can be checked: which of them hold. */
export function checkV1(stack: Sigstack, { json }: Answer, log: 0 | 2 = 0) {
  const [entry] = Object.values(json) as [Answer['json']];
  const { body, integratedTime, logID, logIndex, verification } = entry;
  const key = logKey(stack, log);
  // Canonical JSON: members by name, without spaces.
  const promised = JSON.stringify({ body, integratedTime, logID, logIndex });
  const { inclusionProof } = verification;
  return {
    promise: verify('sha256', Buffer.from(promised), key, Buffer.from(verification.signedEntryTimestamp, 'base64')),
    ...checkInclusion(key, {
      body: Buffer.from(body, 'base64'),
      index: BigInt(inclusionProof.logIndex),
      size: BigInt(inclusionProof.treeSize),
      root: Buffer.from(inclusionProof.rootHash, 'hex'),
      hashes: inclusionProof.hashes.map((hash: string) => Buffer.from(hash, 'hex')),
      checkpoint: inclusionProof.checkpoint,
    }),
  };
}

/** The same of an entry of the newer log, which promises nothing. */
export function checkV2(stack: Sigstack, { json }: Answer) {
  const { canonicalizedBody, inclusionProof } = json;
  return checkInclusion(logKey(stack, 1), {
    body: Buffer.from(canonicalizedBody, 'base64'),
    index: BigInt(inclusionProof.logIndex ?? 0),
    size: BigInt(inclusionProof.treeSize),
    root: Buffer.from(inclusionProof.rootHash, 'base64'),
    hashes: (inclusionProof.hashes ?? []).map((hash: string) => Buffer.from(hash, 'base64')),
    checkpoint: inclusionProof.checkpoint.envelope,
  });
}

/** Whether the proof leads to the root, whether the checkpoint is of that root, and whether the log signed it. */
export function checkInclusion(key: KeyObject, proof: Inclusion) {
  const { size, root, signed } = readCheckpoint(key, proof.checkpoint);
  return {
    proof: rootFrom(proof).equals(proof.root),
    root: root.equals(proof.root) && size === proof.size,
    checkpoint: signed,
  };
}

/** A signed note: the size and the root it states, and whether its signature is the log's. */
export function readCheckpoint(key: KeyObject, checkpoint: string) {
  const end = checkpoint.indexOf('\n\n') + 1;
  const text = checkpoint.slice(0, end);
  const [, size = '', root = ''] = text.split('\n');
  const signature = Buffer.from(checkpoint.trimEnd().split(' ').at(-1) ?? '', 'base64').subarray(4);
  const algorithm = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  const signed = verify(algorithm, Buffer.from(text), key, signature);
  return { origin: text.split('\n', 1)[0], size: BigInt(size), root: Buffer.from(root, 'base64'), signed };
}

/** RFC 9162, section 2.1.3.2. */
function rootFrom({ body, index, size, hashes }: Inclusion): Buffer {
  let hash = sha256(Buffer.from([0]), body);
  let at = index;
  let last = size - 1n;
  for (const other of hashes) {
    if (at % 2n === 1n || at === last) {
      hash = sha256(Buffer.from([1]), other, hash);
      while (at % 2n === 0n && at !== 0n) [at, last] = [at >> 1n, last >> 1n];
    } else hash = sha256(Buffer.from([1]), hash, other);
    [at, last] = [at >> 1n, last >> 1n];
  }
  return hash;
}

/** The key of a log in the trusted root. */
export function logKey(stack: Sigstack, log: 0 | 1 | 2): KeyObject {
  const der = Buffer.from(trustedRoot(stack).tlogs[log].publicKey.rawBytes, 'base64');
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}

/** The trusted root as JSON. */
export function trustedRoot(stack: Sigstack): Answer['json'] {
  return JSON.parse(readFileSync(stack.trustedRoot, 'utf8'));
}

/** A key pair as signers make them. */
export function newKey() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

/** SHA-256 of all of it. */
export function sha256(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
