// SPDX-License-Identifier: Apache-2.0
// A person logs in on another device (RFC 8628): this one shows an address and a short code, and asks until it is done.

import { setTimeout as sleep } from 'node:timers/promises';

import { escape } from '../native.js';
import { type Patience, callService, failedCall, objectIn, refusalText } from './service-call.js';
import { type Interaction, LOGIN_MS, newProof } from './sigstore-identity-browser.js';
import { type Client, type Issuer, SCOPE, formCall, loginFailed, redeem } from './sigstore-oidc.js';
import type { IdentityToken } from './sigstore-token.js';

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
/** Section 3.5: how long to wait between questions when the issuer does not say, and how much more when it was too soon. */
const DEFAULT_INTERVAL_S = 5;

/** Logs in on another device. */
export async function loginOnDevice(
  issuer: Issuer & { readonly device: URL },
  client: Client,
  { show }: Interaction,
  patience: Patience,
): Promise<IdentityToken> {
  const { verifier, challenge } = newProof();
  const device = await begin(issuer, client, challenge, patience);
  show(`Go to ${device.address} and enter the code ${device.userCode}`);
  const grant = { grant_type: GRANT, device_code: device.code, code_verifier: verifier };
  let interval = device.interval;
  for (const end = performance.now() + device.lifetime; performance.now() < end;) {
    await sleep(interval, undefined, { signal: patience.signal }).catch(() => patience.signal?.throwIfAborted());
    const token = await redeem(issuer, client, grant, patience);
    if (!('error' in token)) return token;
    if (token.error === 'slow_down') interval += DEFAULT_INTERVAL_S * 1000;
    else if (token.error !== 'authorization_pending') throw loginFailed(token.text);
  }
  throw loginFailed('the code was not entered in time');
}

/** Section 3.1: asks for a code. PKCE goes along: issuers that do not know it there ignore it. */
async function begin(issuer: Issuer & { readonly device: URL }, client: Client, challenge: string, patience: Patience) {
  const fields = { scope: SCOPE, code_challenge: challenge, code_challenge_method: 'S256' };
  const call = formCall(issuer.device, issuer, client, fields, patience);
  const answer = await callService(call);
  if (answer.status !== 200) throw loginFailed(refusalText(answer));
  const found = objectIn(call, answer);
  const {
    device_code: code,
    user_code: userCode,
    verification_uri: plain,
    verification_uri_complete: complete,
  } = found;
  const address = typeof complete === 'string' ? complete : plain;
  if (typeof code !== 'string' || typeof userCode !== 'string' || typeof address !== 'string') {
    throw failedCall(call, 'gave no code for a device');
  }
  const { expires_in: seconds, interval } = found;
  return {
    code,
    userCode: escape(userCode),
    address: escape(address),
    lifetime: Math.min(typeof seconds === 'number' ? seconds * 1000 : LOGIN_MS, LOGIN_MS),
    interval: (typeof interval === 'number' && interval >= 0 ? interval : DEFAULT_INTERVAL_S) * 1000,
  };
}
