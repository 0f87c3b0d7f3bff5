// SPDX-License-Identifier: Apache-2.0
// The Python tool's current release: what we sign it verifies, and what it signs we verify, with every method, curve,
// hash algorithm and serialization that both know.

import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';
import { type SignOptions, sign, verify } from 'model-signing';

import { command, failed } from '../cli/command.js';
import { keyFiles, pair } from '../keys.js';
import { Pki } from '../methods/pki.js';
import { type Content, buildModel, pattern, scratch, write } from '../models.js';
import { BLAKE3, FILES, RECIPES, signHere, signThere, trust, verifyHere } from './matrix.js';
import { type Party, allParties } from './parties.js';
import { CURRENT, type Recipe, type Task, allGood, outcomes, tasksOf, withPython } from './python.js';

const pki = new Pki();
test.after.always(() => pki.remove());
const PARTIES = allParties(pki);
const STRANGERS = allParties(pki);

/** With a file that is left out. */
const MODEL: Readonly<Record<string, Content>> = { ...FILES, '.gitignore': '*' };

/** Names that are legal and that nobody likes. */
const ODD: Readonly<Record<string, Content>> = Object.fromEntries(
  [
    ' leading and trailing ',
    '-rf',
    '#comment',
    '*.bin',
    '[a]',
    '{b}',
    '~',
    '%41',
    'a"b',
    "a'b",
    'a&b<c>',
    'tab\there',
    'line\nbreak',
    'back\\slash',
    'right\u202Eleft',
    'null\uFEFF',
    '\u{1F600}',
    '\u00E9',
    'e\u0301',
    'CASE',
    'case',
    '.hidden/.deeper/file',
    `long-${'x'.repeat(240)}`,
  ].map((name, index) => [name, pattern(index + 1, index)]),
);

/** With shards Python cannot read a name with a colon back. */
const COLON: Readonly<Record<string, Content>> = { 'C:colon': 'c', 'a:0:1': 'shard?' };

test('what we sign, Python verifies', (t) =>
  withPython(t, CURRENT, async (python) => {
    const tasks = await signHere(t, PARTIES, buildModel(t, MODEL), [...RECIPES, BLAKE3]);
    allGood(t, python, tasks);
    t.true(tasks.length >= 33, `${tasks.length}`);
  }));

test('what Python signs, we verify', (t) =>
  withPython(t, CURRENT, async (python) => {
    const model = buildModel(t, MODEL);
    const signed = signThere(t, PARTIES, model, [...RECIPES, BLAKE3]);
    allGood(t, python, tasksOf(signed));
    await verifyHere(t, signed, STRANGERS, model);
  }));

test('odd names, both ways', (t) =>
  withPython(t, CURRENT, async (python) => {
    const [models, folder, party] = [[buildModel(t, ODD), buildModel(t, { ...ODD, ...COLON })], scratch(t), first()];
    const [plain = '', colons = ''] = models;
    const cases: readonly (readonly [string, SignOptions, Recipe])[] = [
      [colons, {}, {}],
      [plain, { shardSize: 10 }, { shard_size: 10 }],
    ];
    const tasks: Task[] = [];
    for (const [index, [model, ours, recipe]] of cases.entries()) {
      const [own, theirs] = [join(folder, `own-${index}.sig`), join(folder, `theirs-${index}.sig`)];
      await sign(model, { ...ours, signer: party.signer, signature: own, compat: 'python' });
      tasks.push({ do: 'verify', model, signature: own, recipe, ...party.verifies });
      tasks.push({ do: 'sign', model, signature: theirs, recipe, ...party.signs });
    }
    allGood(t, python, tasks);
    for (const [index, [model]] of cases.entries()) {
      await weVerify(t, party, { model, signature: join(folder, `theirs-${index}.sig`) });
    }
  }));

