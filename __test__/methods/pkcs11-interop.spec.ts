// SPDX-License-Identifier: Apache-2.0
// What was signed on a token, by the key alone and with a certificate, and what the Python tool says to it.
// Skipped, and said, where there is no token, no python3, or where packages cannot be installed.

import { spawnSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import test from 'ava';

import { buildModel, pattern, scratch } from '../models.js';
import { type Outcome, type Task, play } from './pkcs11-scenarios.js';
import { CA, NO_OPENSSL, Pki, derOf } from './pki.js';
import { MODULE, NO_SOFTHSM, PIN, Softhsm } from './softhsm.js';

const SCRIPT = fileURLToPath(new URL('../../__test__/interop.py', import.meta.url));
const REQUIREMENTS = new URL('../../benchmark/peers/requirements.txt', import.meta.url);
const ENVIRONMENTS = new URL('../../npm/scripts/python-environment.js', import.meta.url);
const { pythonWith } = (await import(ENVIRONMENTS.href)) as { pythonWith: (packages: string) => string | undefined };

const REASON = NO_SOFTHSM ?? NO_OPENSSL;
const run = REASON === undefined ? test : test.skip;
if (REASON !== undefined) console.error(REASON);

/** The kinds of keys that the Python tool has. */
const CURVES = ['p256', 'p384', 'p521'] as const;

run('what a token signs, Python verifies: with the key and with the certificate, and nothing else', async (t) => {
  t.timeout(600_000);
  await sleep(100); // Installing blocks this thread: AVA has to hear of the limit before.
  const python = pythonWith(readFileSync(REQUIREMENTS, 'utf8'));
  if (python === undefined) {
    console.warn(`SKIPPED 1 test: ${t.title}`);
    t.pass();
    return;
  }
  const [softhsm, pki] = [new Softhsm('one'), new Pki()];
  t.teardown(() => softhsm.remove());
  t.teardown(() => pki.remove());
  const folder = scratch(t);
  const model = buildModel(t, { 'a.bin': pattern(1000, 1), 'weights \u00E9.bin': pattern(500, 2), empty: '' });
  const root = pki.issue('root', { extensions: CA });
  const [signing, checking]: [Task[], object[]] = [[], []];
  for (const [index, curve] of CURVES.entries()) {
    const party = pki.issue(curve, { key: curve, issuer: root });
    const place = { token: 'one', label: curve, id: `0${index + 1}` };
    softhsm.importKey(party.key, place);
    softhsm.importCertificate(derOf(party.certificate), place);
    const key = join(folder, `${curve}.pub`);
    writeFileSync(key, createPublicKey(readFileSync(party.key)).export({ type: 'spki', format: 'pem' }));
    const options = { uri: `pkcs11:token=one;object=${curve}?module-path=${MODULE}`, pin: PIN };
    const [plain, certified] = [join(folder, `${curve}.sig`), join(folder, `${curve}-certificate.sig`)];
    signing.push({ name: curve, do: 'sign', options, model, signature: plain });
    signing.push({ name: curve, do: 'sign', options: { ...options, certificate: true }, model, signature: certified });
    checking.push({ do: 'verify', model, signature: plain, key });
    checking.push({ do: 'verify', model, signature: certified, certificates: [root.certificate] });
  }
  const outcomes = await play<Outcome[]>('tasks', signing, softhsm.environment);
  t.deepEqual(new Set(outcomes.map(({ end }) => end)), new Set(['done']));
  const judge = (): unknown[] => {
    const { stdout, stderr } = spawnSync(python, [SCRIPT], { input: JSON.stringify(checking), encoding: 'utf8' });
    return stdout === '' ? [stderr] : (JSON.parse(stdout) as unknown[]);
  };
  t.deepEqual(
    judge(),
    checking.map(() => null),
  );
  writeFileSync(join(model, 'a.bin'), 'changed');
  for (const verdict of judge()) t.truthy(verdict);
});
