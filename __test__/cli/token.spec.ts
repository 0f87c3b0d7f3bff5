// SPDX-License-Identifier: Apache-2.0
// PINs on the command line: they come from everywhere and go nowhere, and a wrong one is offered once.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { withoutPins } from '../../dist/cli/token.js';
import { MODULE, NO_SOFTHSM, PIN, buildPinPad } from '../methods/softhsm.js';
import { write } from '../models.js';
import { type Ended, command, ended, failed, start } from './command.js';
import { atATerminal, hasTerminals } from './terminal.js';
import { NAMED, URI, good, pinFile, setting } from './tokens.js';

const run = NO_SOFTHSM === undefined ? test : test.skip;
if (NO_SOFTHSM !== undefined) console.error(NO_SOFTHSM);

const SECRET_PIN = 'planted-4711';

run('a PIN from everywhere', async (t) => {
  const { sign, folder } = setting(t, { isPinless: true });
  const file = pinFile(folder);
  const ways: readonly (readonly [args: readonly string[], env: object])[] = [
    [['--pin-file', file], {}],
    [['--pin_file', file], {}],
    [['--pin-env', 'MY_PIN'], { MY_PIN: PIN }],
    [[], { PKCS11_PIN: PIN }],
    [[], { MODEL_SIGNING_PIN_FILE: file }],
    [[], { MODEL_SIGNING_PIN_ENV: 'MY_PIN', MY_PIN: PIN }],
  ];
  for (const [args, env] of ways) good(t, await sign('pkcs11-key', '--pkcs11-uri', NAMED, ...args, env));
  for (const query of [`pin-source=${file}`, `pin-source=file:${file}`])
    good(t, await sign('pkcs11-key', '--pkcs11-uri', `${NAMED}&${query}`, {}));
  good(
    t,
    await sign('pkcs11-key', '--pkcs11-uri', `${NAMED}&pin-source=${file}`, { PKCS11_PIN: 'the URI counts more' }),
  );
  good(
    t,
    await sign('pkcs11-key', { MODEL_SIGNING_PKCS11_URI: URI, MODEL_SIGNING_MODULE_PATH: MODULE, PKCS11_PIN: PIN }),
  );
});

(NO_SOFTHSM === undefined && hasTerminals ? test : test.skip)(
  'at a terminal the PIN is asked for, and not shown',
  (t) => {
    const { folder, model, environment } = setting(t, { isPinless: true });
    const type = (typed: string) =>
      atATerminal(['sign', 'pkcs11-key', model, '--pkcs11-uri', NAMED], ['PIN of the token', typed], {
        cwd: folder,
        env: environment,
      });
    const [right, wrong] = [type(PIN), type(SECRET_PIN)];
    t.is(right.status, 0, right.stdout);
    t.regex(right.stdout, /PIN of the token: \r*\n/);
    t.is(wrong.status, 3, wrong.stdout);
    t.regex(wrong.stdout, /error: .*\[PKCS11_PIN_WRONG\]/);
    for (const { stdout } of [right, wrong]) t.notRegex(stdout, new RegExp(`${PIN}|${SECRET_PIN}`));
  },
);

run('a token with a pin pad asks by itself, and says so', async (t) => {
  const { sign, softhsm } = setting(t, { isPinless: true });
  const env = { PINPAD_MODULE: MODULE, PINPAD_PIN: PIN };
  const { exit, stderr } = await sign(
    'pkcs11-key',
    '--pkcs11-uri',
    `${URI}?module-path=${buildPinPad(softhsm.folder)}`,
    env,
  );
  t.deepEqual([exit, stderr], [0, 'note: enter the PIN on the pin pad of the token\n']);
});

run('a PIN that is wrong, missing or unreadable: a code of its own, one attempt, and nothing written', async (t) => {
  const { sign, softhsm, signature, folder } = setting(t, { isPinless: true });
  const log = join(folder, 'logins');
  const pad = `${URI}?module-path=${buildPinPad(softhsm.folder)}`;
  const attempt = (uri: string, ...more: (string | object)[]): Promise<Ended> =>
    sign('pkcs11-key', '--pkcs11-uri', uri, ...more);
  const recorded = { PINPAD_MODULE: MODULE, PINPAD_LOG: log };
  failed(t, await attempt(pad, { ...recorded, PKCS11_PIN: SECRET_PIN }), 'PKCS11_PIN_WRONG', 3);
  t.is(readFileSync(log, 'utf8'), `1 ${SECRET_PIN.length}\n`);
  failed(t, await attempt(pad, { ...recorded, PINPAD_FLAGS: '40000', PKCS11_PIN: PIN }), 'PKCS11_PIN_LOCKED', 3);
  t.is(readFileSync(log, 'utf8'), `1 ${SECRET_PIN.length}\n`);
  failed(t, await attempt(NAMED), 'PKCS11_PIN_MISSING', 3);
  failed(t, await attempt(NAMED, '--pin-file', join(folder, 'nothing')), 'PKCS11_PIN_UNREADABLE', 3);
  failed(t, await attempt(NAMED, '--pin-env', 'NOT_SET'), 'PKCS11_PIN_UNREADABLE', 3);
  failed(t, await attempt(NAMED, '--pin-env', 'A', '--pin-file', 'b'), 'USAGE', 2);
  const empty = join(folder, 'empty');
  writeFileSync(empty, '\n');
  for (const source of [
    '/nowhere/pin',
    folder,
    empty,
    'file:pin',
    'file://host/pin',
    'pin',
    '%7C/bin/echo',
    'https://localhost/pin',
    '/dev/zero',
  ]) {
    failed(t, await attempt(`${NAMED}&pin-source=${source}`), 'PKCS11_PIN_UNREADABLE', 3);
  }
  t.false(existsSync(signature));
});

