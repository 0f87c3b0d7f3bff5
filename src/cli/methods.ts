// SPDX-License-Identifier: Apache-2.0
// The methods of signing, in the order of the help.

import type { Method } from './method.js';
import { CERTIFICATE } from './methods/certificate.js';
import { KEY } from './methods/key.js';
import { PKCS11_CERTIFICATE, PKCS11_KEY } from './methods/pkcs11.js';
import { SIGSTORE } from './methods/sigstore.js';

/** Every method. */
export const METHODS: readonly Method[] = [SIGSTORE, KEY, CERTIFICATE, PKCS11_KEY, PKCS11_CERTIFICATE];

/** The one that is meant when none is named. */
export const DEFAULT_METHOD = SIGSTORE.name;
