// SPDX-License-Identifier: Apache-2.0
// Whom an instance trusts: what the package pins is there without any network, and says when it has ended.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';
import { initTrust, showTrust } from 'model-signing';

import { scratch } from './models.js';

const PINNED = new URL('../npm/trust/public/trusted_root.json', import.meta.url);

test('the public and the staging instance are known, and nothing is written to know them', async (t) => {
  const cacheFolder = join(scratch(t), 'cache');
  const shown = await showTrust({ cacheFolder });
  t.is(shown.source, 'the public instance, pinned in this package on 2026-11-26');
  t.deepEqual(
    shown.logs.map(({ name }) => name),
    ['https://rekor.sigstore.dev', 'https://log2025-1.rekor.sigstore.dev'],
  );
  t.deepEqual(shown.remarks, []);
  t.true(shown.services?.some(({ name }) => name === 'https://fulcio.sigstore.dev'));
  const staging = await showTrust({ cacheFolder, useStaging: true });
  t.true(staging.source.startsWith('the staging instance, pinned'));
  t.true(staging.logs.some(({ name }) => name === 'https://rekor.sigstage.dev'));
  t.false(existsSync(cacheFolder));
});

test('what was fetched later than what is pinned is used instead; what is damaged is not passed over', async (t) => {
  const cacheFolder = scratch(t);
  const folder = join(cacheFolder, 'public');
  const { mkdirSync, utimesSync } = await import('node:fs');
  mkdirSync(folder);
  const kept = join(folder, 'trust.json');
  writeFileSync(kept, readFileSync(PINNED));
  t.true((await showTrust({ cacheFolder })).source.startsWith('the public instance, fetched on '));
  utimesSync(kept, new Date('2020-01-01'), new Date('2020-01-01'));
  t.true((await showTrust({ cacheFolder })).source.startsWith('the public instance, pinned'));
  writeFileSync(kept, 'damaged');
  await t.throwsAsync(showTrust({ cacheFolder }), { code: 'TRUST_CACHE_INVALID' });
});

test('a trust root of which every log has ended says so', async (t) => {
  interface Root {
    readonly tlogs: readonly { readonly publicKey: object }[];
  }
  const root = JSON.parse(readFileSync(PINNED, 'utf8')) as Root;
  const validFor = { start: '2020-01-01T00:00:00Z', end: '2021-01-01T00:00:00Z' };
  const tlogs = root.tlogs.map((log) => ({ ...log, publicKey: { ...log.publicKey, validFor } }));
  const trustConfig = join(scratch(t), 'trusted_root.json');
  writeFileSync(trustConfig, JSON.stringify({ ...root, tlogs }));
  const { remarks } = await showTrust({ trustConfig });
  t.is(remarks.length, 1);
  t.regex(remarks[0] ?? '', /^all logs of the trust configuration '.*' have ended: newer signatures cannot verify/);
});

test('an instance is introduced by its repository and its first root, and by nothing less', async (t) => {
  for (const options of [{}, { tufUrl: 'https://tuf.example' }, { useStaging: true }, { trustConfig: 'x' }]) {
    await t.throwsAsync(initTrust(options), { code: 'OPTION_INVALID' });
  }
});
