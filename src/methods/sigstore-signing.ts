// SPDX-License-Identifier: Apache-2.0
// Signing with Sigstore, as one line: an instance, an identity, a key with a certificate, a signature, witnesses. What
// can fail without the model's digest fails before it is computed.

import { InputError } from '../errors.js';
import type { LogEntry, Signature, SigningInput } from '../method.js';
import { signMessage } from './algorithms.js';
import { once } from './once.js';
import type { Patience } from './service-call.js';
import { type Credential, isFresh, newCredential } from './sigstore-credential.js';
import { type IdentityRequest, type TokenSource, chooseSource } from './sigstore-identity.js';
import { type Instance, type InstanceOptions, openInstance } from './sigstore-instance.js';
import type { Testimony } from './sigstore-log.js';
import { type Plan, planSigning, issuerOf } from './sigstore-plan.js';
import { requestTimestampAnswer } from './timestamp-request.js';

/** What a signer was told, checked. */
export interface SigningRequest {
  readonly identity: IdentityRequest;
  readonly instance: InstanceOptions;
  /** Milliseconds for one call of one service. */
  readonly timeout: number;
}

/** What signs. */
export interface SigstoreSigning {
  /** Gets ready: an identity that the certificate authority takes, and services that are there. */
  readonly prepare: (signal: AbortSignal | undefined) => Promise<void>;
  /** Signs one statement, and has it witnessed. */
  readonly sign: (input: SigningInput) => Promise<Signature>;
  /** The instance that everything is from. */
  readonly instance: () => Promise<Instance>;
}

/** Sets up signing; nothing is read or asked yet. */
export function sigstoreSigning(request: SigningRequest): SigstoreSigning {
  const load = once(() => openPlan(request));
  const credentials = renewing(async (patience) => {
    const { plan, source } = await load();
    return newCredential(plan.authority, source, patience);
  });
  const patienceOf = (signal: AbortSignal | undefined): Patience => ({ timeout: request.timeout, signal });
  return {
    prepare: async (signal) => void (await credentials(patienceOf(signal))),
    sign: async ({ message, payload, signal }) => {
      const { privateKey, certificate } = await credentials(patienceOf(signal));
      const signature = await signMessage(privateKey, message);
      const testimony = { payload, message, signature, certificate };
      const { plan } = await load();
      const { logEntries, timestamps } = await witness(plan, testimony, patienceOf(signal));
      return { signature, material: { kind: 'sigstore', certificate: certificate.raw, logEntries }, timestamps };
    },
    instance: async () => (await load()).instance,
  };
}

async function openPlan({ identity, instance: options }: SigningRequest) {
  const instance = await openInstance(options);
  const { signingConfig } = instance;
  if (signingConfig === undefined) {
    const hint = 'give a ClientTrustConfig, which holds a signing configuration too';
    throw new InputError('SERVICE_MISSING', 'the trust configuration does not say which services sign', { hint });
  }
  const source: TokenSource = chooseSource(identity, () => issuerOf(signingConfig));
  return { instance, source, plan: planSigning(signingConfig) };
}

/** Asks every witness at once. When one fails, nobody waits for the others. */
async function witness(plan: Plan, testimony: Testimony, { timeout, signal }: Patience) {
  const others = new AbortController();
  const patience = { timeout, signal: AbortSignal.any([others.signal, ...(signal === undefined ? [] : [signal])]) };
  try {
    const [logEntries, timestamps] = await Promise.all([
      Promise.all(plan.logs.map((log) => enterLog(log, testimony, patience))),
      Promise.all(plan.timestampers.map((url) => requestTimestampAnswer(url, testimony.signature, patience))),
    ]);
    return { logEntries, timestamps };
  } finally {
    others.abort();
  }
}

async function enterLog(
  { url, version }: Plan['logs'][number],
  testimony: Testimony,
  patience: Patience,
): Promise<LogEntry> {
  if (version === 1) return (await import('./sigstore-rekor1.js')).enterRekor1(url, testimony, patience);
  return (await import('./sigstore-rekor2.js')).enterRekor2(url, testimony, patience);
}

/** Keeps a credential while it is fresh. Of several who find it stale, one gets the next for all. */
function renewing(get: (patience: Patience) => Promise<Credential>) {
  let current: Promise<Credential> | undefined;
  return async function credentials(patience: Patience): Promise<Credential> {
    const before = current;
    const had = await before?.catch(() => undefined);
    if (had !== undefined && isFresh(had)) return had;
    patience.signal?.throwIfAborted();
    if (current !== before) return credentials(patience);
    current = get(patience);
    return current;
  };
}
