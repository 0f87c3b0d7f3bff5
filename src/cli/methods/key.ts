// SPDX-License-Identifier: Apache-2.0
// `sign key`, `verify key`: a key pair.

import { keySigner, keyVerifier, looksLikePkcs11Uri } from '../../index.js';
import { type Method, list, number, required, text } from '../method.js';
import { PASSWORD_FLAGS } from '../password.js';
import { TOKEN_FLAGS } from '../token.js';
import { PRIVATE_KEY, TSA_CERTIFICATE_CHAIN, TSA_URL } from './signing-flags.js';

/** Keys. */
export const KEY: Method = {
  name: 'key',
  sign: {
    description: 'Sign a model with a private key.',
    flags: [PRIVATE_KEY, TSA_URL, ...PASSWORD_FLAGS, ...TOKEN_FLAGS],
    signer: async (flags, password, report) => {
      const privateKey = required(flags, 'private-key');
      if (looksLikePkcs11Uri(privateKey)) {
        const { refusePassword, tokenKeySigner } = await import('./pkcs11.js');
        refusePassword(password);
        return tokenKeySigner(privateKey, flags, report);
      }
      return keySigner({
        privateKey,
        password,
        timestampUrl: text(flags, 'tsaUrl'),
        timeout: number(flags, 'timeout'),
      });
    },
  },
  verify: {
    description: 'Verify that a model is the one that the holder of a key signed.',
    flags: [
      { name: 'public-key', kind: 'text', value: 'path', description: 'public key to trust: PEM, DER or JWK' },
      TSA_CERTIFICATE_CHAIN,
    ],
    verifier: (flags) =>
      keyVerifier({
        publicKey: required(flags, 'public-key'),
        timestampAuthorities: list(flags, 'tsaCertificateChain'),
      }),
  },
};
