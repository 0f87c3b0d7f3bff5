// SPDX-License-Identifier: Apache-2.0
// What was signed on a token, by the key alone and with a certificate, and what the Python tool says to it.
// Skipped, and said, where there is no token, no python3, or where packages cannot be installed.

import { createPublicKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { CURRENT, type Task as PythonTask, allGood, outcomes, withPython } from '../interop/python.js';
import { buildModel, pattern, scratch } from '../models.js';
import { type Outcome, type Task, play } from './pkcs11-scenarios.js';
import { CA, NO_OPENSSL, Pki, derOf } from './pki.js';
import { MODULE, NO_SOFTHSM, PIN, Softhsm } from './softhsm.js';

const REASON = NO_SOFTHSM ?? NO_OPENSSL;
const run = REASON === undefined ? test : test.skip;
if (REASON !== undefined) console.error(REASON);

/** The kinds of keys that the Python tool has. */
const CURVES = ['p256', 'p384', 'p521'] as const;

run('what a token signs, Python verifies: with the key and with the certificate, and nothing else', async (t) =>
  withPython(t, CURRENT, async (python) => {
    const [softhsm, pki] = [new Softhsm('one'), new Pki()];
    t.teardown(() => softhsm.remove());
    t.teardown(() => pki.remove());
    const folder = scratch(t);
    const model = buildModel(t, { 'a.bin': pattern(1000, 1), 'weights \u00E9.bin': pattern(500, 2), empty: '' });
    const root = pki.issue('root', { extensions: CA });
    const [signing, checking]: [Task[], PythonTask[]] = [[], []];
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
      signing.push({
        name: curve,
        do: 'sign',
        options: { ...options, certificate: true },
        model,
        signature: certified,
      });
      checking.push({ do: 'verify', model, signature: plain, key });
      checking.push({ do: 'verify', model, signature: certified, chain: [root.certificate] });
    }
    const signed = await play<Outcome[]>('tasks', signing, softhsm.environment);
    t.deepEqual(new Set(signed.map(({ end }) => end)), new Set(['done']));
    allGood(t, python, checking);
    writeFileSync(join(model, 'a.bin'), 'changed');
    for (const verdict of outcomes(python, checking)) t.truthy(verdict);
  }),
);
