// SPDX-License-Identifier: Apache-2.0
// Update repositories: fetched when asked, kept as a whole, and never believed when they turn back, expire or lie.

import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';
import { InputError, SigningError, VerificationError, initTrust, showTrust, updateTrust } from 'model-signing';

import { defaultCacheFolder, privateFolder } from '../../dist/methods/sigstore-tuf.js';
import { buildModel, scratch } from '../models.js';
import { type Sigstack, sigstackTest, startSigstack } from '../sigstack.js';
import { outcome, signedBy, trusting } from './sigstore-bundles.js';

const TIMEOUT = { timeout: 2000 };

sigstackTest('a private instance is introduced once, and then known by its address', async (t, stack) => {
  const cacheFolder = join(scratch(t), 'cache');
  const { tuf: tufUrl, tufRoot } = stack.urls;
  await t.throwsAsync(showTrust({ tufUrl, cacheFolder }), { instanceOf: InputError, code: 'TRUST_NOT_INITIALIZED' });
  const { source, logs, services } = await initTrust({ tufUrl, tufRoot, cacheFolder });
  t.true(source.startsWith(`the instance of '${tufUrl}', fetched on `), source);
  t.true(logs.length >= 2);
  t.truthy(services);
  await stack.fault({ service: 'tuf', status: 500, times: 'all' });
  t.deepEqual((await showTrust({ tufUrl, cacheFolder })).logs, logs);
  t.deepEqual((await showTrust({ tufUrl: `${tufUrl}/`, cacheFolder })).logs, logs);
  const bundle = await signedBy(stack, buildModel(t, { a: '1' }), 2);
  const options = { trustConfig: undefined, tufUrl, cacheFolder };
  t.is(await outcome(bundle, trusting(stack, options)), 'verified');
});

sigstackTest('what is known is used without the network until a fetch is asked for', async (t, stack) => {
  const cacheFolder = scratch(t);
  const { tuf: tufUrl, tufRoot } = stack.urls;
  await showTrust({ tufUrl, tufRoot, cacheFolder });
  const before = (await stack.visits('tuf')).length;
  t.true(before > 0);
  await showTrust({ tufUrl, tufRoot, cacheFolder });
  t.is((await stack.visits('tuf')).length, before);
  await updateTrust({ tufUrl, tufRoot, cacheFolder });
  t.true((await stack.visits('tuf')).length > before);
});

sigstackTest('a repository that is down, slow or talks nonsense changes nothing', async (t, stack) => {
  const cacheFolder = scratch(t);
  const { tuf: tufUrl, tufRoot } = stack.urls;
  const options = { tufUrl, tufRoot, cacheFolder, ...TIMEOUT };
  await updateTrust(options);
  const kept = contentOf(cacheFolder);
  const faults = [
    { status: 500 },
    { status: 429 },
    { drop: true },
    { hangMs: 10_000 },
    { status: 200, body: 'garbage', path: 'timestamp.json' },
  ] as const;
  for (const fault of faults) {
    await stack.fault({ service: 'tuf', times: 'all', ...fault });
    const error = await t.throwsAsync(updateTrust({ ...options, timeout: 500 }), undefined, JSON.stringify(fault));
    await stack.clearFaults();
    const wanted = 'body' in fault ? 'TRUST_UPDATE_REFUSED' : 'TRUST_UPDATE_FAILED';
    t.is(error && 'code' in error ? error.code : error, wanted, JSON.stringify(fault));
    t.true(error instanceof ('body' in fault ? VerificationError : SigningError));
    t.deepEqual(contentOf(cacheFolder), kept);
  }
  await t.notThrowsAsync(updateTrust(options));
});

sigstackTest('many who fetch at once all get it, and leave a whole cache', async (t, stack) => {
  const cacheFolder = scratch(t);
  const { tuf: tufUrl, tufRoot } = stack.urls;
  const options = { tufUrl, tufRoot, cacheFolder };
  const shown = await Promise.all(Array.from({ length: 8 }, () => updateTrust(options)));
  t.true(shown.every(({ logs }) => logs.length >= 2));
  const kept = Object.keys(contentOf(cacheFolder));
  t.deepEqual(
    kept.filter((name) => name.includes('.tmp')),
    [],
  );
  t.true(kept.some((name) => name.endsWith('/trust.json')));
  await t.notThrowsAsync(updateTrust(options));
});

