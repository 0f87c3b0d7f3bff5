// SPDX-License-Identifier: Apache-2.0
// Key pairs for tests, made anew in every run, and the signers and verifiers that stand for them.

import { type KeyObject, generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Signer, type Verifier, keySigner, keyVerifier } from 'model-signing';

/** A key pair of a curve, ready to be used. */
export interface Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  readonly signer: Signer;
  readonly verifier: Verifier;
}

/** Makes a key pair. */
export function pair(namedCurve = 'P-256'): Pair {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve });
  return {
    publicKey,
    privateKey,
    signer: keySigner({ privateKey }),
    verifier: keyVerifier({ publicKey }),
  };
}

/** Writes both keys of a pair as files, the private one under a password if there is one, and returns their paths. */
export function keyFiles(folder: string, { publicKey, privateKey }: Pair, passphrase?: string) {
  const files = { private: join(folder, 'key.pem'), public: join(folder, 'key.pub') };
  const cipher = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase };
  writeFileSync(files.private, privateKey.export({ type: 'pkcs8', format: 'pem', ...cipher }));
  writeFileSync(files.public, publicKey.export({ type: 'spki', format: 'pem' }));
  return files;
}
