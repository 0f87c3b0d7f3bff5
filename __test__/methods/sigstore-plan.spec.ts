// SPDX-License-Identifier: Apache-2.0
// Which services sign for us: those of the pinned instances, and what a configuration lacks or says in no known way.

import { type ServiceConfiguration, ServiceSelector, type SigningConfig } from '@sigstore/protobuf-specs';
import test from 'ava';
import { InputError } from 'model-signing';

import { openInstance } from '../../dist/methods/sigstore-instance.js';
import { issuerOf, planSigning } from '../../dist/methods/sigstore-plan.js';
import { scratch } from '../models.js';

test('the public instance and the staging instance, as they are pinned', async (t) => {
  const plans = [];
  for (const useStaging of [false, true]) {
    const { signingConfig } = await openInstance({ useStaging, cacheFolder: scratch(t) });
    if (signingConfig === undefined) return t.fail('both say which services sign');
    const { authority, logs, timestampers } = planSigning(signingConfig);
    const names = logs.map(({ url, version }) => `${url.host} ${version}`);
    plans.push([authority.host, names, timestampers.map(({ host }) => host), issuerOf(signingConfig).href]);
  }
  t.deepEqual(plans[0], [
    'fulcio.sigstore.dev',
    ['rekor.sigstore.dev 1'],
    ['timestamp.sigstore.dev'],
    'https://oauth2.sigstore.dev/auth',
  ]);
  t.true(
    plans[1]?.flat().every((place) => place.includes('sigstage.dev')),
    JSON.stringify(plans[1]),
  );
});

function service(name: string, majorApiVersion = 1) {
  return { url: `https://${name}.example`, majorApiVersion, validFor: undefined, operator: name };
}

function config(more: Partial<SigningConfig> = {}): SigningConfig {
  return {
    mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
    caUrls: [service('ca')],
    oidcUrls: [service('issuer')],
    rekorTlogUrls: [service('log', 2)],
    rekorTlogConfig: undefined,
    tsaUrls: [service('tsa')],
    tsaConfig: undefined,
    ...more,
  };
}

test('a configuration that does not say how many means one', (t) => {
  const { logs, timestampers } = planSigning(config({ rekorTlogUrls: [service('a', 2), service('b', 2)] }));
  t.deepEqual(
    [logs.map(({ url }) => url.host), timestampers.map(({ host }) => host)],
    [['a.example'], ['tsa.example']],
  );
  t.is(planSigning(config({ tsaUrls: [], rekorTlogUrls: [service('log')] })).timestampers.length, 0);
});

test('what a configuration lacks', (t) => {
  const unknown: ServiceConfiguration = { selector: ServiceSelector.SERVICE_SELECTOR_UNDEFINED, count: 1 };
  const wrong: readonly Partial<SigningConfig>[] = [
    { caUrls: [] },
    { caUrls: [service('ca', 2)] },
    { rekorTlogUrls: [] },
    { rekorTlogUrls: [service('log', 3)] },
    { rekorTlogConfig: unknown },
    { tsaConfig: { selector: ServiceSelector.EXACT, count: 2 } },
    { tsaUrls: [] },
  ];
  for (const more of wrong) {
    const error = t.throws(() => planSigning(config(more)), { instanceOf: InputError }, JSON.stringify(more));
    t.is(error.code, 'SERVICE_MISSING');
  }
  t.is(t.throws(() => issuerOf(config({ oidcUrls: [] })), { instanceOf: InputError }).code, 'SERVICE_MISSING');
});
