// SPDX-License-Identifier: Apache-2.0
// Signing with Sigstore, as one line: an instance, an identity, a key with a certificate, a signature, witnesses. What
// can fail without the model's digest fails before it is computed.

import { InputError, SigningError, VerificationError } from '../errors.js';
import type { Authentication, LogEntry, Seal, Signature, SigningInput } from '../method.js';
import { signMessage } from './algorithms.js';
import { once } from './once.js';
import type { Patience } from './service-call.js';
import type { Content } from './sigstore-content.js';
import { type Credential, isFresh, newCredential } from './sigstore-credential.js';
import { type IdentityRequest, type TokenSource, chooseSource } from './sigstore-identity.js';
import { type Instance, type InstanceRequest, openInstance } from './sigstore-instance.js';
import type { Testimony } from './sigstore-log.js';
import { type Plan, planSigning, issuerOf } from './sigstore-plan.js';
import { requestTimestamp } from './timestamp-request.js';

/** What a signer was told, checked. */
export interface SigningRequest {
  readonly identity: IdentityRequest;
  readonly instance: InstanceRequest;
  /** Milliseconds for one call of one service. */
  readonly timeout: number;
}

/** What is to be signed: a statement in its envelope; without a payload, bare bytes. */
export interface Signable extends Pick<SigningInput, 'message' | 'signal'> {
  readonly payload?: Uint8Array | undefined;
}

/** What signs. */
export interface SigstoreSigning {
  /** Gets ready: an identity that the certificate authority takes, and services that are there. */
  readonly prepare: (signal: AbortSignal | undefined) => Promise<void>;
  /** Signs, and has it witnessed. */
  readonly sign: (input: Signable) => Promise<Signature>;
  /** Verifies what stands in the finished bundle against the trust root of the instance that signed it. */
  readonly check: (seal: Seal, content: Content) => Promise<Authentication>;
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
      const patience = patienceOf(signal);
      const credential = await credentials(patience);
      const { plan } = await load();
      const input = { payload, message };
      const signed =
        (await signOnce(input, credential, plan, patience)) ?? (await signOnce(input, credential, plan, patience));
      if (signed !== undefined) return signed;
      throw entryKept();
    },
    check: async (seal, content) => checkOwn(seal, content, (await load()).instance),
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

/** Nothing, when a log has the entry already and does not hand it back: another signature makes another entry. */
async function signOnce(
  { payload, message }: Omit<Signable, 'signal'>,
  { privateKey, certificate }: Credential,
  plan: Plan,
  patience: Patience,
): Promise<Signature | undefined> {
  const signature = await signMessage(privateKey, message);
  const { logEntries, timestamps } = await witness(plan, { payload, message, signature, certificate }, patience);
  const entries = logEntries.filter((entry) => entry !== undefined);
  if (entries.length < logEntries.length) return undefined;
  return { signature, material: { kind: 'sigstore', certificate: certificate.raw, logEntries: entries }, timestamps };
}

/** Asks every witness at once. When one fails, nobody waits for the others. */
async function witness(plan: Plan, testimony: Testimony, { timeout, signal }: Patience) {
  const others = new AbortController();
  const patience = { timeout, signal: AbortSignal.any([others.signal, ...(signal === undefined ? [] : [signal])]) };
  try {
    const [logEntries, timestamps] = await Promise.all([
      Promise.all(plan.logs.map((log) => enterLog(log, testimony, patience))),
      Promise.all(plan.timestampers.map((url) => requestTimestamp(url, testimony.signature, patience))),
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
): Promise<LogEntry | undefined> {
  if (version === 1) return (await import('./sigstore-rekor1.js')).enterRekor1(url, testimony, patience);
  return (await import('./sigstore-rekor2.js')).enterRekor2(url, testimony, patience);
}

/** Whoever has just signed may sign; everything else is looked at as any verifier would. */
async function checkOwn(seal: Seal, content: Content, instance: Instance): Promise<Authentication> {
  const { verifyOwn } = await import('./sigstore-verifying.js');
  try {
    return await verifyOwn(seal, content, instance);
  } catch (cause) {
    if (!(cause instanceof VerificationError)) throw cause;
    const message = `what the services of the instance answered does not verify: ${cause.message}`;
    const hint = 'nothing was written; sign again, and if it stays so, ask who runs the instance';
    throw new SigningError('SELF_CHECK_FAILED', message, { hint, cause });
  }
}

function entryKept(): SigningError {
  const message = 'a log says that it has the entry already, and does not hand it out';
  return new SigningError('LOG_REQUEST_REFUSED', message, { hint: 'sign again' });
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
