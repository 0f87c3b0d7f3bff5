// SPDX-License-Identifier: Apache-2.0
// Where the public half of a key comes from, and keys that cannot be used: each with an error of its own.

import { generateKeyPairSync } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { buildModel } from '../models.js';
import { type Outcome, play } from './pkcs11-scenarios.js';
import { CA, NO_OPENSSL, Pki, derOf } from './pki.js';
import { MODULE, NO_SOFTHSM, PIN, Softhsm } from './softhsm.js';

const REASON = NO_SOFTHSM ?? NO_OPENSSL;
const run = REASON === undefined ? test : test.skip;
if (REASON !== undefined) console.error(REASON);

const ONE = { token: 'one', label: 'key', id: '01' };

run('from the public object, else from the certificate, else from the private object', async (t) => {
  const { softhsm, pki, end } = setting(t);
  const root = pki.issue('root', { extensions: CA });
  const leaf = pki.issue('leaf', { issuer: root });
  softhsm.importKey(leaf.key, ONE);
  t.is(await end(), 'done');
  softhsm.removeObject('pubkey', ONE);
  t.is(await end(), 'PKCS11_PUBLIC_KEY_MISSING');
  softhsm.importCertificate(derOf(leaf.certificate), { ...ONE, label: 'another label' });
  t.is(await end(), 'done');
  softhsm.removeObject('privkey', ONE);
  softhsm.generate('RSA:2048', { ...ONE, id: '02' });
  softhsm.removeObject('pubkey', { ...ONE, id: '02' });
  t.is(await end(), 'done', 'a private RSA key shows its modulus');
});

run('without an id the label says which halves belong together', async (t) => {
  const { softhsm, end } = setting(t);
  softhsm.generate('EC:prime256v1', { ...ONE, id: '' });
  t.is(await end(), 'done');
});

run('a public half of another key is found out, and nothing is written', async (t) => {
  const { softhsm, pki, end, signature } = setting(t);
  const [mine, other] = [pki.issue('mine'), pki.issue('other')];
  softhsm.importKey(mine.key, ONE);
  softhsm.removeObject('pubkey', ONE);
  softhsm.importCertificate(derOf(other.certificate), ONE);
  t.is(await end(), 'PKCS11_KEY_MISMATCH');
  softhsm.importCertificate(derOf(mine.certificate), { ...ONE, label: 'mine' });
  t.is(await end(), 'PKCS11_OBJECT_AMBIGUOUS');
  t.false(existsSync(signature));
});

run('keys that cannot be used', async (t) => {
  const cases: readonly (readonly [key: () => ReturnType<typeof generateKeyPairSync>, code: string])[] = [
    [() => generateKeyPairSync('rsa', { modulusLength: 1024 }), 'KEY_UNSUPPORTED'],
    [() => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }), 'KEY_UNSUPPORTED'],
    [() => generateKeyPairSync('ec', { namedCurve: 'P-224' }), 'KEY_UNSUPPORTED'],
  ];
  for (const [make, code] of cases) {
    const { softhsm, end, signature } = setting(t);
    const path = join(softhsm.folder, 'key.pem');
    writeFileSync(path, make().privateKey.export({ type: 'pkcs8', format: 'pem' }));
    softhsm.importKey(path, ONE);
    t.is(await end(), code);
    t.false(existsSync(signature));
  }
  const { softhsm, end, signature } = setting(t);
  await play('makeUnusable', { module: MODULE, pin: PIN }, softhsm.environment);
  t.is(await end(), 'PKCS11_KEY_UNUSABLE');
  t.false(existsSync(signature));
});

function setting(t: ExecutionContext) {
  t.timeout(300_000);
  const [softhsm, pki] = [new Softhsm('one'), new Pki()];
  t.teardown(() => softhsm.remove());
  t.teardown(() => pki.remove());
  const model = buildModel(t, { a: 'a' });
  const signature = `${model}.sig`;
  const options = { uri: `pkcs11:token=one;object=key?module-path=${MODULE}`, pin: PIN };
  const end = async (): Promise<string> => {
    const task = { name: '', do: 'sign', options, model, signature };
    const [outcome] = await play<Outcome[]>('tasks', [task], softhsm.environment);
    return outcome?.end ?? '';
  };
  return { softhsm, pki, end, signature };
}
