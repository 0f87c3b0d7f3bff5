// SPDX-License-Identifier: Apache-2.0
// The time that a whole run may take: hashing, or waiting for a person. What only services are bounded by is not it.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { withDeadline } from '../../dist/cli/deadline.js';
import { keyFiles, pair } from '../keys.js';
import { HUGE, buildModel, scratch } from '../models.js';
import { command, failed } from './command.js';
import { atATerminal, hasTerminals } from './terminal.js';

const KEY = pair();

test('hashing that would take an hour is stopped, and nothing is written', async (t) => {
  const cwd = scratch(t);
  const model = buildModel(t, { huge: HUGE });
  const key = keyFiles(cwd, KEY);
  for (const [args, env] of [
    [['digest', model, '--total-timeout', '700ms'], {}],
    [['sign', 'key', model, '--private-key', key.private], { MODEL_SIGNING_TOTAL_TIMEOUT: '0.7' }],
  ] as const) {
    const what = failed(t, await command(args, { cwd, env }), 'TIMED_OUT', 4);
    t.regex(what, /not done after 0\.7 s/);
  }
  t.false(existsSync(join(cwd, 'model.sig')));
  const { stdout } = await command(['digest', model, '--total-timeout', '0.5', '--json'], { cwd });
  t.is((JSON.parse(stdout) as { error: { code: string } }).error.code, 'TIMED_OUT');
});

(hasTerminals ? test : test.skip)('a person who does not answer is not waited for', (t) => {
  const cwd = scratch(t);
  const key = keyFiles(cwd, KEY, 'open sesame');
  const args = ['sign', 'key', buildModel(t, { a: '1' }), '--private-key', key.private, '--total-timeout', '2s'];
  const { status, stdout } = atATerminal(args, ['Password', ''], { cwd });
  t.is(status, 4, stdout);
  t.regex(stdout, /Password of the private key: .*error: .*\[TIMED_OUT\]/s);
});

test('what bounds services does not bound hashing', async (t) => {
  const model = buildModel(t, { big: { zeros: 1e8 } });
  const { exit, stderr } = await command(['digest', model, '--timeout', '1ms', '--total-timeout', '10m']);
  t.deepEqual([exit, stderr], [0, '']);
});

test('work that is done in time is not touched, and work that fails says why', async (t) => {
  t.is(await withDeadline(undefined, async (signal) => signal), undefined);
  t.is(await withDeadline(60_000, async (signal) => signal?.aborted), false);
  await t.throwsAsync(
    withDeadline(60_000, async () => {
      throw new Error('its own');
    }),
    { message: 'its own' },
  );
  await t.throwsAsync(
    withDeadline(20, () => new Promise(() => {})),
    { code: 'TIMED_OUT' },
  );
});
