// SPDX-License-Identifier: Apache-2.0
// Logins and sessions on a real module: one attempt for a PIN, other users of the token respected, sessions that are
// lost, keys that want the PIN every time; and behind a module of ours what SoftHSM does not have: a pin pad, a counter.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { buildModel, pattern } from '../models.js';
import { type Outcome, play } from './pkcs11-scenarios.js';
import { MODULE, NO_SOFTHSM, PIN, Softhsm, buildPinPad } from './softhsm.js';

const run = NO_SOFTHSM === undefined ? test : test.skip;
if (NO_SOFTHSM !== undefined) console.error(NO_SOFTHSM);

const KEY = { token: 'one', label: 'key', id: '01' };

run('a wrong PIN is offered once, and the right one still is', async (t) => {
  const { options, environment } = setting(t);
  const ends = await play<string[]>('wrongPin', { options, pin: PIN }, environment);
  t.regex(
    ends[0] ?? '',
    /^PKCS11_PIN_WRONG the PIN of the token '.*' was refused \(CKR_PIN_INCORRECT\) \(the token counts wrong PINs/,
  );
  for (const end of ends.slice(1, 3)) t.regex(end, /^PKCS11_PIN_WRONG .* was refused before, and is not tried again/);
  t.regex(ends[3] ?? '', /^done/);
  t.notRegex(ends.join(), new RegExp(`wrong-pin|${PIN}`), 'neither messages nor what a debugger shows');
});

run('a wrong PIN reaches the token once, whoever offers it', async (t) => {
  const { options, environment, log } = withPinPad(t);
  await play('wrongPin', { options, pin: PIN }, environment);
  t.is(readFileSync(log, 'utf8'), `1 ${'wrong-pin'.length}\n1 ${PIN.length}\n`);
});

run('what the token says of its counter is told', async (t) => {
  for (const [flags, hint] of [
    ['10000', /a few more lock it/],
    ['20000', /the next wrong PIN locks the token/],
  ] as const) {
    const { options, environment } = withPinPad(t, { PINPAD_FLAGS: flags });
    const [first = ''] = await play<string[]>('wrongPin', { options, pin: PIN }, environment);
    t.regex(first, hint);
  }
  const { options, environment, log } = withPinPad(t, { PINPAD_FLAGS: '40000' });
  const ends = await play<string[]>('wrongPin', { options, pin: PIN }, environment);
  for (const end of ends.slice(0, 4)) t.regex(end, /^PKCS11_PIN_LOCKED /);
  t.throws(() => readFileSync(log), { code: 'ENOENT' }, 'a locked token is asked nothing');
});

run('a token with a pin pad is not given a PIN that somebody would have to type twice', async (t) => {
  const { options, environment, log, model } = withPinPad(t, { PINPAD_PIN: PIN });
  const task = { name: 'pad', do: 'sign', model, signature: `${model}.sig` };
  const [asked] = await play<Outcome[]>(
    'tasks',
    [{ ...task, options: { ...options, pin: 'x', pinKind: 'function' } }],
    environment,
  );
  t.is(asked?.end, 'done', asked?.text);
  t.is(readFileSync(log, 'utf8'), '1 0\n');
  const [given] = await play<Outcome[]>('tasks', [{ ...task, options: { ...options, pin: PIN } }], environment);
  t.is(given?.end, 'done', given?.text);
  t.is(readFileSync(log, 'utf8'), `1 0\n1 ${PIN.length}\n`);
});

run('who initialised the module and logged in stays logged in, and no PIN is asked for', async (t) => {
  const { options, environment, model } = setting(t);
  const [state] = await play<unknown[]>('neighbour', { options, model, module: MODULE, pin: PIN }, environment);
  t.is(state, 1);
});

run('a lost session is said, and the next signature opens another', async (t) => {
  const { options, environment, model } = setting(t);
  const [first = '', second] = await play<string[]>(
    'lostSession',
    { options: { ...options, pin: PIN }, model, module: MODULE },
    environment,
  );
  t.regex(first, /^PKCS11_SESSION_CLOSED signing on the token '.*' failed: CKR_SESSION_(?:HANDLE_INVALID|CLOSED) \(/);
  t.is(second, 'done ');
});

run('a key that wants the PIN before each signature gets it, and it is asked for once', async (t) => {
  const { options, environment, log, model, softhsm } = withPinPad(t);
  softhsm.generate('EC:prime256v1', { token: 'one', label: 'strict', id: '02' }, '--always-auth');
  const uri = options.uri.replace('object=key', 'object=strict');
  t.is(await play<number>('twenty', { options: { uri, pin: PIN }, model }, environment), 40);
  const users = readFileSync(log, 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[0]);
  t.is(users.filter((user) => user === '2').length, 40);
});

run('a library that cannot lock is called by one thread only', async (t) => {
  const { options, environment, model } = withPinPad(t, { PINPAD_UNLOCKED: '1' });
  t.is(await play<number>('twenty', { options: { ...options, pin: PIN }, model }, environment), 40);
});

run('threads that end leave the module to the others', async (t) => {
  const { options, environment, model } = setting(t);
  t.deepEqual(await play('threads', { options: { ...options, pin: PIN }, model }, environment), [0, 0, 0, 0, 0]);
});

run('whoever gives up does not wait, and the key signs on', async (t) => {
  const { options, environment, model } = setting(t);
  const ends = await play<string[]>('aborted', { options: { ...options, pin: PIN }, model }, environment);
  t.deepEqual(ends, ['Error: enough', 'Error: enough', 'Error: enough', 'done']);
});

run('signers that nobody holds give their sessions back', async (t) => {
  const { options, environment } = setting(t);
  t.deepEqual(await play('abandoned', { options: { ...options, pin: PIN }, module: MODULE }, environment), [1, 0]);
});

run('a token whose files go after the login: an error with its own name, and nothing written', async (t) => {
  const { options, environment, model, softhsm } = setting(t);
  const place = softhsm.tokens;
  const { end, text } = await play<Outcome>(
    'removed',
    { options: { ...options, pin: PIN }, model, place },
    environment,
  );
  t.is(end, 'PKCS11_TOKEN_REMOVED', text);
  t.regex(text, /CKR_/);
  t.false(existsSync(`${model}.sig`));
});

run('a failure of the token while signing: its own name, a hint, and nothing written', async (t) => {
  const { options, environment, model, softhsm } = withPinPad(t);
  const place = join(softhsm.folder, 'fail');
  const ends = await play<string[]>(
    'failing',
    { options: { ...options, pin: PIN }, model, place },
    { ...environment, PINPAD_FAIL: place },
  );
  const names = ends.map(
    (end) => /^(\w+) .*failed: (CKR_\w+(?: \(0x\w+\))?) \(.+\) false$/.exec(end)?.slice(1).join(' ') ?? end,
  );
  t.deepEqual(names, [
    'PKCS11_TOKEN_FAILED CKR_FUNCTION_CANCELED',
    'PKCS11_TOKEN_REMOVED CKR_DEVICE_REMOVED',
    'PKCS11_SESSION_CLOSED CKR_SESSION_HANDLE_INVALID',
    'PKCS11_TOKEN_REMOVED CKR_TOKEN_NOT_PRESENT',
    'PKCS11_TOKEN_FAILED CKR_DEVICE_ERROR',
    'PKCS11_KEY_UNUSABLE CKR_DATA_LEN_RANGE',
    'PKCS11_KEY_UNUSABLE CKR_MECHANISM_INVALID',
    'PKCS11_TOKEN_FAILED CKR_VENDOR_DEFINED (0x80000001)',
    'done  true',
  ]);
});

/** A token with one key, and a model. */
function setting(t: ExecutionContext) {
  t.timeout(300_000);
  const softhsm = new Softhsm('one');
  t.teardown(() => softhsm.remove());
  softhsm.generate('EC:prime256v1', KEY);
  const model = buildModel(t, { 'a.bin': pattern(1000, 1) });
  const options = { uri: `pkcs11:token=one;object=key?module-path=${MODULE}` };
  return { softhsm, options, model, environment: softhsm.environment as Record<string, string> };
}

/** The same behind the module that has a pin pad. */
function withPinPad(t: ExecutionContext, more: Readonly<Record<string, string>> = {}) {
  const plain = setting(t);
  const { folder } = plain.softhsm;
  const log = join(folder, 'logins');
  const module = buildPinPad(folder);
  const environment = { ...plain.environment, PINPAD_MODULE: MODULE, PINPAD_LOG: log, ...more };
  return { ...plain, log, environment, options: { uri: `pkcs11:token=one;object=key?module-path=${module}` } };
}
