// SPDX-License-Identifier: Apache-2.0
// Whom an instance of Sigstore trusts: shown, fetched anew, and for a private instance introduced.

import type { InstanceOptions } from './methods/sigstore.js';
import type { Instance } from './methods/sigstore-instance.js';
import { instanceOptions } from './methods/sigstore-options.js';
import { OptionReader, invalidOption } from './option-reader.js';

/** An authority or a log, and for which span of time the instance vouches for it. */
export interface TrustedParty {
  readonly name: string;
  readonly from: Date;
  /** Nothing while it has not ended. */
  readonly until: Date | undefined;
}

/** Whom an instance trusts, and where its services are. */
export interface TrustSummary {
  /** Which instance, and as of when. */
  readonly source: string;
  readonly certificateAuthorities: readonly TrustedParty[];
  readonly timestampAuthorities: readonly TrustedParty[];
  readonly logs: readonly TrustedParty[];
  readonly certificateLogs: readonly TrustedParty[];
  /** Nothing where it is not known. */
  readonly services: readonly TrustedParty[] | undefined;
  /** What a careful reader should know. */
  readonly remarks: readonly string[];
}

/** Says whom an instance trusts, as far as that is known here. */
export async function showTrust(options: InstanceOptions = {}): Promise<TrustSummary> {
  return summaryOf(await open(options));
}

/** Fetches whom an instance trusts now, and keeps it. */
export async function updateTrust(options: InstanceOptions = {}): Promise<TrustSummary> {
  return showTrust({ ...options, refreshTrust: true });
}

/** Fetches whom a private instance trusts, from a root that the caller vouches for, and keeps both. */
export async function initTrust(options: InstanceOptions): Promise<TrustSummary> {
  const { tufUrl, tufRoot, ...others } = checked(options);
  if (tufUrl === undefined || tufRoot === undefined) {
    throw invalidOption('options tufUrl and tufRoot are needed', 'name the repository, and the file of its first root');
  }
  const { introduceInstance } = await import('./methods/sigstore-instance.js');
  return summaryOf(await introduceInstance({ ...others, tufUrl, tufRoot }));
}

async function open(options: InstanceOptions): Promise<Instance> {
  const resolved = checked(options);
  const { openInstance } = await import('./methods/sigstore-instance.js');
  return openInstance(resolved);
}

function checked(options: InstanceOptions): InstanceOptions {
  const given = new OptionReader(options);
  const resolved = instanceOptions(given);
  given.end();
  return resolved;
}

async function summaryOf(instance: Instance): Promise<TrustSummary> {
  const { trustOf } = await import('./methods/sigstore-trust.js');
  const { certificateAuthorities, timestampAuthorities, logs, certificateLogs, source, remarks } = trustOf(instance);
  return {
    source,
    certificateAuthorities: certificateAuthorities.map(partyOf),
    timestampAuthorities: timestampAuthorities.map(partyOf),
    logs: logs.map(({ url, span }) => partyOf({ name: url, span })),
    certificateLogs: certificateLogs.map(({ url, span }) => partyOf({ name: url, span })),
    services: servicesOf(instance),
    remarks,
  };
}

function servicesOf({ signingConfig }: Instance): TrustedParty[] | undefined {
  if (signingConfig === undefined) return undefined;
  const { caUrls, oidcUrls, rekorTlogUrls, tsaUrls } = signingConfig;
  return [...caUrls, ...oidcUrls, ...rekorTlogUrls, ...tsaUrls].map(({ url, validFor }) => ({
    name: url,
    from: validFor?.start ?? new Date(0),
    until: validFor?.end,
  }));
}

function partyOf({ name, span }: { name: string; span: { start: Date; end: Date | undefined } }): TrustedParty {
  return { name, from: span.start, until: span.end };
}
