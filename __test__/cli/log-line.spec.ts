// SPDX-License-Identifier: Apache-2.0
// What is told on stderr: by level, under the names of both other tools, in words or as JSON.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';
import { sign } from 'model-signing';

import { keyFiles, pair } from '../keys.js';
import { buildModel, scratch } from '../models.js';
import { command, failed } from './command.js';

const KEY = pair();

/** A run that has something to say on every level. */
async function setting(t: ExecutionContext) {
  const cwd = scratch(t);
  const model = buildModel(t, { a: '1', '../link': { link: 'model' } });
  const key = keyFiles(cwd, KEY);
  await sign(model, { signer: KEY.signer, signature: join(cwd, 'model.sig') });
  const verify = async (flags: readonly string[], env = {}) =>
    command(['verify', 'key', model, '--public-key', key.public, '--allow-symlinks', ...flags], { cwd, env });
  const digest = async (...flags: string[]) => command(['digest', join(model, '..', 'link'), ...flags], { cwd });
  return { cwd, verify, digest };
}

const DEBUG = /^debug: the signature is '.*model\.sig'$/m;
const INFO = 'note: the model path is a symbolic link and was followed\n';
const WARNING = 'note: --allow-symlinks has no effect: the model was signed without following links\n';

test('levels, in any case, under the names of both other tools', async (t) => {
  const { verify, digest } = await setting(t);
  t.is((await digest()).stderr, INFO);
  for (const level of ['info', 'INFO', 'debug']) t.is((await digest('--log-level', level)).stderr, INFO);
  for (const level of ['warn', 'WARNING', 'error']) t.is((await digest('--log-level', level)).stderr, '');
  t.is((await verify([])).stderr, WARNING);
  for (const level of ['warn', 'warning', 'Warning', 'INFO'])
    t.is((await verify(['--log-level', level])).stderr, WARNING);
  const { stderr } = await verify(['--log-level', 'DEBUG']);
  t.regex(stderr, DEBUG);
  t.true(stderr.endsWith(WARNING));
  for (const level of ['error', 'CRITICAL', 'silent', 'none', 'Off'])
    t.is((await verify([`--log-level=${level}`])).stderr, '');
  t.is((await verify(['--quiet', '--log-level', 'debug'])).stderr, '');
  t.is((await verify([], { MODEL_SIGNING_LOG_LEVEL: 'ERROR' })).stderr, '');
  for (const level of ['', 'trace', '10']) failed(t, await verify(['--log-level', level]), 'USAGE', 2);
});

test('an error is always told', async (t) => {
  const { digest } = await setting(t);
  for (const flags of [['--log-level', 'silent'], ['--quiet'], ['--log-level', 'critical']]) {
    failed(t, await digest('--threads', '0', ...flags), 'USAGE', 2);
    failed(t, await digest('--allow-external-symlinks', ...flags), 'OPTION_INVALID', 2);
  }
});

test('as JSON: one object a line', async (t) => {
  const { verify } = await setting(t);
  for (const end of [
    await verify(['--log-format', 'json', '--log-level', 'debug']),
    await verify(['--log_format=JSON', '--log-level', 'debug']),
    await verify(['--log-level', 'debug'], { MODEL_SIGNING_LOG_FORMAT: 'json' }),
  ]) {
    const lines = end.stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>);
    t.is(end.exit, 0);
    t.is(lines.at(-1)?.['level'], 'warn');
    t.is(`note: ${lines.at(-1)?.['message']}\n`, WARNING);
    t.true(lines.some(({ level, message = '' }) => level === 'debug' && message.startsWith('the signature is')));
    for (const { time = '' } of lines) t.is(new Date(time).toISOString(), time);
    t.regex(end.stdout, /^verified /);
  }
});

test('errors as JSON, even those about the command line itself', async (t) => {
  const { cwd, verify } = await setting(t);
  writeFileSync(join(cwd, 'flags.json'), '{"log-format": "json"}');
  const runs = [
    [await verify(['--log-format', 'json', '--signature', 'no\nfile']), 'BUNDLE_NOT_FOUND'],
    [await verify(['--config', 'flags.json', '--signature', 'no']), 'BUNDLE_NOT_FOUND'],
    [await verify(['--nonsense', '--log-format=json']), 'USAGE'],
    [await verify(['--nonsense'], { MODEL_SIGNING_LOG_FORMAT: 'Json' }), 'USAGE'],
  ] as const;
  for (const [{ stdout, stderr }, code] of runs) {
    t.is(stdout, '');
    const line = JSON.parse(stderr) as Record<string, string>;
    t.deepEqual(Object.keys(line), ['time', 'level', 'message', 'code', 'hint']);
    t.deepEqual([line['level'], line['code'], stderr.indexOf('\n')], ['error', code, stderr.length - 1]);
  }
});
