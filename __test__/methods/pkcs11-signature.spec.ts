// SPDX-License-Identifier: Apache-2.0
// Tokens that lack a mechanism: the next best one signs as well, and without any the key cannot be used.

import { join } from 'node:path';

import test from 'ava';

import { buildModel, scratch } from '../models.js';
import { type Outcome, type Task, play } from './pkcs11-scenarios.js';
import { MODULE, NO_SOFTHSM, PIN, Softhsm, buildPinPad } from './softhsm.js';

const run = NO_SOFTHSM === undefined ? test.serial : test.serial.skip;
if (NO_SOFTHSM !== undefined) console.error(NO_SOFTHSM);

const KEYS = {
  rsa: ['RSA:2048'],
  pss: ['RSA:2048', '--allowed-mechanisms', 'RSA-PKCS-PSS,SHA256-RSA-PKCS-PSS'],
  ec: ['EC:prime256v1'],
} as const;

/** Which key, what its token lacks, and how it ends. */
const CASES: readonly (readonly [key: keyof typeof KEYS, lacks: string, end: string])[] = [
  ['rsa', '1', 'done'],
  ['rsa', '40', 'done'],
  ['rsa', '1,40', 'PKCS11_KEY_UNUSABLE'],
  ['pss', 'd', 'done'],
  ['pss', '43', 'done'],
  ['pss', 'd,43', 'PKCS11_KEY_UNUSABLE'],
  ['ec', '1041,1044', 'PKCS11_KEY_UNUSABLE'],
];

run('raw mechanisms, those that hash by themselves, or none', async (t) => {
  t.timeout(300_000);
  const softhsm = new Softhsm('one');
  t.teardown(() => softhsm.remove());
  for (const [index, [label, [type, ...more]]] of Object.entries(KEYS).entries()) {
    softhsm.generate(type, { token: 'one', label, id: `0${index + 1}` }, ...more);
  }
  const module = buildPinPad(softhsm.folder);
  const model = buildModel(t, { a: 'a' });
  for (const [label, lacks, end] of CASES) {
    const signature = join(scratch(t), 'model.sig');
    const options = { uri: `pkcs11:token=one;object=${label}?module-path=${module}`, pin: PIN };
    const task: Task = { name: '', do: 'sign', options, model, signature };
    const tasks = end === 'done' ? [task, { ...task, do: 'verify' }] : [task];
    const environment = { ...softhsm.environment, PINPAD_MODULE: MODULE, PINPAD_HIDE: `,${lacks},` };
    const outcomes = await play<Outcome[]>('tasks', tasks, environment);
    t.deepEqual(new Set(outcomes.map((outcome) => outcome.end)), new Set([end]), `${label} without ${lacks}`);
  }
});