run('no PIN in any output, and none in the list of processes', async (t) => {
  const { folder, model, environment, signature } = setting(t, { isPinless: true });
  const outputs: string[] = [];
  const planted = `${URI}?module-path=${MODULE}&pin-value=${SECRET_PIN}`;
  const commands: readonly (readonly string[])[] = [
    ['sign', 'pkcs11-key', model, '--pkcs11-uri', planted],
    ['sign', 'pkcs11-certificate', model, '--pkcs11-uri', planted],
    ['sign', 'key', model, '--private-key', planted],
    ['sign', 'key', planted, '--private-key', 'x'],
    ['sign', 'pkcs11-key', planted, '--pkcs11-uri', model],
    ['sign', 'pkcs11-key', model, planted],
    ['sign', 'pkcs11-key', model, `--pkcs11-urii=${planted}`],
    ['sign', 'pkcs11-key', model, `--signature=${planted}/x`, '--pkcs11-uri', planted],
    ['sign', 'pkcs11-key', model, '--pkcs11-uri', planted.replace('token', 'tokn')],
    ['sign', 'pkcs11-key', model, '--pkcs11-uri', planted.replace('?', ';')],
    ['sign', 'pkcs11-key', model, '--pkcs11-uri', `${planted}&pin-source=/x`],
    ['verify', 'pkcs11-key', model, '--pkcs11-uri', planted, '--signature', 'missing'],
    ['verify', 'key', model, '--public-key', planted],
    ['pkcs11', 'list', '--pkcs11-uri', planted],
    ['pkcs11', 'list', '--module-path', planted],
    [planted],
  ];
  for (const args of commands) {
    for (const manner of [[], ['--json'], ['--log-format', 'json', '--log-level', 'debug']]) {
      const { exit, stdout, stderr } = await command([...args, ...manner], { cwd: folder, env: environment });
      t.not(exit, 0, args.join(' '));
      if (manner.includes('json')) for (const line of stderr.trimEnd().split('\n')) t.notThrows(() => JSON.parse(line));
      outputs.push(stdout, stderr);
    }
  }
  for (const env of [{ PKCS11_PIN: SECRET_PIN }, { MODEL_SIGNING_PKCS11_URI: planted }]) {
    const { stdout, stderr } = await command(
      ['sign', 'pkcs11-key', model, ...('PKCS11_PIN' in env ? ['--pkcs11-uri', NAMED] : [])],
      { cwd: folder, env: { ...environment, ...env } },
    );
    outputs.push(stdout, stderr);
  }
  for (const output of outputs) t.false(output.includes(SECRET_PIN), output);
  t.false(existsSync(signature));
});

run('no output replaces the file that holds the PIN, wherever it is named', async (t) => {
  const { sign, verify, list, folder, signature } = setting(t, { isPinless: true });
  const file = pinFile(folder);
  const uri = `${NAMED}&pin-source=file:${file}`;
  for (const refused of [
    await sign('pkcs11-key', '--pkcs11-uri', uri, '--output-file', file),
    await sign('key', '--private-key', uri, '--output-file', file),
    await sign('pkcs11-key', '--pkcs11-uri', NAMED, '--pin-file', file, '--output-file', file),
    await sign('pkcs11-key', '--pkcs11-uri', uri, '--signature', file, '--force'),
    await verify('pkcs11-key', '--pkcs11-uri', uri, '--output-file', file),
    await list('--pkcs11-uri', uri, '--output-file', file),
  ]) {
    failed(t, refused, 'OUTPUT_IS_INPUT', 2);
  }
  t.is(readFileSync(file, 'utf8'), `${PIN}\n`);
  t.false(existsSync(signature));
});

test('a PIN in a text goes, to its last letter, and the text around it stays', (t) => {
  for (const [text, shown] of [
    ["no file 'pkcs11:a?pin-value=12'34' is there", "no file 'pkcs11:a?pin-value=…' is there"],
    ['pkcs11:?PIN-VALUE=1"2&module-path=/a', 'pkcs11:?PIN-VALUE=…&module-path=/a'],
    ["'pin-value=1'; 'pin-value=2', and pin-value=3.", "'pin-value=…'; 'pin-value=…', and pin-value=…."],
    ['pin-value=', 'pin-value=…'],
    ['pin-source=file:/pin', 'pin-source=file:/pin'],
  ] as const) {
    t.is(withoutPins(text), shown);
  }
});

(process.platform === 'linux' ? run : test.skip)(
  'a PIN among the arguments is hidden from the list of processes',
  async (t) => {
    const { folder, model, environment } = setting(t, { isPinless: true });
    write(join(model, 'large'), { zeros: 400_000_000 });
    const uri = `${NAMED}&pin-value=${PIN}`;
    const child = start(['sign', 'pkcs11-key', model, '--pkcs11-uri', uri, '--threads', '1'], {
      cwd: folder,
      env: environment,
    });
    const ending = ended(child);
    let shown = '';
    for (let round = 0; round < 400 && !shown.startsWith('model-signing\0') && child.exitCode === null; round += 1) {
      shown = spawnSync('cat', [`/proc/${child.pid}/cmdline`], { encoding: 'utf8' }).stdout;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    t.regex(shown, /^model-signing\0*$/);
    const { exit, stderr } = await ending;
    t.is(exit, 0, stderr);
    t.regex(stderr, /^note: a PIN on the command line can be read by others; /);
  },
);
