// SPDX-License-Identifier: Apache-2.0
// Options of the Sigstore method, checked one by one before anything is read or asked. An empty text is never "no check".

import { type OptionReader, invalidOption } from '../option-reader.js';
import { type ClaimName, claimNames } from './sigstore-claims.js';
import type { InstanceOptions } from './sigstore-instance.js';
import { type AllowedSigner, isPattern } from './sigstore-policy.js';
import type { Wanted } from './sigstore-sighting.js';

const LONGEST_TIMEOUT_MS = 3_600_000;
const MOST_SIGNERS = 1000;

/** Takes the options that say which instance; they are the same for signing and verifying. */
export function instanceOptions(given: OptionReader): InstanceOptions {
  const options = {
    useStaging: given.boolean('useStaging'),
    trustConfig: given.path('trustConfig'),
    tufUrl: given.take('tufUrl', isWebAddress, 'an http: or https: address without user and password'),
    tufRoot: given.path('tufRoot'),
    refreshTrust: given.boolean('refreshTrust'),
    cacheFolder: given.path('cacheFolder'),
    timeout: given.count('timeout', LONGEST_TIMEOUT_MS, 'a whole number of milliseconds, up to an hour'),
  };
  refuseBoth(options, 'trustConfig', ['useStaging', 'tufUrl', 'tufRoot', 'refreshTrust']);
  refuseBoth(options, 'useStaging', ['tufUrl', 'tufRoot']);
  if (options.tufRoot !== undefined && options.tufUrl === undefined) {
    throw invalidOption('option tufRoot needs tufUrl', 'give both, or neither');
  }
  return options;
}

/** Takes whom a verifier accepts: one signer from the options themselves, or several from `policy`; nobody is nobody. */
export function allowedSigners(given: OptionReader): readonly AllowedSigner[] {
  const one = {
    identity: given.take('identity', isName, 'the whole identity, not empty'),
    identityRegex: given.take('identityRegex', isPattern, 'a regular expression of ECMAScript, up to 1024 characters'),
    identityProvider: given.take('identityProvider', isName, 'the whole name of the identity provider, not empty'),
    claims: given.take('claims', areClaims, `an object with some of ${claimNames().join(', ')}`),
  };
  const policy = given.take('policy', isPolicy, 'a list of signers, each with identityProvider, identity and claims');
  const { identity, identityRegex, identityProvider } = one;
  const hasName = identity !== undefined || identityRegex !== undefined;
  if (policy !== undefined) {
    if (hasName || identityProvider !== undefined || one.claims !== undefined) {
      throw invalidOption(
        'option policy goes without identity, identityProvider and claims',
        'put them into the policy',
      );
    }
    return policy;
  }
  if (!hasName && identityProvider === undefined && one.claims === undefined) return [];
  if (identityProvider === undefined) {
    const hint = 'anyone can have that name with another provider: name the one that has to vouch for it';
    throw invalidOption('option identity needs identityProvider', hint);
  }
  if (!hasName) {
    throw invalidOption('option identityProvider needs identity or identityRegex', 'a provider vouches for anybody');
  }
  return [{ ...one, identityProvider }];
}

/** Takes whom to look for: one name, whole or as a pattern, and who vouches for it if that matters. */
export function wantedSigner(given: OptionReader): Wanted {
  const wanted = {
    identity: given.take('identity', isName, 'the whole identity, not empty'),
    identityRegex: given.take('identityRegex', isPattern, 'a regular expression of ECMAScript, up to 1024 characters'),
    identityProvider: given.take('identityProvider', isName, 'the whole name of the identity provider, not empty'),
  };
  const { identity, identityRegex } = wanted;
  if ((identity === undefined) !== (identityRegex === undefined)) return wanted;
  throw invalidOption('whom to look for is not clear', 'give either identity or identityRegex');
}

function refuseBoth(options: InstanceOptions, one: keyof InstanceOptions, others: readonly (keyof InstanceOptions)[]) {
  const other = others.find((name) => isGiven(options[name]));
  if (!isGiven(options[one]) || other === undefined) return;
  throw invalidOption(`options ${one} and ${other} exclude each other`, 'both say which instance: leave one out');
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== false;
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isWebAddress(value: unknown): value is string {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, username, password } = new URL(value);
  return /^https?:$/.test(protocol) && username === '' && password === '';
}

function areClaims(value: unknown): value is Partial<Record<ClaimName, string>> {
  const names: readonly string[] = claimNames();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(([name, text]) => names.includes(name) && isName(text));
}

function isPolicy(value: unknown): value is readonly AllowedSigner[] {
  return Array.isArray(value) && value.length > 0 && value.length <= MOST_SIGNERS && value.every(isSigner);
}

function isSigner(value: unknown): value is AllowedSigner {
  if (typeof value !== 'object' || value === null) return false;
  const { identity, identityRegex, identityProvider, claims, ...unknown } = value as Partial<Record<string, unknown>>;
  const hasName = identity !== undefined || identityRegex !== undefined;
  return (
    hasName &&
    isName(identityProvider) &&
    (identity === undefined || isName(identity)) &&
    (identityRegex === undefined || isPattern(identityRegex)) &&
    (claims === undefined || areClaims(claims)) &&
    Object.keys(unknown).length === 0
  );
}
