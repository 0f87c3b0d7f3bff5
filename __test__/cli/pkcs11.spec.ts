// SPDX-License-Identifier: Apache-2.0
// The command and tokens: what is listed can be pasted, modules are found, and everything that can be wrong has a code
// of its own and leaves nothing behind.

import { createPublicKey } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { CA, NO_OPENSSL, Pki, derOf } from '../methods/pki.js';
import { MODULE, NO_SOFTHSM, type Softhsm } from '../methods/softhsm.js';
import { scratch } from '../models.js';
import { type Ended, failed } from './command.js';
import { KEY, NAMED, URI, good, pinFile, setting } from './tokens.js';

const REASON = NO_SOFTHSM ?? NO_OPENSSL;
const run = REASON === undefined ? test : test.skip;
if (REASON !== undefined) console.error(REASON);

run('what is listed can be pasted: keys that sign, keys and certificates that verify', async (t) => {
  const { sign, verify, list, softhsm } = setting(t);
  const { pki, root } = certify(t, softhsm);
  const { exit, stdout, stderr } = await list('--module-path', MODULE);
  t.deepEqual([exit, stderr], [0, '']);
  const uris = stdout.split('\n').flatMap((line) => /(pkcs11:\S+)$/.exec(line)?.[1] ?? []);
  t.is(uris.length, 3, stdout);
  const [token = '', key = '', certificate = ''] = uris;
  t.regex(stdout, /^token pkcs11:\S+\n {2}key ecdsa-p256-sha256 pkcs11:\S+\n {2}certificate CN=leaf pkcs11:\S+\n$/);
  good(t, await sign('pkcs11-key', '--pkcs11-uri', key));
  for (const uri of [key, certificate, token]) good(t, await verify('pkcs11-key', '--pkcs11-uri', uri));
  good(t, await sign('pkcs11-certificate', '--pkcs11-uri', key, '--json'));
  good(t, await verify('certificate', '--certificate-chain', root.certificate));
  t.true(existsSync(pki.folder));
});

run('--json: member by member, after a login and before', async (t) => {
  const { list, softhsm, folder } = setting(t);
  softhsm.generate('EC:prime256v1', { token: 'one', label: 'hidden', id: '02' });
  softhsm.removeObject('pubkey', { token: 'one', label: 'hidden', id: '02' });
  const [open, loggedIn] = [
    await list('--json', '--module-path', MODULE),
    await list('--json', '--module-path', MODULE, '--pin-file', pinFile(folder)),
  ];
  const listing = JSON.parse(open.stdout) as {
    tokens: { keys: { publicKey?: string }[]; slotId: string; serial: string }[];
  };
  const { slotId = '', serial = '' } = { ...listing.tokens[0] };
  t.regex(slotId, /^\d+$/);
  const uri = `pkcs11:token=one;serial=${serial}`;
  const plain = { uri: `${uri};object=a%20key;id=%01?module-path=${realModule(open)}`, label: 'a key', id: '01' };
  const token = { label: 'one', manufacturer: 'SoftHSM project', model: 'SoftHSM v2', serial, slotId, pinPad: false };
  const publicKey = listing.tokens[0]?.keys[0]?.publicKey ?? '';
  t.is(createPublicKey(publicKey).asymmetricKeyDetails?.namedCurve, 'prime256v1');
  const visible = { ...plain, algorithm: 'ecdsa-p256-sha256', publicKey, isPrivateVisible: false };
  t.deepEqual(listing, {
    schemaVersion: 1,
    ok: true,
    tokens: [
      {
        uri: `${uri}?module-path=${realModule(open)}`,
        ...token,
        module: realModule(open),
        keys: [visible],
        certificates: [],
      },
    ],
    problems: [],
  } as unknown);
  const { tokens } = JSON.parse(loggedIn.stdout) as typeof listing;
  const hidden = {
    uri: visible.uri.replace('a%20key;id=%01', 'hidden;id=%02'),
    label: 'hidden',
    id: '02',
    algorithm: "the public half of the key 'pkcs11:object=hidden;id=%02' is not on the token",
    isPrivateVisible: true,
  };
  t.deepEqual(tokens[0]?.keys, [{ ...visible, isPrivateVisible: true }, hidden]);
});

