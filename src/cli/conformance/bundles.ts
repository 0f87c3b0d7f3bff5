// SPDX-License-Identifier: Apache-2.0
// The sub-commands of the Sigstore conformance suite: bundles about files, not about models. No other command can do it.

import { Command, Option } from 'commander';

import { InputError } from '../../index.js';

/** What `sign-bundle` was given. */
interface Signing {
  readonly staging?: boolean;
  readonly inToto?: boolean;
  readonly identityToken: string;
  readonly bundle: string;
  readonly trustedRoot?: string;
  readonly signingConfig?: string;
}

/** What `verify-bundle` was given. */
interface Verifying {
  readonly staging?: boolean;
  readonly bundle: string;
  readonly certificateIdentity?: string;
  readonly certificateOidcIssuer?: string;
  readonly key?: string;
  readonly trustedRoot?: string;
}

/** Both sub-commands. */
export function bundleCommands(): Command[] {
  const sign = new Command('sign-bundle')
    .description('Sign a file as such; exit 0 when the bundle is written.')
    .option('--in-toto', 'the file is an in-toto statement: sign it in an envelope')
    .requiredOption('--identity-token <token>', 'OIDC token of the signer')
    .option('--signing-config <file>', 'services of the instance')
    .argument('<file>', 'what to sign')
    .action(async (file: string) => signBundle(file, sign.opts<Signing>()));
  const verify = new Command('verify-bundle')
    .description('Verify a bundle about a file; exit 0 when it is good.')
    .option('--certificate-identity <name>', 'the name the signer must have')
    .option('--certificate-oidc-issuer <url>', 'who must have vouched for it')
    .addOption(new Option('--key <file>', 'key the signer must have').conflicts(['certificateIdentity']))
    .argument('<file-or-digest>', 'what was signed, or sha256: and its digest')
    .action(async (artifact: string) => verifyBundle(artifact, verify.opts<Verifying>()));
  for (const command of [sign, verify]) {
    command
      .requiredOption('--bundle <file>', 'the bundle')
      .option('--trusted-root <file>', 'instance to trust')
      .option('--staging', 'use the staging instance');
  }
  return [sign, verify];
}

async function signBundle(file: string, given: Signing): Promise<void> {
  const { identityToken, bundle, inToto: isStatement = false, signingConfig } = given;
  const { signArtifact } = await import('../../artifact.js');
  await signArtifact(file, bundle, {
    identityToken,
    instance: { ...instanceOf(given), signingConfig },
    isStatement,
  });
}

async function verifyBundle(artifact: string, given: Verifying): Promise<void> {
  const { verifyArtifact } = await import('../../artifact.js');
  await verifyArtifact(artifact, given.bundle, signerOf(given), instanceOf(given));
}

function signerOf({ key, certificateIdentity: identity, certificateOidcIssuer: identityProvider }: Verifying) {
  if (key) return { publicKey: key };
  if (identity && identityProvider) return { identity, identityProvider };
  const hint = 'give --certificate-identity and --certificate-oidc-issuer, or --key';
  throw new InputError('USAGE', 'nobody is named who has to have signed', { hint });
}

function instanceOf({ staging: useStaging, trustedRoot: trustConfig }: Signing | Verifying) {
  return trustConfig === undefined ? { useStaging } : { trustConfig };
}
