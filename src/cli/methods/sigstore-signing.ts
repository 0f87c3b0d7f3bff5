// SPDX-License-Identifier: Apache-2.0
// `sign sigstore`, and `sign` alone: who somebody is, instead of a key that they keep.

import { sigstoreSigner } from '../../index.js';
import type { Flag } from '../flags.js';
import { personHere } from '../login.js';
import { type Method, text } from '../method.js';
import { noteVisible } from '../visible-secrets.js';
import { INSTANCE_FLAGS, instanceOptions } from './sigstore-instance-flags.js';

const IDENTITY_FLAGS: readonly Flag[] = [
  {
    name: 'identity-token',
    kind: 'text',
    value: 'token',
    description: 'sign as whom this token names; visible to others, rather use the next or SIGSTORE_ID_TOKEN',
  },
  { name: 'identity-token-file', kind: 'text', value: 'path', description: 'file that holds the token' },
  {
    name: 'use-ambient-credentials',
    kind: 'switch',
    description: 'sign as the CI job, cluster or cloud workload that this runs in',
    default: 'on in a CI that is recognised',
  },
  {
    name: 'oauth-force-oob',
    kind: 'switch',
    description: 'log in by a code copied from a browser anywhere',
    default: 'off',
  },
  { name: 'oidc-issuer', kind: 'text', value: 'url', description: 'where to log in', default: "the instance's" },
  {
    name: 'client-id',
    kind: 'text',
    value: 'name',
    description: 'this client at the issuer, for whom tokens are made',
    default: 'sigstore',
  },
  {
    name: 'client-secret',
    kind: 'text',
    value: 'secret',
    description: "the client's secret; visible to others, rather use the next",
  },
  { name: 'client-secret-file', kind: 'text', value: 'path', description: "file that holds the client's secret" },
];

/** The half that signs. */
export const SIGSTORE_SIGNING: NonNullable<Method['sign']> = {
  description: 'Sign a model with your identity, or that of a CI job. The default.',
  flags: [...IDENTITY_FLAGS, ...INSTANCE_FLAGS],
  signer: (flags, _, report) => {
    noteVisible('a token', '--identity-token', '--identity-token-file', report);
    noteVisible('a secret', '--client-secret', '--client-secret-file', report);
    const { useAmbientCredentials, oauthForceOob } = flags;
    const isForced = oauthForceOob === true;
    return sigstoreSigner({
      ...instanceOptions(flags),
      identityToken: text(flags, 'identityToken'),
      identityTokenFile: text(flags, 'identityTokenFile'),
      useAmbientCredentials: typeof useAmbientCredentials === 'boolean' ? useAmbientCredentials : undefined,
      oauthForceOob: isForced,
      oidcIssuer: text(flags, 'oidcIssuer'),
      clientId: text(flags, 'clientId'),
      clientSecret: text(flags, 'clientSecret'),
      clientSecretFile: text(flags, 'clientSecretFile'),
      interaction: personHere(report, isForced),
    });
  },
};
