// SPDX-License-Identifier: Apache-2.0
// `sign pkcs11-key`, `verify pkcs11-key`, `sign pkcs11-certificate`: keys that never leave their token.

import { InputError, type Pkcs11SignerOptions, type Signer, pkcs11Signer, pkcs11Verifier } from '../../index.js';
import type { FlagValues } from '../flags.js';
import { type Method, list, number, required, text } from '../method.js';
import type { Password } from '../password.js';
import type { Report } from '../report.js';
import { PKCS11_URI, TOKEN_FLAGS, tokenOptions } from '../token.js';
import {
  CERTIFICATE_CHAIN,
  LOG_FINGERPRINTS,
  SIGNING_CERTIFICATE,
  TSA_CERTIFICATE_CHAIN,
  TSA_URL,
} from './signing-flags.js';

/** Keys on tokens. */
export const PKCS11_KEY: Method = {
  name: 'pkcs11-key',
  sign: {
    description: 'Sign a model with a key on a PKCS #11 token.',
    flags: [PKCS11_URI, ...TOKEN_FLAGS, TSA_URL],
    signer: (flags, _, report) => tokenKeySigner(required(flags, 'pkcs11-uri', 'URI'), flags, report),
  },
  verify: {
    description: 'Verify that a model is the one that the holder of a key on a PKCS #11 token signed.',
    flags: [PKCS11_URI, ...TOKEN_FLAGS, TSA_CERTIFICATE_CHAIN],
    verifier: (flags, report) =>
      pkcs11Verifier({
        uri: required(flags, 'pkcs11-uri', 'URI'),
        ...tokenOptions(flags, report),
        timestampAuthorities: list(flags, 'tsaCertificateChain'),
      }),
  },
};

/** Keys on tokens, and who a certificate says holds them. */
export const PKCS11_CERTIFICATE: Method = {
  name: 'pkcs11-certificate',
  sign: {
    description: 'Sign a model with a key on a PKCS #11 token and its certificate.',
    flags: [PKCS11_URI, ...TOKEN_FLAGS, SIGNING_CERTIFICATE, CERTIFICATE_CHAIN, TSA_URL, LOG_FINGERPRINTS],
    signer: (flags, _, report) => tokenCertificateSigner(required(flags, 'pkcs11-uri', 'URI'), flags, report),
  },
};

/** A password is for a key in a file; who gives one for a token means something else than what would happen. */
export function refusePassword(password: Password): void {
  if (typeof password !== 'string') return;
  const hint = 'give the PIN by --pin-file, --pin-env or PKCS11_PIN';
  throw new InputError('USAGE', 'a key on a token has a PIN, and no password', { hint });
}

/** What `sign key` becomes when its key is on a token. */
export function tokenKeySigner(uri: string, flags: FlagValues, report: Report): Signer {
  return pkcs11Signer({ uri, ...tokenOptions(flags, report), ...timeOptions(flags) });
}

/** What `sign certificate` becomes when its key is on a token; without a certificate it is taken from there, too. */
export function tokenCertificateSigner(uri: string, flags: FlagValues, report: Report): Signer {
  return pkcs11Signer({
    uri,
    ...tokenOptions(flags, report),
    ...timeOptions(flags),
    certificate: text(flags, 'signingCertificate') ?? true,
    chain: list(flags, 'certificateChain'),
    logFingerprints: flags['logFingerprints'] === true,
  });
}

function timeOptions(flags: FlagValues): Pick<Pkcs11SignerOptions, 'timestampUrl' | 'timeout'> {
  return { timestampUrl: text(flags, 'tsaUrl'), timeout: number(flags, 'timeout') };
}
