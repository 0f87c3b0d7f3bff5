// SPDX-License-Identifier: Apache-2.0
// `model-signing sign` as a process: answers, where the signature goes, passwords from everywhere, and refusals.

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { keyFiles, pair } from '../keys.js';
import { buildModel, pattern, scratch } from '../models.js';
import { GIT_PATHS, manifestOf } from '../oracle.js';
import { type Ended, command, failed } from './command.js';
import { atATerminal, hasTerminals, hungUp } from './terminal.js';

const FILES = { 'a.bin': pattern(1000, 1), 'b/c': pattern(10, 2) };
const KEY = pair();
const SECRET = 'open \u00E9 sesame';

test('without a method the help goes to stderr', async (t) => {
  for (const name of ['sign', 'verify']) {
    const { exit, stdout, stderr } = await command([name]);
    t.deepEqual([exit, stdout], [2, '']);
    t.true(stderr.startsWith(`Usage: model-signing ${name} `), stderr);
    t.regex(stderr, /^ {2}key .*<model-path>/m);
    const help = await command([name, '--help']);
    t.deepEqual([help.exit, help.stdout, help.stderr], [0, stderr, '']);
    failed(t, await command([name, 'nonsense', 'model']), 'USAGE', 2);
    failed(t, await command([name, 'key']), 'USAGE', 2);
  }
});

test('the signature is model.sig in the working directory', async (t) => {
  const { model, key, cwd } = setting(t);
  const { rootDigest } = manifestOf('model', FILES);
  const stdout = `signed model ${rootDigest}\nsignature: model.sig\nresources: 2, files left out: 0\n`;
  t.deepEqual(await command(['sign', 'key', '--private-key', key.private, model], { cwd }), {
    exit: 0,
    stdout,
    stderr: '',
  });
  t.true(readFileSync(join(cwd, 'model.sig'), 'utf8').startsWith('{"mediaType"'));
});

test('--json: member by member', async (t) => {
  const { model, key, cwd } = setting(t);
  const args = ['sign', 'key', model, '--private_key', key.private, '--json', '--shard-size=600'];
  const { exit, stdout, stderr } = await command([...args, '--signature', join(model, 'x.sig')], { cwd });
  t.deepEqual([exit, stderr, stdout.indexOf('\n')], [0, '', stdout.length - 1]);
  const { statementDigest, ...answer } = JSON.parse(stdout) as { statementDigest: string };
  t.regex(statementDigest, /^sha256:[0-9a-f]{64}$/);
  const { resources, rootDigest } = manifestOf('model', FILES, { shardSize: 600 });
  t.deepEqual(answer as unknown, {
    schemaVersion: 1,
    ok: true,
    modelName: 'model',
    rootDigest,
    serialization: {
      method: 'shards',
      hashAlgorithm: 'sha256',
      shardSize: 600,
      allowSymlinks: false,
      ignorePaths: [...GIT_PATHS, 'x.sig'],
    },
    method: 'key',
    signature: join(model, 'x.sig'),
    ignored: [],
    remarks: [],
    resources,
  });
});

test('a signature inside the model is left out, and written again', async (t) => {
  const { model, key } = setting(t);
  const args = ['sign', 'key', '.', '--private-key', key.private];
  const first = await command(args, { cwd: model });
  t.is(first.exit, 0, first.stderr);
  const { stdout } = await command(args, { cwd: model });
  t.regex(stdout, /^signed model .*\nsignature: model\.sig\nresources: 2, files left out: 1\n$/);
  t.is((await command(['verify', 'key', '.', '--public_key', key.public], { cwd: model })).exit, 0);
});

test('a file that is no signature is replaced by --force only', async (t) => {
  const { model, key, cwd } = setting(t);
  writeFileSync(join(cwd, 'notes'), 'important');
  const args = ['sign', 'key', model, '--private-key', key.private, '--signature'];
  failed(t, await command([...args, 'notes'], { cwd }), 'OUTPUT_NOT_A_BUNDLE', 2);
  failed(t, await command([...args, 'no/x.sig'], { cwd }), 'OUTPUT_UNWRITABLE', 3);
  for (const flag of ['--force', '--no-force']) {
    const before = readFileSync(key.private, 'utf8');
    failed(t, await command([...args, key.private, flag], { cwd }), 'OUTPUT_IS_INPUT', 2);
    t.is(readFileSync(key.private, 'utf8'), before);
  }
  t.is(readFileSync(join(cwd, 'notes'), 'utf8'), 'important');
  t.is((await command([...args, 'notes', '--force'], { cwd })).exit, 0);
});

test('--compat python writes a model of one file as Python reads it', async (t) => {
  const { model, key, cwd } = setting(t);
  const args = ['sign', 'key', join(model, 'a.bin'), '--private-key', key.private, '--compat'];
  t.is((await command([...args, 'python'], { cwd })).exit, 0);
  const { dsseEnvelope } = JSON.parse(readFileSync(join(cwd, 'model.sig'), 'utf8')) as {
    dsseEnvelope: { payload: string };
  };
  t.true(Buffer.from(dsseEnvelope.payload, 'base64').toString().includes('"name":"."'));
  failed(t, await command([...args, 'perl'], { cwd }), 'USAGE', 2);
});