test('what is ignored, links to files, and a signature inside the model, both ways', (t) =>
  withPython(t, CURRENT, async (python) => {
    const party = first();
    const entries = { ...MODEL, 'skip/a': '1', 'skip/b': '2', skipped: '3', link: { link: 'a/q' } };
    const [ours, theirs] = [buildModel(t, entries), buildModel(t, entries)];
    const [own, their] = [join(ours, 'model.sig'), join(theirs, 'model.sig')];
    const ignorePaths = ['skip', 'skipped'];
    await sign(ours, { signer: party.signer, signature: own, ignorePaths, allowSymlinks: true });
    const recipe: Recipe = { ignore: ignorePaths, links: true };
    allGood(t, python, [
      { do: 'verify', model: ours, signature: own, recipe: { links: true }, ...party.verifies },
      { do: 'sign', model: theirs, signature: their, recipe, ...party.signs },
    ]);
    await weVerify(t, party, { model: theirs, signature: their });
    const { manifest, ignored } = await verify(theirs, their, trust(party));
    t.deepEqual(
      [...manifest.resources].map(({ name }) => name),
      ['a-b', 'a.bin', 'a/q', 'empty', 'link', 'weights "\u00E9" e\u0301 \u4E2D.bin'],
    );
    t.true(ignored.some(({ path, files }) => path === 'skip' && files === 2));
    write(join(ours, 'a/q'), 'changed');
    const changed: Task = { do: 'verify', model: ours, signature: own, recipe: { links: true }, ...party.verifies };
    t.regex(outcomes(python, [changed])[0] ?? '', /^ValueError: Signature mismatch/);
  }));

for (const party of PARTIES.filter(({ name }) => name.endsWith('p384'))) {
  test(`both commands with a ${party.method}, told in the same words: what one signs, the other verifies`, (t) =>
    withPython(t, CURRENT, async (python) => {
      const [model, folder] = [buildModel(t, { ...MODEL, 'skip/a': '1' }), scratch(t)];
      const [ours, theirs] = [join(folder, 'ours.sig'), join(folder, 'theirs.sig')];
      const signs = (signature: string): string[] => {
        const flags = ['--signature', signature, '--ignore-paths', join(model, 'skip')];
        return ['sign', party.method, model, ...flags, ...signFlags(party)];
      };
      const verifies = (signature: string): string[] => {
        return ['verify', party.method, model, '--signature', signature, ...verifyFlags(party)];
      };
      t.like(await command(signs(ours)), { exit: 0, stderr: '' });
      allGood(t, python, commands(signs(theirs), verifies(ours)));
      t.like(await command(verifies(theirs)), { exit: 0, stderr: '' });
      write(join(model, 'a-b'), 'changed');
      t.deepEqual(outcomes(python, commands(verifies(ours))), ['ChildProcessError: exit code 1']);
      failed(t, await command(verifies(theirs)), 'MODEL_MISMATCH', 1);
    }));
}

test('a key under a password of ours, in the hands of Python', (t) =>
  withPython(t, CURRENT, async (python) => {
    const [model, folder, own] = [buildModel(t, MODEL), scratch(t), pair('P-521')];
    const { private: key } = keyFiles(folder, own, 'a password');
    const task = { model, signature: join(folder, 'model.sig'), recipe: {}, key } as const;
    allGood(t, python, [{ do: 'sign', ...task, password: 'a password' }]);
    await t.notThrowsAsync(verify(model, task.signature, trust(own)));
    t.not(outcomes(python, [{ do: 'sign', ...task, password: 'another' }])[0], null);
  }));

function first(): Party {
  const [party] = PARTIES;
  if (party === undefined) throw new Error('nobody signs');
  return party;
}

async function weVerify(
  t: ExecutionContext,
  party: Party,
  { model, signature }: { readonly model: string; readonly signature: string },
): Promise<void> {
  await t.notThrowsAsync(verify(model, signature, trust(party)), signature);
}

/** The tool's own command line, once for each list of words. */
function commands(...lines: readonly string[][]): Task[] {
  return lines.map((words) => ({ do: 'command', arguments: words }));
}

function signFlags({ signs: { key, certificate, chain = [] } }: Party): string[] {
  const more = certificate === undefined ? [] : ['--signing_certificate', certificate];
  return ['--private_key', key, ...more, ...chain.flatMap((path) => ['--certificate_chain', path])];
}

function verifyFlags({ verifies: { key, chain = [] } }: Party): string[] {
  return key === undefined ? chain.flatMap((path) => ['--certificate_chain', path]) : ['--public_key', key];
}