sigstackTest('a cache that is damaged is said to be, and made again', async (t, stack) => {
  const cacheFolder = scratch(t);
  const { tuf: tufUrl, tufRoot } = stack.urls;
  const options = { tufUrl, tufRoot, cacheFolder };
  const { logs } = await updateTrust(options);
  const folder = privateFolder(cacheFolder, tufUrl, readFileSync(tufRoot));
  for (const damage of ['', '{', '{}', '[1]', '{"mediaType":"x"}', '{"mediaType":"x","mediaType":"x"}', '\0']) {
    writeFileSync(join(folder, 'trust.json'), damage);
    await t.throwsAsync(showTrust(options), { instanceOf: InputError, code: 'TRUST_CACHE_INVALID' }, damage);
    t.deepEqual((await updateTrust(options)).logs, logs);
  }
  for (const file of Object.keys(contentOf(folder)).filter((name) => name.startsWith('tuf/'))) {
    writeFileSync(join(folder, file), 'damaged');
    t.deepEqual((await updateTrust(options)).logs, logs, file);
  }
});

test('a folder that nobody can write to, a root that is none', async (t) => {
  const folder = scratch(t);
  const tufUrl = 'http://127.0.0.1:9';
  const tufRoot = join(folder, 'root.json');
  await t.throwsAsync(updateTrust({ tufUrl, tufRoot, cacheFolder: folder }), { code: 'TRUST_CONFIG_UNREADABLE' });
  writeFileSync(tufRoot, '{}');
  await t.throwsAsync(updateTrust({ tufUrl, tufRoot, cacheFolder: join(tufRoot, 'below') }), {
    code: 'TRUST_CACHE_INVALID',
  });
  await t.throwsAsync(updateTrust({ tufUrl, tufRoot, cacheFolder: folder }), { code: 'TRUST_UPDATE_REFUSED' });
  t.deepEqual(
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tmp')),
    [],
  );
});

test('what is kept lies where the system keeps such things', (t) => {
  if (process.platform !== 'linux') return void t.pass();
  t.is(defaultCacheFolder({ XDG_CACHE_HOME: '/var/cache/me' }), '/var/cache/me/model-signing');
  t.true(defaultCacheFolder({ XDG_CACHE_HOME: 'relative' }).endsWith('/.cache/model-signing'));
  t.true(defaultCacheFolder({}).endsWith('/.cache/model-signing'));
});

/** These turn the repository itself, which a whole file shares: each with a Sigstore of its own. */
const TURNS: readonly (readonly [string, string | undefined, (stack: Sigstack) => Promise<void>])[] = [
  ['new metadata', undefined, (stack) => stack.tuf('publish')],
  ['a new root', undefined, (stack) => stack.tuf('publish', { rotate: 1 })],
  ['what was said before', 'TRUST_UPDATE_REFUSED', (stack) => stack.tuf('rollback')],
  [
    'a target that nobody signed',
    'TRUST_UPDATE_REFUSED',
    async (stack) => {
      await stack.tuf('publish', { config: 'rekor_v2' });
      await stack.tuf('tamper');
    },
  ],
  ...(['timestamp', 'snapshot', 'targets', 'root'] as const).map(
    (role) =>
      [
        `an expired ${role}`,
        'TRUST_UPDATE_REFUSED',
        (stack: Sigstack) => stack.tuf('publish', { [role]: -60 }),
      ] as const,
  ),
];

sigstackTest('what turns back, has expired or was not signed is refused, and what was known stays', async (t) => {
  for (const [what, wanted, turn] of TURNS) {
    const stack = await startSigstack();
    const cacheFolder = join(scratch(t), 'cache');
    const { tuf: tufUrl, tufRoot } = stack.urls;
    const options = { tufUrl, tufRoot, cacheFolder, ...TIMEOUT };
    try {
      await stack.tuf('publish');
      await updateTrust(options);
      const kept = contentOf(cacheFolder);
      await turn(stack);
      const code = await updateTrust(options).then(
        () => undefined,
        (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
      );
      t.is(code, wanted, what);
      if (wanted !== undefined) t.deepEqual(contentOf(cacheFolder), kept, what);
      await t.notThrowsAsync(showTrust(options), what);
    } finally {
      await stack.close();
    }
  }
});

/** Every file below a folder, and what is in it. */
function contentOf(folder: string): Record<string, string> {
  if (!existsSync(folder)) mkdirSync(folder);
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(
    paths.map((path) => [path.slice(folder.length + 1), readFileSync(path, 'base64')] as const),
  );
}
