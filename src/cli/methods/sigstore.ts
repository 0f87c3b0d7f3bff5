// SPDX-License-Identifier: Apache-2.0
// `sign sigstore`, `verify sigstore`: identities.

import type { Method } from '../method.js';
import { SIGSTORE_SIGNING } from './sigstore-signing.js';
import { SIGSTORE_VERIFYING } from './sigstore-verifying.js';

/** Identities. */
export const SIGSTORE: Method = { name: 'sigstore', sign: SIGSTORE_SIGNING, verify: SIGSTORE_VERIFYING };
