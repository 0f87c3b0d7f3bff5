// SPDX-License-Identifier: Apache-2.0
// The methods that the protocol names, each as what the library makes of its flags. `capabilities` lists what is here.

import {
  InputError,
  type Signer,
  type Verifier,
  certificateSigner,
  certificateVerifier,
  escape,
  keySigner,
  keyVerifier,
  sigstoreSigner,
  sigstoreVerifier,
} from '../../index.js';
import { type Given, needed } from './flags.js';

/** Both halves of a method. */
interface Method {
  readonly signer: (given: Given) => Signer;
  readonly verifier: (given: Given) => Verifier;
}

const METHODS: ReadonlyMap<string, Method> = new Map([
  [
    'key',
    {
      signer: (given) => keySigner({ privateKey: needed(given, 'privateKey'), password: given.password }),
      verifier: (given) => keyVerifier({ publicKey: needed(given, 'publicKey') }),
    },
  ],
  [
    'certificate',
    {
      signer: (given) =>
        certificateSigner({
          privateKey: needed(given, 'privateKey'),
          password: given.password,
          certificate: needed(given, 'signingCert'),
          chain: given.certChain,
        }),
      verifier: (given) => certificateVerifier({ certificateChain: given.certChain }),
    },
  ],
  [
    'sigstore',
    {
      signer: ({ identityToken, useStaging, trustConfig }) =>
        sigstoreSigner({ identityToken, useStaging, trustConfig }),
      verifier: (given) =>
        sigstoreVerifier({
          identity: needed(given, 'identity'),
          identityProvider: needed(given, 'identityProvider'),
          useStaging: given.useStaging,
          trustConfig: given.trustConfig,
        }),
    },
  ],
]);

/** The names of all methods. */
export const METHOD_NAMES: readonly string[] = [...METHODS.keys()];

/** The method that the flags ask for. */
export function methodOf(given: Given): Method {
  const name = needed(given, 'method');
  const method = METHODS.get(name);
  if (method !== undefined) return method;
  const hint = `the methods are ${METHOD_NAMES.join(', ')}`;
  throw new InputError('USAGE', `there is no method '${escape(name)}' in this version`, { hint });
}
