// SPDX-License-Identifier: Apache-2.0
// The methods of signing as the command line knows them: their flags, and what is made of these.

import {
  InputError,
  type Signer,
  type Verifier,
  certificateSigner,
  certificateVerifier,
  keySigner,
  keyVerifier,
} from '../index.js';
import type { Flag, FlagValues } from './flags.js';
import { PASSWORD_FLAGS, type Password } from './password.js';

/** One method: both halves. */
export interface Method {
  readonly name: string;
  readonly sign: {
    readonly description: string;
    readonly flags: readonly Flag[];
    readonly signer: (flags: FlagValues, password: Password) => Signer;
  };
  readonly verify: {
    readonly description: string;
    readonly flags: readonly Flag[];
    readonly verifier: (flags: FlagValues) => Verifier;
  };
}

const PRIVATE_KEY: Flag = {
  name: 'private-key',
  kind: 'text',
  value: 'path',
  description: 'private key that signs: PEM, DER or JWK',
};

const TSA_URL: Flag = {
  name: 'tsa-url',
  kind: 'text',
  value: 'url',
  description: 'RFC 3161 timestamp authority that confirms when it was signed',
};

const KEY: Method = {
  name: 'key',
  sign: {
    description: 'Sign a model with a private key.',
    flags: [PRIVATE_KEY, ...PASSWORD_FLAGS],
    signer: (flags, password) => keySigner({ privateKey: required(flags, 'private-key'), password }),
  },
  verify: {
    description: 'Verify that a model is the one that the holder of a key signed.',
    flags: [{ name: 'public-key', kind: 'text', value: 'path', description: 'public key to trust: PEM, DER or JWK' }],
    verifier: (flags) => keyVerifier({ publicKey: required(flags, 'public-key') }),
  },
};

const CERTIFICATE: Method = {
  name: 'certificate',
  sign: {
    description: 'Sign a model with a private key and its certificate.',
    flags: [
      PRIVATE_KEY,
      { name: 'signing-certificate', kind: 'text', value: 'path', description: 'certificate of the private key' },
      {
        name: 'certificate-chain',
        kind: 'list',
        value: 'path',
        description: 'certificates between it and the root; repeatable',
      },
      TSA_URL,
      ...PASSWORD_FLAGS,
    ],
    signer: (flags, password) =>
      certificateSigner({
        privateKey: required(flags, 'private-key'),
        certificate: required(flags, 'signing-certificate'),
        chain: list(flags, 'certificateChain'),
        password,
        timestampUrl: text(flags, 'tsaUrl'),
      }),
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
      { name: 'certificate-identity', kind: 'text', value: 'name', description: 'the name the signer must have' },
      { name: 'certificate-fingerprint', kind: 'text', value: 'sha256', description: "the signer's certificate" },
      {
        name: 'tsa-certificate-chain',
        kind: 'list',
        value: 'path',
        description: 'timestamp authority to trust; repeatable',
      },
      { name: 'log-fingerprints', kind: 'switch', description: 'tell the fingerprints of all certificates' },
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

/** Every method, in the order of the help. */
export const METHODS: readonly Method[] = [KEY, CERTIFICATE];

function required(flags: FlagValues, name: string): string {
  const value = flags[name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())];
  if (typeof value === 'string' && value !== '') return value;
  throw new InputError('USAGE', `--${name} is missing`, { hint: `give --${name} PATH` });
}

function list(flags: FlagValues, key: string): readonly string[] | undefined {
  const value = flags[key];
  return Array.isArray(value) ? value : undefined;
}

function text(flags: FlagValues, key: string): string | undefined {
  const value = flags[key];
  return typeof value === 'string' ? value : undefined;
}
