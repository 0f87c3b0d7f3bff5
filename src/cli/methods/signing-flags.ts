// SPDX-License-Identifier: Apache-2.0
// Flags that more than one method has.

import type { Flag } from '../flags.js';

/** The key that signs. */
export const PRIVATE_KEY: Flag = {
  name: 'private-key',
  kind: 'text',
  value: 'path',
  description: 'private key that signs: PEM, DER or JWK, or pkcs11:… for one on a token',
};

/** Who holds the key. */
export const SIGNING_CERTIFICATE: Flag = {
  name: 'signing-certificate',
  kind: 'text',
  value: 'path',
  description: 'certificate of the private key',
  default: 'the one on the token, for a key on a token',
};

/** How others get from it to a root. */
export const CERTIFICATE_CHAIN: Flag = {
  name: 'certificate-chain',
  kind: 'list',
  value: 'path',
  description: 'certificates between it and the root; repeatable',
};

/** Who confirms the time. */
export const TSA_URL: Flag = {
  name: 'tsa-url',
  kind: 'text',
  value: 'url',
  description: 'RFC 3161 timestamp authority that confirms when it was signed',
};

/** Whom to believe about the time. */
export const TSA_CERTIFICATE_CHAIN: Flag = {
  name: 'tsa-certificate-chain',
  kind: 'list',
  value: 'path',
  description: 'timestamp authority to trust; repeatable',
};

/** Which certificates there were. */
export const LOG_FINGERPRINTS: Flag = {
  name: 'log-fingerprints',
  kind: 'switch',
  description: 'tell the fingerprints of all certificates',
  default: 'off',
};
