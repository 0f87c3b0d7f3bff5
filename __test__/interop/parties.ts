// SPDX-License-Identifier: Apache-2.0
// Who signs in the tests with other tools: for each curve a key pair, and the certificate of it below an intermediate
// and a root; as this library takes them, and as files for the others.

import { createPublicKey } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  type Signer,
  type Verifier,
  certificateSigner,
  certificateVerifier,
  keySigner,
  keyVerifier,
} from 'model-signing';

import { CA, NO_OPENSSL, type Pki } from '../methods/pki.js';
import { keyFiles, pair } from '../keys.js';

/** One way of signing. */
export interface Party {
  readonly name: string;
  readonly method: 'key' | 'certificate';
  readonly signer: Signer;
  readonly verifier: Verifier;
  /** The files that sign, and those that verify, in the words of the script. */
  readonly signs: { readonly key: string; readonly certificate?: string; readonly chain?: readonly string[] };
  readonly verifies: { readonly key?: string; readonly chain?: readonly string[] };
}

const CURVES = ['p256', 'p384', 'p521'] as const;

/** Somebody for every method on every curve; somebody else at each call. */
export function allParties(pki: Pki): Party[] {
  if (NO_OPENSSL === undefined) return withCertificates(pki);
  console.warn(`${NO_OPENSSL}: tests with other tools are left with keys`);
  return CURVES.map((curve) => {
    const folder = mkdtempSync(join(pki.folder, 'keys-'));
    const files = keyFiles(folder, pair(`P-${curve.slice(1)}`));
    return keyParty(curve, files.private, files.public);
  });
}

function withCertificates(pki: Pki): Party[] {
  const root = pki.issue('root', { extensions: CA });
  return CURVES.flatMap((curve) => {
    const intermediate = pki.issue(`intermediate ${curve}`, { issuer: root, extensions: CA, key: curve });
    const { key: privateKey, certificate } = pki.issue(`leaf ${curve}`, { issuer: intermediate, key: curve });
    const publicKey = certificate.replace(/\.pem$/, '.pub');
    writeFileSync(publicKey, createPublicKey(readFileSync(privateKey)).export({ type: 'spki', format: 'pem' }));
    const chain = [intermediate.certificate];
    const trusted = [root.certificate];
    return [
      keyParty(curve, privateKey, publicKey),
      {
        name: `certificate-${curve}`,
        method: 'certificate',
        signer: certificateSigner({ privateKey, certificate, chain }),
        verifier: certificateVerifier({ certificateChain: trusted }),
        signs: { key: privateKey, certificate, chain },
        verifies: { chain: trusted },
      },
    ];
  });
}

function keyParty(curve: string, privateKey: string, publicKey: string): Party {
  return {
    name: `key-${curve}`,
    method: 'key',
    signer: keySigner({ privateKey }),
    verifier: keyVerifier({ publicKey }),
    signs: { key: privateKey },
    verifies: { key: publicKey },
  };
}