test('what is missing or cannot be used is said before anything is written', async (t) => {
  const { model, key, cwd } = setting(t);
  const withKey = (path: string): string[] => ['sign', 'key', model, '--private-key', path];
  failed(t, await command(['sign', 'key', model], { cwd }), 'USAGE', 2);
  failed(t, await command(withKey('no such key'), { cwd }), 'KEY_NOT_FOUND', 3);
  failed(t, await command(withKey(key.public), { cwd }), 'KEY_IS_PUBLIC', 2);
  failed(t, await command(['sign', 'key', 'no model', '--private-key', key.private], { cwd }), 'MODEL_NOT_FOUND', 3);
  t.false(existsSync(join(cwd, 'model.sig')));
});

test('a password from a file, a variable or the command line', async (t) => {
  const { model, key, cwd } = setting(t, SECRET);
  const args = ['sign', 'key', model, '--private-key', key.private];
  for (const end of ['', '\n', '\r\n']) {
    writeFileSync(join(cwd, 'password'), `${SECRET}${end}`);
    signed(t, await command([...args, '--password-file', 'password'], { cwd }));
  }
  signed(t, await command([...args, '--password_env', 'KEY_WORD'], { cwd, env: { KEY_WORD: SECRET } }));
  signed(t, await command(args, { cwd, env: { MODEL_SIGNING_PASSWORD: SECRET } }));
  const visible = await command([...args, '--password', SECRET], { cwd });
  signed(t, visible, 'note: a password on the command line can be read by others; use --password-file\n');
  signed(t, await command([...args, `--password=${SECRET}`, '--quiet'], { cwd }));
});

test('a password that is wrong, missing, unreadable or given twice', async (t) => {
  const { model, key, cwd } = setting(t, SECRET);
  const args = ['sign', 'key', model, '--private-key', key.private];
  const wrong = `not ${SECRET}`;
  writeFileSync(join(cwd, 'password'), `${SECRET}\n\n`);
  const outcomes: readonly (readonly [code: string, exit: number, ended: Ended])[] = [
    ['KEY_ENCRYPTED', 2, await command(args, { cwd })],
    ['KEY_PASSWORD_WRONG', 2, await command([...args, '--password', wrong, '--quiet'], { cwd })],
    ['KEY_PASSWORD_WRONG', 2, await command([...args, '--password-file', 'password'], { cwd })],
    ['OPTION_INVALID', 2, await command([...args, '--password', SECRET.repeat(100), '--quiet'], { cwd })],
    ['PASSWORD_UNREADABLE', 3, await command([...args, '--password-file', 'no file'], { cwd })],
    ['PASSWORD_UNREADABLE', 3, await command([...args, '--password-env', 'NO_SUCH_NAME'], { cwd })],
    ['USAGE', 2, await command([...args, '--password-file', 'password', '--password', wrong], { cwd })],
  ];
  for (const [code, exit, end] of outcomes) {
    failed(t, end, code, exit);
    t.false(end.stderr.includes(SECRET));
  }
  t.false(existsSync(join(cwd, 'model.sig')));
});

(hasTerminals ? test : test.skip)('at a terminal the password is asked for, and not shown', (t) => {
  const { model, key, cwd } = setting(t, SECRET);
  const sign = ['sign', 'key', model, '--private-key', key.private];
  const type = (text: string) => atATerminal(sign, ['Password', text], { cwd });
  const good = type(SECRET);
  t.is(good.status, 0, good.stdout);
  t.regex(good.stdout, /Password of the private key: \r*\n/);
  t.true(good.stdout.includes('signed model sha256:'));
  t.is(type(`x\u007F${SECRET}y\u007F`).status, 0, 'backspace takes one character back');
  t.is(type(`\u{1F511}\u007F${SECRET}`).status, 0, 'whatever its length');
  t.is(type(`wrong\u0015${SECRET}`).status, 0, 'Ctrl-U takes all of it back');
  t.regex(
    atATerminal([...sign, '--total-timeout', '0.5'], ['Password', ''], { cwd }).stdout,
    /: \r*\nerror: .*\[TIMED_OUT\]/,
  );
  const wrong = type('wrong word');
  t.is(wrong.status, 2);
  t.regex(wrong.stdout, /error: .*\[KEY_PASSWORD_WRONG\]/);
  for (const { stdout } of [good, wrong]) t.notRegex(stdout, /sesame|wrong word/);
  t.is(type('\u0003').status, 130, 'Ctrl-C ends it');
});

(hasTerminals ? test : test.skip)('a terminal that goes away is the end, in order, and nothing is written', (t) => {
  const { model, key, cwd } = setting(t, SECRET);
  const sign = ['sign', 'key', model, '--private-key', key.private, '--json', '--output-file', 'said'];
  // What comes first, the signal or the end of the input, is nobody's choice.
  t.true([129, 3].includes(hungUp(sign, 'Password', 'own', { cwd })));
  rmSync(join(cwd, 'said'), { force: true });
  t.is(hungUp(sign, 'Password', 'used', { cwd }), 3);
  const { error } = JSON.parse(readFileSync(join(cwd, 'said'), 'utf8')) as { error: { code: string; message: string } };
  t.is(error.code, 'PASSWORD_UNREADABLE');
  t.is(error.message, 'the terminal went away before the password was typed');
  t.false(existsSync(join(cwd, 'model.sig')));
});

function setting(t: ExecutionContext, passphrase?: string) {
  const cwd = scratch(t);
  const model = buildModel(t, FILES);
  return { cwd, model, key: keyFiles(cwd, KEY, passphrase) };
}

function signed(t: ExecutionContext, { exit, stdout, stderr }: Ended, talk = ''): void {
  t.deepEqual([exit, stderr], [0, talk]);
  t.true(stdout.startsWith('signed model sha256:'));
  t.false(stdout.includes(SECRET));
}
