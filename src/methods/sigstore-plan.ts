// SPDX-License-Identifier: Apache-2.0
// Which services of an instance sign for us, read from its signing configuration: one authority, and witnesses as many
// as it asks for.

import { type ServiceConfiguration, ServiceSelector, type SigningConfig } from '@sigstore/protobuf-specs';

import { InputError } from '../errors.js';
import { type Chosen, type Selection, chooseServices } from './sigstore-services.js';

/** The services that one signature needs. */
export interface Plan {
  /** Who certifies the key. */
  readonly authority: URL;
  /** Which logs get an entry. */
  readonly logs: readonly Chosen[];
  /** Who confirms the time. */
  readonly timestampers: readonly URL[];
}

/** The versions that are spoken here. */
const VERSIONS = { authority: [1], issuer: [1], log: [1, 2], timestamper: [1] } as const;

/** Chooses the services. */
export function planSigning(config: SigningConfig, now: Date = new Date()): Plan {
  const { caUrls, rekorTlogUrls, rekorTlogConfig, tsaUrls, tsaConfig } = config;
  const [authority] = chooseServices('certificate authorities', caUrls, VERSIONS.authority, undefined, now);
  const logs = chooseServices('logs', rekorTlogUrls, VERSIONS.log, selectionOf(rekorTlogConfig), now);
  const timestampers =
    tsaUrls.length === 0
      ? []
      : chooseServices('timestamp authorities', tsaUrls, VERSIONS.timestamper, selectionOf(tsaConfig), now);
  if (timestampers.length === 0 && logs.some(({ version }) => version === 2)) throw noTime();
  return { authority: authority.url, logs, timestampers: timestampers.map(({ url }) => url) };
}

/** Where people log in. */
export function issuerOf({ oidcUrls }: SigningConfig): URL {
  const [issuer] = chooseServices('identity providers', oidcUrls, VERSIONS.issuer);
  return issuer.url;
}

/** A configuration that does not say how many means one. */
function selectionOf(config: ServiceConfiguration | undefined): Selection {
  switch (config?.selector) {
    case ServiceSelector.ALL:
      return { selector: 'ALL', count: 0 };
    case ServiceSelector.EXACT:
      return { selector: 'EXACT', count: config.count };
    case ServiceSelector.ANY:
    case undefined:
      return { selector: 'ANY', count: 1 };
    case ServiceSelector.SERVICE_SELECTOR_UNDEFINED:
    default:
      throw new InputError('SERVICE_MISSING', 'the signing configuration says in no known way how many services sign', {
        hint: 'get the current signing configuration of the instance; this version may be too old for it',
      });
  }
}

/** A log of version 2 does not say when it took an entry. */
function noTime(): InputError {
  const hint = 'get a signing configuration that names one';
  return new InputError('SERVICE_MISSING', 'a log of version 2 needs a timestamp authority beside it', { hint });
}
