// SPDX-License-Identifier: Apache-2.0
// Flags that more than one method signs with.

import type { Flag } from '../flags.js';

/** The key that signs. */
export const PRIVATE_KEY: Flag = {
  name: 'private-key',
  kind: 'text',
  value: 'path',
  description: 'private key that signs: PEM, DER or JWK',
};

/** Who confirms the time. */
export const TSA_URL: Flag = {
  name: 'tsa-url',
  kind: 'text',
  value: 'url',
  description: 'RFC 3161 timestamp authority that confirms when it was signed',
};