run('a list of several tokens: without a PIN all, with one only a token that is named', async (t) => {
  const { list, softhsm, folder } = setting(t);
  softhsm.addToken('two');
  const pin = ['--pin-file', pinFile(folder)];
  const all = await list('--module-path', MODULE);
  t.deepEqual(all.stdout.match(/^token \S+token=(\w+)/gm)?.length, 2);
  failed(t, await list('--module-path', MODULE, ...pin), 'PKCS11_TOKEN_AMBIGUOUS', 2);
  const one = await list('--module-path', MODULE, ...pin, '--pkcs11-uri', 'pkcs11:token=one;id=%01');
  t.regex(one.stdout, /^token \S+;\S+\n {2}key ecdsa-p256-sha256 \S+id=%01\S+\n$/);
  const none = await list('--module-path', MODULE, '--pkcs11-uri', 'pkcs11:token=three');
  t.deepEqual(none, { exit: 0, stdout: '', stderr: 'note: no token was found\n' });
});

run('a module that the system registered and that is broken is said, and the others work', async (t) => {
  const { list, sign, folder } = setting(t);
  const configuration = join(folder, 'pkcs11', 'modules');
  mkdirSync(configuration, { recursive: true });
  writeFileSync(join(configuration, 'broken.module'), 'module: /nowhere/broken.so\npriority: 9\n');
  writeFileSync(join(configuration, 'good.module'), `module: ${MODULE}\n`);
  const { exit, stdout, stderr } = await list();
  t.is(exit, 0);
  t.regex(stdout, /^token \S+token=one;/m);
  t.regex(stderr, /^note: the module '\/nowhere\/broken.so' does not exist$/m);
  good(t, await sign('pkcs11-key', '--pkcs11-uri', URI));
  const message = failed(
    t,
    await sign('pkcs11-key', '--pkcs11-uri', 'pkcs11:token=three'),
    'PKCS11_TOKEN_NOT_FOUND',
    3,
  );
  t.regex(message, /a module could not be asked: the module '\/nowhere\/broken.so' does not exist/);
});

run('a list obeys what every command does: files for flags and for the answer, and how it talks', async (t) => {
  const { list, folder } = setting(t);
  const [config, output, module] = [join(folder, 'flags.json'), join(folder, 'tokens.json'), join(folder, 'module.so')];
  writeFileSync(config, JSON.stringify({ 'module-path': [MODULE], json: true }));
  const { exit, stdout, stderr } = await list('--config', config, '--output-file', output, '--total-timeout', '5m');
  t.deepEqual([exit, stdout, stderr], [0, '', '']);
  t.is((JSON.parse(readFileSync(output, 'utf8')) as { tokens: unknown[] }).tokens.length, 1);
  writeFileSync(module, 'nothing is written over what is read');
  failed(t, await list('--module-path', module, '--output-file', module), 'OUTPUT_IS_INPUT', 2);
  const none = ['--module-path', MODULE, '--pkcs11-uri', 'pkcs11:token=three'];
  t.deepEqual(await list('--quiet', ...none), { exit: 0, stdout: '', stderr: '' });
  const logged = await list('--log-format', 'json', ...none);
  t.like(JSON.parse(logged.stderr), { level: 'info', message: 'no token was found' });
});

run('modules: by path, by folder, by name, and those that p11-kit knows', async (t) => {
  const { sign, folder } = setting(t);
  const modules = join(folder, 'modules');
  mkdirSync(modules);
  writeFileSync(join(modules, 'libmine.so'), readFileSync(MODULE), { mode: 0o755 });
  const configuration = join(folder, 'config', 'pkcs11', 'modules');
  mkdirSync(configuration, { recursive: true });
  writeFileSync(join(configuration, 'mine.module'), `# ours\nmodule: ${join(modules, 'libmine.so')}\n`);
  writeFileSync(join(configuration, 'off.module'), 'module: /nowhere/off.so\ndisable-in: model-signing\n');
  const env = { XDG_CONFIG_HOME: join(folder, 'config') };
  good(t, await sign('pkcs11-key', '--pkcs11-uri', URI, '--module-path', join(modules, 'libmine.so')));
  good(t, await sign('pkcs11-key', '--pkcs11-uri', URI, '--module-path', modules));
  good(t, await sign('pkcs11-key', '--pkcs11-uri', `${URI}?module-path=${modules}`));
  good(t, await sign('pkcs11-key', '--pkcs11-uri', `${URI}?module-path=${modules}&module-name=MINE`));
  good(t, await sign('pkcs11-key', '--pkcs11-uri', `${URI}?module-name=mine`, '--module-path', modules));
  good(t, await sign('pkcs11-key', '--pkcs11-uri', `${URI}?module-name=softhsm2`));
  good(t, await sign('pkcs11-key', '--pkcs11-uri', `${URI}?module-name=mine`, env));
  for (const [query, code] of [
    ['module-name=off', 'PKCS11_MODULE_NOT_FOUND'],
    ['module-name=mine', 'PKCS11_MODULE_NOT_FOUND'],
    [`module-path=${modules}&module-name=yours`, 'PKCS11_MODULE_NOT_FOUND'],
  ] as const) {
    failed(t, await sign('pkcs11-key', '--pkcs11-uri', `${URI}?${query}`), code, 3);
  }
  writeFileSync(join(modules, 'libother.so'), '');
  failed(t, await sign('pkcs11-key', '--pkcs11-uri', URI, '--module-path', modules), 'PKCS11_MODULE_NOT_FOUND', 3);
});

