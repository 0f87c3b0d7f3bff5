// SPDX-License-Identifier: Apache-2.0
// `verify sigstore`, and `verify` alone: whom to accept, and which instance vouches for it.

import { sigstoreVerifier } from '../../index.js';
import type { Flag } from '../flags.js';
import { type Method, text } from '../method.js';
import { INSTANCE_FLAGS, instanceOptions } from './sigstore-instance-flags.js';

const SIGNER_FLAGS: readonly Flag[] = [
  {
    name: 'identity',
    kind: 'text',
    value: 'name',
    description: 'who has to have signed: the whole e-mail address, URI or user name',
  },
  {
    name: 'identity-provider',
    kind: 'text',
    value: 'url',
    description: 'who has to vouch for that identity, such as https://accounts.google.com',
  },
  {
    name: 'identity-regex',
    kind: 'text',
    value: 'pattern',
    description: 'a regular expression that the whole identity has to match, too',
  },
];

/** The half that verifies. */
export const SIGSTORE_VERIFYING: NonNullable<Method['verify']> = {
  description: 'Verify that a model is the one that somebody signed with an identity. The default.',
  flags: [...SIGNER_FLAGS, ...INSTANCE_FLAGS],
  verifier: (flags) =>
    sigstoreVerifier({
      ...instanceOptions(flags),
      identity: text(flags, 'identity'),
      identityProvider: text(flags, 'identityProvider'),
      identityRegex: text(flags, 'identityRegex'),
    }),
};
