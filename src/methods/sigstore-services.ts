// SPDX-License-Identifier: Apache-2.0
// Which services of an instance sign: of those in service now, the highest version that is spoken here, the newest of
// each operator, and as many operators as the instance wants.

import { InputError } from '../errors.js';
import { addressOf } from './service-call.js';

/** A service, as a signing configuration names it. */
export interface Service {
  readonly url: string;
  readonly majorApiVersion: number;
  readonly validFor?: { readonly start?: Date | undefined; readonly end?: Date | undefined } | undefined;
  readonly operator: string;
}

/** How many of several operators. */
export interface Selection {
  readonly selector: 'ANY' | 'ALL' | 'EXACT';
  /** For `EXACT`. */
  readonly count: number;
}

/** A service that was chosen. */
export interface Chosen {
  readonly url: URL;
  readonly version: number;
}

const ONE: Selection = { selector: 'ANY', count: 1 };

/** Chooses among services that do the same. */
export function chooseServices(
  what: string,
  services: readonly Service[],
  versions: readonly number[],
  { selector, count }: Selection = ONE,
  now: Date = new Date(),
): readonly [Chosen, ...Chosen[]] {
  const spoken = services.filter((service) => versions.includes(service.majorApiVersion) && isInService(service, now));
  const highest = Math.max(...spoken.map(({ majorApiVersion }) => majorApiVersion));
  const newest = spoken.filter(({ majorApiVersion }) => majorApiVersion === highest).toSorted(byStart);
  const operators = new Map<string, Service>();
  for (const service of newest) if (!operators.has(service.operator)) operators.set(service.operator, service);
  const wanted = { ANY: 1, ALL: operators.size, EXACT: count }[selector];
  if (operators.size === 0) throw missing(what, 'none that is in service now and spoken here');
  const [first, ...others] = [...operators.values()].slice(0, wanted).map((service) => chosen(what, service));
  if (first !== undefined && wanted <= operators.size) return [first, ...others];
  throw missing(what, `${operators.size}, and asks for ${wanted}`);
}

/** Both ends count. */
function isInService({ validFor }: Service, now: Date): boolean {
  const { start, end } = validFor ?? {};
  return (start === undefined || start <= now) && (end === undefined || now <= end);
}

/** Newest first; the sort is stable, so that the order of the configuration decides among equals. */
function byStart(one: Service, other: Service): number {
  return (other.validFor?.start?.getTime() ?? 0) - (one.validFor?.start?.getTime() ?? 0);
}

function chosen(what: string, { url, majorApiVersion }: Service): Chosen {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (
    address === undefined ||
    !/^https?:$/.test(address.protocol) ||
    address.username !== '' ||
    address.password !== ''
  ) {
    const named = address === undefined ? 'an address that is none' : addressOf(address);
    throw missing(what, `${named} among them`);
  }
  return { url: address, version: majorApiVersion };
}

function missing(what: string, names: string): InputError {
  const hint = 'get the current signing configuration of the instance; this version may be too old for it';
  return new InputError('SERVICE_MISSING', `of ${what} the signing configuration names ${names}`, { hint });
}
