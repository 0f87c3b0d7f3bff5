// SPDX-License-Identifier: Apache-2.0
// Keys on a real module, made by other programs: every kind of key, every way to name it, every source of the PIN, with
// its certificate and without. What is signed is verified by our verifiers, and the signature itself by OpenSSL.

import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import test, { type ExecutionContext } from 'ava';
import {
  type Pkcs11Listing,
  certificateVerifier,
  keyVerifier,
  pkcs11Signer,
  pkcs11Verifier,
  verify,
} from 'model-signing';

import { readSequence } from '../../dist/methods/der.js';
import { buildModel, pattern, scratch } from '../models.js';
import { CA, NO_OPENSSL, type Party, Pki, type Wish, derOf, openssl } from './pki.js';
import { type Outcome, type Task, play } from './pkcs11-scenarios.js';
import { MODULE, NO_SOFTHSM, PIN, Softhsm } from './softhsm.js';

const REASON = NO_SOFTHSM ?? NO_OPENSSL;
// One process after the other: a login writes to the token's files, and SoftHSM does not expect readers meanwhile.
const run = REASON === undefined ? test.serial : test.serial.skip;
if (REASON !== undefined) console.error(REASON);

const TOKEN = 'release keys; #1 %';
const KINDS = ['p256', 'p384', 'p521', 'rsa2048', 'rsa3072', 'ed25519', 'pss'] as const;
type Kind = (typeof KINDS)[number];

/** Everything that the tests of this file share: a token with a key and a certificate of each kind. */
class Keys {
  readonly softhsm: Softhsm = new Softhsm(TOKEN, 'another token');
  readonly pki = new Pki();
  readonly root: Party = this.pki.issue('root', { extensions: CA });
  readonly parties: ReadonlyMap<Kind, Party>;
  slotId = '';
  serial = '';