run('--private-key pkcs11:… means the same', async (t) => {
  const { sign, verify, softhsm } = setting(t);
  const { root, leaf } = certify(t, softhsm);
  good(t, await sign('key', '--private-key', NAMED));
  good(t, await verify('pkcs11-key', '--pkcs11-uri', NAMED));
  good(t, await sign('key', '--private-key', URI, '--module-path', MODULE));
  failed(t, await sign('key', '--private-key', NAMED, '--password-env', 'X', { X: 'x' }), 'USAGE', 2);
  for (const certificate of [[], ['--signing-certificate', leaf.certificate]]) {
    good(t, await sign('certificate', '--private-key', NAMED, ...certificate));
    good(t, await verify('certificate', '--certificate-chain', root.certificate));
  }
});

run('certificates that do not fit', async (t) => {
  const { sign, softhsm, signature } = setting(t);
  const { pki, root, leaf } = certify(t, softhsm, { isOnToken: false });
  const certificate = (...more: string[]): Promise<Ended> => sign('pkcs11-certificate', '--pkcs11-uri', NAMED, ...more);
  failed(t, await certificate(), 'PKCS11_OBJECT_NOT_FOUND', 3);
  failed(t, await certificate('--signing-certificate', 'missing.pem', '--pin-env', 'X'), 'PKCS11_PIN_UNREADABLE', 3);
  failed(t, await certificate('--signing-certificate', 'missing.pem'), 'CERTIFICATE_UNREADABLE', 3);
  failed(t, await certificate('--signing-certificate', root.certificate), 'CERTIFICATE_UNFIT', 3);
  const stranger = pki.issue('stranger', { issuer: root });
  failed(t, await certificate('--signing-certificate', stranger.certificate), 'CERTIFICATE_KEY_MISMATCH', 3);
  softhsm.importCertificate(derOf(leaf.certificate), { ...KEY, label: 'first' });
  const second = pki.issue('second', { issuer: root, key: leaf });
  softhsm.importCertificate(derOf(second.certificate), { ...KEY, label: 'second' });
  const message = failed(t, await certificate(), 'PKCS11_OBJECT_AMBIGUOUS', 2);
  t.regex(message, /holds 2 certificates .* and 2 of them are valid now/);
  t.false(existsSync(signature));
});

