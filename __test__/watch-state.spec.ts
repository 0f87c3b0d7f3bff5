// SPDX-License-Identifier: Apache-2.0
// What a watch remembers: read as it was written, by nobody else and for nobody else.

import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { openState, saveState } from '../dist/watch-state.js';
import { scratch } from './models.js';

const ALICE = { identity: 'alice@example.com', identityProvider: 'https://issuer.example' };
const LOGS = [
  { log: 'https://one.example', checkpoints: ['a note\n\n'], seen: ['ab'.repeat(32)] },
  { log: 'https://two.example', checkpoints: ['another'], next: '12345678901234567' },
];

async function saved(t: ExecutionContext): Promise<string> {
  const path = join(scratch(t), 'state');
  await saveState(path, ALICE, await openState(path, ALICE, []), LOGS);
  return path;
}

test('what was written is read', async (t) => {
  const path = await saved(t);
  t.deepEqual((await openState(path, { ...ALICE, identityRegex: undefined }, [])).logs, LOGS);
  t.deepEqual(readdirSync(join(path, '..')), ['state']);
  t.deepEqual((await openState(join(path, '..', 'none'), ALICE, [])).logs, []);
});

test('a watch on somebody else', async (t) => {
  const path = await saved(t);
  const { identity } = ALICE;
  for (const wanted of [{ identity }, { ...ALICE, identity: 'bob@example.com' }, { identityRegex: identity }]) {
    await t.throwsAsync(openState(path, wanted, []), { code: 'LOG_STATE_FOREIGN' });
  }
});

test('any change of a byte is noticed', async (t) => {
  const path = await saved(t);
  const bytes = readFileSync(path);
  const codes = new Set<string>();
  for (let at = 0; at < bytes.length - 1; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    writeFileSync(path, changed);
    await openState(path, ALICE, []).then(
      () => t.fail(`byte ${at}`),
      (error: unknown) => codes.add(error instanceof Error && 'code' in error ? String(error.code) : String(error)),
    );
  }
  t.deepEqual([...codes], ['LOG_STATE_INVALID']);
});

test('what is no state is refused, and not replaced', async (t) => {
  const path = await saved(t);
  const bytes = readFileSync(path, 'utf8');
  const others = [
    '',
    '{}',
    '[]',
    'null',
    bytes.slice(0, -10),
    bytes + bytes,
    bytes.replace('watch 1', 'watch 2'),
    'text',
  ];
  for (const text of others) {
    writeFileSync(path, text);
    await t.throwsAsync(openState(path, ALICE, []), { code: 'LOG_STATE_INVALID' }, text.slice(0, 20));
    t.is(readFileSync(path, 'utf8'), text);
  }
});

test('places where no state can be', async (t) => {
  const path = await saved(t);
  const folder = join(path, '..');
  symlinkSync(path, join(folder, 'link'));
  await t.throwsAsync(openState(join(folder, 'link'), ALICE, []), { code: 'OUTPUT_IS_LINK' });
  mkdirSync(join(folder, 'folder'));
  await t.throwsAsync(openState(join(folder, 'folder'), ALICE, []), { code: 'OUTPUT_NOT_A_FILE' });
  await t.throwsAsync(openState(join(folder, 'nowhere', 'x'), ALICE, []), { code: 'OUTPUT_UNWRITABLE' });
  await t.throwsAsync(openState(path, ALICE, [path]), { code: 'OUTPUT_IS_INPUT' });
  writeFileSync(join(folder, 'model.sig'), '{"mediaType":"x"}');
  await t.throwsAsync(openState(join(folder, 'model.sig'), ALICE, []), { code: 'OUTPUT_IS_INPUT' });
});

test('of two runs at once the later one does not undo the earlier', async (t) => {
  const path = await saved(t);
  const [one, two] = [await openState(path, ALICE, []), await openState(path, ALICE, [])];
  await saveState(path, ALICE, one, LOGS.slice(0, 1));
  const newer = readFileSync(path, 'utf8');
  await t.throwsAsync(saveState(path, ALICE, two, LOGS), { code: 'LOG_STATE_INVALID', message: /another run/ });
  t.is(readFileSync(path, 'utf8'), newer);
  const [first, second] = [join(path, '..', 'new'), await openState(join(path, '..', 'new'), ALICE, [])];
  await saveState(first, ALICE, second, LOGS);
  await t.throwsAsync(saveState(first, ALICE, second, LOGS), { code: 'LOG_STATE_INVALID' });
});