  constructor() {
    this.parties = new Map(KINDS.map((kind, index) => [kind, this.#add(kind, `0${index + 1}`)]));
  }

  /** Asks for what names the token besides its label. */
  async ask(): Promise<this> {
    const { tokens } = await play<Pkcs11Listing>('list', { modulePaths: [MODULE] }, this.softhsm.environment);
    const token = tokens.find(({ label }) => label === TOKEN);
    [this.slotId, this.serial] = [token?.slotId ?? '', token?.serial ?? ''];
    return this;
  }

  remove(): void {
    this.softhsm.remove();
    this.pki.remove();
  }

  #add(kind: Kind, id: string): Party {
    const wish: Wish = { key: kind, issuer: this.root };
    const party = this.pki.issue(kind, wish);
    const place = { token: TOKEN, label: `key of ${kind}`, id };
    this.softhsm.importKey(kind === 'pss' ? this.#plain(party) : party.key, place);
    this.softhsm.importCertificate(derOf(party.certificate), { ...place, label: `certificate of ${kind}` });
    return party;
  }

  /** The numbers of an RSA-PSS key as a plain RSA key, which is how tokens hold both. */
  #plain({ key }: Party): string {
    const pkcs8 = createPrivateKey(readFileSync(key)).export({ type: 'pkcs8', format: 'der' });
    const pkcs1 = Buffer.from(readSequence(pkcs8)?.[2]?.content ?? []);
    const path = join(this.pki.folder, 'plain.key');
    const plain = createPrivateKey({ key: pkcs1, format: 'der', type: 'pkcs1' });
    writeFileSync(path, plain.export({ type: 'pkcs8', format: 'pem' }));
    return path;
  }
}

const shared: Keys | undefined = REASON === undefined ? new Keys() : undefined;
test.before(async () => shared?.ask());
test.after.always(() => shared?.remove());

function keys(): Keys {
  if (shared !== undefined) return shared;
  throw new Error(REASON);
}

/** Ways to name a key: each leaves one. */
const SELECTIONS: Readonly<Record<string, (kind: Kind) => string>> = {
  label: (kind) => `token=release%20keys%3B%20%231%20%25;object=key%20of%20${kind}`,
  id: (kind) => `token=release%20keys%3B%20%231%20%25;id=%0${KINDS.indexOf(kind) + 1}`,
  serial: (kind) => `serial=${keys().serial};type=private;id=%0${KINDS.indexOf(kind) + 1}`,
  'slot-id': (kind) => `slot-id=${keys().slotId};object=key%20of%20${kind}`,
  'every attribute': (kind) =>
    `manufacturer=SoftHSM%20project;model=SoftHSM%20v2;library-manufacturer=SoftHSM;library-version=2.6;` +
    `library-description=Implementation%20of%20PKCS11;slot-manufacturer=SoftHSM%20project;` +
    `slot-description=SoftHSM%20slot%20ID%200x${BigInt(keys().slotId).toString(16)};` +
    `serial=${keys().serial};object=key%20of%20${kind};id=%0${KINDS.indexOf(kind) + 1};x-vendor=anything`,
};

/** Sources of the PIN: what the URI says of it, and what the options say. */
const PINS: Readonly<
  Record<string, (folder: string) => { query?: string; pin?: string; pinKind?: 'bytes' | 'function' }>
> = {
  'pin-value': () => ({ query: `&pin-value=${PIN}`, pin: 'not asked for' }),
  'pin-source file:': (folder) => ({ query: `&pin-source=${pathToFileURL(pinFile(folder, `${PIN}\n`)).href}` }),
  'pin-source path': (folder) => ({ query: `&pin-source=${pinFile(folder, `${PIN}\r\n`)}` }),
  text: () => ({ pin: PIN }),
  bytes: () => ({ pin: PIN, pinKind: 'bytes' }),
  function: () => ({ pin: PIN, pinKind: 'function' }),
};

for (const kind of KINDS) {
  run(`${kind}: every selection, every source of the PIN, key and certificate`, async (t) => {
    t.timeout(300_000);
    const { softhsm, parties, root } = keys();
    const folder = scratch(t);
    const model = buildModel(t, { 'a.bin': pattern(1000, 1), 'b/c': 'c' });
    const tasks = matrix(kind, model, folder);
    t.is(tasks.length, 60);
    const outcomes = await play<Outcome[]>('tasks', tasks, softhsm.environment);
    t.deepEqual(
      outcomes,
      tasks.map(({ name }) => ({ name, end: 'done', text: '' })),
    );
    const party = parties.get(kind) ?? root;
    for (const { signature, options } of tasks) {
      const verifier =
        options.certificate === undefined
          ? keyVerifier({ publicKey: publicKeyFile(t, party, kind) })
          : certificateVerifier({ certificateChain: [root.certificate] });
      const { signer } = await verify(model, signature, { verifier });
      t.is(signer.method, options.certificate === undefined ? 'key' : 'certificate');
    }
    t.is(opensslOn(t, tasks[0]?.signature ?? '', publicKeyFile(t, party, kind), kind), 'ok');
  });
}

run('what a key signed, its token verifies', async (t) => {
  t.timeout(300_000);
  const { softhsm } = keys();
  const model = buildModel(t, { a: 'a' });
  const folder = scratch(t);
  const tasks = KINDS.filter((kind) => kind !== 'pss').flatMap((kind): Task[] => {
    const signature = join(folder, `${kind}.sig`);
    const uri = (type: string): string =>
      `pkcs11:token=release%20keys%3B%20%231%20%25;id=%0${KINDS.indexOf(kind) + 1}${type}?module-path=${MODULE}`;
    const checks = ['', ';type=public', ';type=private', ';type=cert'].map((type): Task => {
      return { name: `verify ${kind}${type}`, do: 'verify', options: { uri: uri(type) }, model, signature };
    });
    const signing: Task = { name: `sign ${kind}`, do: 'sign', options: { uri: uri(''), pin: PIN }, model, signature };
    return [signing].concat(checks);
  });
  const outcomes = await play<Outcome[]>('tasks', tasks, softhsm.environment);
  t.deepEqual(
    outcomes.filter(({ end }) => end !== 'done'),
    [],
  );
  const [first] = tasks;
  const wrong = tasks
    .map((task) => Object.assign({}, task, { signature: first?.signature ?? '' }))
    .filter((task) => task.do === 'verify' && !task.name.includes('p256'));
  const refused = await play<Outcome[]>('tasks', wrong, softhsm.environment);
  t.deepEqual(new Set(refused.map(({ end }) => end)), new Set(['HINT_MISMATCH']));
});

run('a key that may sign by PSS alone does so, and its token verifies it', async (t) => {
  const { softhsm } = keys();
  const place = { token: 'another token', label: 'pss only', id: '01' };
  softhsm.generate('RSA:2048', place, '--allowed-mechanisms', 'RSA-PKCS-PSS');
  const model = buildModel(t, { a: 'a' });
  const signature = join(scratch(t), 'model.sig');
  const options = { uri: `pkcs11:token=another%20token;object=pss%20only?module-path=${MODULE}` };
  const signing: Task = { name: 'sign', do: 'sign', options: { ...options, pin: PIN }, model, signature };
  const outcomes = await play<Outcome[]>(
    'tasks',
    [signing, { ...signing, do: 'verify' }, { ...signing, do: 'verify', options }],
    softhsm.environment,
  );
  t.deepEqual(
    outcomes.map(({ end }) => end),
    ['done', 'done', 'done'],
  );
  const { tokens } = await play<Pkcs11Listing>('list', { ...options, pin: PIN }, softhsm.environment);
  const { algorithm, publicKey = '' } = tokens[0]?.keys[0] ?? {};
  t.is(algorithm, 'rsa-pss-sha256');
  await t.notThrowsAsync(verify(model, signature, { verifier: keyVerifier({ publicKey: Buffer.from(publicKey) }) }));
});

run('twenty signers, and one signer twenty times, at once', async (t) => {
  t.timeout(300_000);
  const { softhsm } = keys();
  const model = buildModel(t, { a: 'a' });
  const uri = `pkcs11:serial=${keys().serial};id=%01?module-path=${MODULE}`;
  t.is(await play<number>('twenty', { options: { uri, pin: PIN }, model }, softhsm.environment), 40);
});

test('the method says its name, and which files a signature must not replace', (t) => {
  const uri = `pkcs11:object=a?module-path=/lib/module.so&pin-source=file:/etc/pin`;
  const alone = pkcs11Signer({ uri, modulePaths: ['/lib/other.so'] });
  t.deepEqual([alone.method, alone.inputs], ['pkcs11-key', ['/lib/module.so', '/etc/pin', '/lib/other.so']]);
  const certified = pkcs11Signer({ uri: 'pkcs11:', certificate: 'leaf.pem', chain: ['chain.pem', Buffer.from('')] });
  t.deepEqual([certified.method, certified.inputs], ['pkcs11-certificate', ['leaf.pem', 'chain.pem']]);
  t.is(pkcs11Verifier({ uri: 'pkcs11:' }).method, 'pkcs11-key');
});

test('options are checked at once', (t) => {
  const wrong: readonly object[] = [
    {},
    { uri: 7 },
    { uri: 'pkcs11:', pin: 7 },
    { uri: 'pkcs11:', modulePaths: 'x' },
    { uri: 'pkcs11:', modulePaths: [''] },
    { uri: 'pkcs11:', certificate: false },
    { uri: 'pkcs11:', certificate: '' },
    { uri: 'pkcs11:', chain: ['a'] },
    { uri: 'pkcs11:', logFingerprints: true },
    { uri: 'pkcs11:', timeout: 0 },
    { uri: 'pkcs11:', timestampUrl: 'http://name:secret@localhost' },
    { uri: 'pkcs11:', certificate: true, chain: [] },
    { uri: 'pkcs11:', certificate: true, timestampUrl: 'nonsense' },
    { uri: 'pkcs11:', onPinPad: 7 },
    { uri: 'pkcs11:', modulePath: 'x' },
  ];
  for (const options of wrong) {
    t.throws(() => pkcs11Signer(options as never), { code: 'OPTION_INVALID' }, JSON.stringify(options));
  }
  for (const uri of ['', 'pkcs12:', 'pkcs11:tokn=a', 'pkcs11:object']) {
    t.throws(() => pkcs11Signer({ uri }), { code: 'PKCS11_URI_INVALID' });
    t.throws(() => pkcs11Verifier({ uri }), { code: 'PKCS11_URI_INVALID' });
  }
  for (const more of [{ certificate: true }, { timestampAuthorities: [] }, { timestampAuthorities: 'a' }]) {
    t.throws(() => pkcs11Verifier({ uri: 'pkcs11:', ...more } as never), { code: 'OPTION_INVALID' });
  }
});

function matrix(kind: Kind, model: string, folder: string): Task[] {
  const tasks: Task[] = [];
  for (const [selection, uriOf] of Object.entries(SELECTIONS)) {
    for (const [source, pinOf] of Object.entries(PINS)) {
      for (const certificate of [undefined, true] as const) {
        // A plain RSA key on a token becomes one for PSS by what its certificate says.
        const isCertified = certificate ?? (kind === 'pss' ? keys().parties.get('pss')?.certificate : undefined);
        const { query = '', ...pin } = pinOf(folder);
        const uri = `pkcs11:${uriOf(kind)}?module-path=${MODULE}${query}`;
        const options = { uri, ...pin, ...(isCertified === undefined ? {} : { certificate: isCertified }) };
        const name = `${kind} by ${selection}, PIN by ${source}, ${certificate === true ? 'certificate' : 'key'}`;
        tasks.push({ name, do: 'sign', options, model, signature: join(folder, `${tasks.length}.sig`) });
      }
    }
  }
  return tasks;
}

function pinFile(folder: string, text: string): string {
  const path = join(folder, `pin${text.length}`);
  writeFileSync(path, text);
  return path;
}

function publicKeyFile(t: ExecutionContext, { key }: Party, kind: Kind): string {
  const path = join(scratch(t), `${kind}.pub`);
  writeFileSync(path, createPublicKey(readFileSync(key)).export({ type: 'spki', format: 'pem' }));
  return path;
}

/** OpenSSL on the bytes that the envelope says were signed. */
function opensslOn(t: ExecutionContext, bundle: string, publicKey: string, kind: Kind): string {
  const { dsseEnvelope: envelope } = JSON.parse(readFileSync(bundle, 'utf8')) as {
    dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string }[] };
  };
  const payload = Buffer.from(envelope.payload, 'base64');
  const head = `DSSEv1 ${envelope.payloadType.length} ${envelope.payloadType} ${payload.length} `;
  const [message, signature] = [join(scratch(t), 'message'), join(scratch(t), 'signature')];
  writeFileSync(message, Buffer.concat([Buffer.from(head), payload]));
  writeFileSync(signature, Buffer.from(envelope.signatures[0]?.sig ?? '', 'base64'));
  const hash = kind === 'p384' ? '-sha384' : kind === 'p521' ? '-sha512' : '-sha256';
  const pss = kind === 'pss' ? ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:32'] : [];
  const args =
    kind === 'ed25519'
      ? ['pkeyutl', '-verify', '-pubin', '-inkey', publicKey, '-rawin', '-in', message, '-sigfile', signature]
      : ['dgst', hash, '-verify', publicKey, ...pss, '-signature', signature, message];
  return /Verified OK|Verified Successfully/.test(openssl(...args)) ? 'ok' : 'refused';
}