run('a token or key that is not there, or not the only one: what there is is told, and nothing written', async (t) => {
  const { sign, softhsm, signature } = setting(t);
  softhsm.generate('EC:prime256v1', { ...KEY, id: '02' });
  softhsm.addToken('two');
  const signWith = (uri: string): Promise<Ended> =>
    sign('pkcs11-key', '--pkcs11-uri', `pkcs11:${uri}?module-path=${MODULE}`);
  const cases: readonly (readonly [uri: string, code: string, exit: number, words: RegExp])[] = [
    ['token=three', 'PKCS11_TOKEN_NOT_FOUND', 3, /no token is there that fits 'pkcs11:token=three\?/],
    ['serial=1', 'PKCS11_TOKEN_NOT_FOUND', 3, /serial=1/],
    ['slot-id=1', 'PKCS11_TOKEN_NOT_FOUND', 3, /slot-id=1/],
    ['model=x', 'PKCS11_TOKEN_NOT_FOUND', 3, /model=x/],
    ['manufacturer=x', 'PKCS11_TOKEN_NOT_FOUND', 3, /manufacturer=x/],
    ['library-version=3', 'PKCS11_TOKEN_NOT_FOUND', 3, /library-version=3/],
    ['', 'PKCS11_TOKEN_AMBIGUOUS', 2, /2 tokens fit .*token=one.*token=two/],
    ['object=nothing', 'PKCS11_TOKEN_AMBIGUOUS', 2, /2 tokens fit/],
    [
      'token=one;object=nothing',
      'PKCS11_OBJECT_NOT_FOUND',
      3,
      /no private key on .*object=nothing'; there are: .*id=%01.*id=%02/,
    ],
    ['token=two;object=a%20key', 'PKCS11_OBJECT_NOT_FOUND', 3, /it shows no private key/],
    ['token=one;object=a%20key', 'PKCS11_OBJECT_AMBIGUOUS', 2, /2 private keys on .*: .*id=%01.*id=%02/],
    ['object=a%20key', 'PKCS11_OBJECT_AMBIGUOUS', 2, /2 private keys on .*token=one/],
    ['token=one', 'PKCS11_OBJECT_AMBIGUOUS', 2, /2 private keys/],
    ['token=one;type=public', 'PKCS11_URI_INVALID', 2, /names no private key/],
    ['token=one;typ=public', 'PKCS11_URI_INVALID', 2, /unknown name/],
  ];
  for (const [uri, code, exit, words] of cases) t.regex(failed(t, await signWith(uri), code, exit), words, uri);
  t.false(existsSync(signature));
  good(t, await signWith('id=%02'));
});

run('a module that is missing, no module, or not set up: codes of their own, and nothing written', async (t) => {
  const { sign, signature, folder } = setting(t);
  const library = ['/lib/x86_64-linux-gnu/libm.so.6', '/usr/lib64/libm.so.6', '/lib/libc.musl-x86_64.so.1'].find(
    (path) => existsSync(path),
  );
  const text = join(folder, 'text.so');
  writeFileSync(text, 'no library');
  const cases: readonly (readonly [path: string, code: string, words: RegExp])[] = [
    ['/nowhere/module.so', 'PKCS11_MODULE_NOT_FOUND', /does not exist/],
    [join(folder, 'text.so', 'x'), 'PKCS11_MODULE_NOT_FOUND', /cannot be read \(ENOTDIR\)/],
    ['/dev/null', 'PKCS11_MODULE_NOT_FOUND', /is not a file/],
    [scratch(t), 'PKCS11_MODULE_NOT_FOUND', /the folder/],
    [text, 'PKCS11_MODULE_INVALID', /cannot be loaded/],
    [library ?? text, 'PKCS11_MODULE_INVALID', library === undefined ? /./ : /lacks C_GetFunctionList/],
  ];
  for (const [path, code, words] of cases) {
    for (const args of [['--module-path', path], []]) {
      const uri = args.length > 0 ? URI : `${URI}?module-path=${path}`;
      t.regex(failed(t, await sign('pkcs11-key', '--pkcs11-uri', uri, ...args), code, 3), words);
    }
  }
  const broken = await sign('pkcs11-key', '--pkcs11-uri', NAMED, { SOFTHSM2_CONF: join(folder, 'nothing.conf') });
  t.regex(failed(t, broken, 'PKCS11_MODULE_INVALID', 3), /initialising the module .* failed: CKR_/);
  t.false(existsSync(signature));
});

run('a folder of tokens that went away is said, and when it is back all is well', async (t) => {
  const { sign, softhsm, signature } = setting(t);
  const away = `${softhsm.tokens}-away`;
  renameSync(softhsm.tokens, away);
  failed(t, await sign('pkcs11-key', '--pkcs11-uri', NAMED), 'PKCS11_MODULE_INVALID', 3);
  mkdirSync(softhsm.tokens);
  failed(t, await sign('pkcs11-key', '--pkcs11-uri', NAMED), 'PKCS11_TOKEN_NOT_FOUND', 3);
  t.false(existsSync(signature));
  rmSync(softhsm.tokens, { recursive: true });
  renameSync(away, softhsm.tokens);
  good(t, await sign('pkcs11-key', '--pkcs11-uri', NAMED));
});

/** Gives the key of the token a certificate: the pair is made outside and put there in its place. */
function certify(t: ExecutionContext, softhsm: Softhsm, { isOnToken = true } = {}) {
  const pki = new Pki();
  t.teardown(() => pki.remove());
  const root = pki.issue('root', { extensions: CA });
  const leaf = pki.issue('leaf', { issuer: root });
  for (const type of ['privkey', 'pubkey']) softhsm.removeObject(type, KEY);
  softhsm.importKey(leaf.key, KEY);
  if (isOnToken) softhsm.importCertificate(derOf(leaf.certificate), KEY);
  return { pki, root, leaf };
}

function realModule({ stdout }: Ended): string {
  const { tokens } = JSON.parse(stdout) as { tokens: { module: string }[] };
  return tokens[0]?.module ?? '';
}
