// SPDX-License-Identifier: Apache-2.0
// `sign certificate`, `verify certificate`: a key and who a certificate says holds it.

import { certificateSigner, certificateVerifier, looksLikePkcs11Uri } from '../../index.js';
import { type Method, list, number, required, text } from '../method.js';
import { PASSWORD_FLAGS } from '../password.js';
import { TOKEN_FLAGS } from '../token.js';
import {
  CERTIFICATE_CHAIN,
  LOG_FINGERPRINTS,
  PRIVATE_KEY,
  SIGNING_CERTIFICATE,
  TSA_CERTIFICATE_CHAIN,
  TSA_URL,
} from './signing-flags.js';

/** Certificates. */
export const CERTIFICATE: Method = {
  name: 'certificate',
  sign: {
    description: 'Sign a model with a private key and its certificate.',
    flags: [
      PRIVATE_KEY,
      SIGNING_CERTIFICATE,
      CERTIFICATE_CHAIN,
      TSA_URL,
      LOG_FINGERPRINTS,
      ...PASSWORD_FLAGS,
      ...TOKEN_FLAGS,
    ],
    signer: async (flags, password, report) => {
      const privateKey = required(flags, 'private-key');
      if (looksLikePkcs11Uri(privateKey)) {
        const { refusePassword, tokenCertificateSigner } = await import('./pkcs11.js');
        refusePassword(password);
        return tokenCertificateSigner(privateKey, flags, report);
      }
      return certificateSigner({
        privateKey,
        certificate: required(flags, 'signing-certificate'),
        chain: list(flags, 'certificateChain'),
        password,
        timestampUrl: text(flags, 'tsaUrl'),
        timeout: number(flags, 'timeout'),
        logFingerprints: flags['logFingerprints'] === true,
      });
    },
  },
  verify: {
    description: 'Verify that a model is the one that the holder of a certificate signed.',
    flags: [
      {
        name: 'certificate-chain',
        kind: 'list',
        value: 'path',
        description: 'certificates: self-signed ones are trusted, others only lead to them; repeatable',
      },
      { name: 'trust-anchor', kind: 'list', value: 'path', description: 'certificate to trust as it is; repeatable' },
      { name: 'crl', kind: 'list', value: 'path', description: 'list of revoked certificates; repeatable' },
      {
        name: 'certificate-identity',
        kind: 'text',
        value: 'name',
        description: 'the whole URI, e-mail address or host name the signer must have',
      },
      { name: 'certificate-fingerprint', kind: 'text', value: 'sha256', description: "the signer's certificate" },
      TSA_CERTIFICATE_CHAIN,
      LOG_FINGERPRINTS,
    ],
    verifier: (flags) =>
      certificateVerifier({
        certificateChain: list(flags, 'certificateChain'),
        trustAnchors: list(flags, 'trustAnchor'),
        crls: list(flags, 'crl'),
        timestampAuthorities: list(flags, 'tsaCertificateChain'),
        logFingerprints: flags['logFingerprints'] === true,
        identity: text(flags, 'certificateIdentity'),
        fingerprint: text(flags, 'certificateFingerprint'),
      }),
  },
};
