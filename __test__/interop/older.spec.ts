// SPDX-License-Identifier: Apache-2.0
// Older releases of the Python tool: what they sign we verify, and what we sign they verify, as far as they can.

import { join } from 'node:path';

import test from 'ava';
import { sign, verify } from 'model-signing';

import { Pki } from '../methods/pki.js';
import { type Content, buildModel, scratch } from '../models.js';
import { BLAKE3, FILES, RECIPES, signHere, signThere, trust, verifyHere } from './matrix.js';
import { type Party, allParties } from './parties.js';
import { allGood, packagesOf, tasksOf, withPython } from './python.js';

const pki = new Pki();
test.after.always(() => pki.remove());
const PARTIES = allParties(pki);
const STRANGERS = allParties(pki);

interface Release {
  readonly version: string;
  /** Whether it records what was left out. */
  readonly recordsIgnored: boolean;
  /** The first one ends in an error of its own whenever it meets a certificate. */
  readonly methods: readonly Party['method'][];
  readonly knowsBlake3: boolean;
}

const RELEASES: readonly Release[] = [
  { version: '0.3.1', recordsIgnored: false, methods: ['key'], knowsBlake3: false },
  { version: '1.0.0', recordsIgnored: false, methods: ['key', 'certificate'], knowsBlake3: false },
  { version: '1.0.1', recordsIgnored: false, methods: ['key', 'certificate'], knowsBlake3: false },
  { version: '1.1.0', recordsIgnored: true, methods: ['key', 'certificate'], knowsBlake3: true },
];

/** With names that nobody likes, and a link. */
const KEPT: Readonly<Record<string, Content>> = {
  ...FILES,
  'line\nbreak': '1',
  'back\\slash': '2',
  '[a]*?': '3',
  'C:colon': '4',
  ' -rf ': '5',
  link: { link: 'a/q' },
};

for (const { version, recordsIgnored, methods, knowsBlake3 } of RELEASES) {
  const parties = PARTIES.filter(({ method }) => methods.includes(method));
  const recipes = knowsBlake3 ? [...RECIPES, BLAKE3] : RECIPES;

  test(`what Python ${version} signs, we verify`, (t) =>
    withPython(t, packagesOf(version), async (python) => {
      const model = buildModel(t, { ...FILES, '.gitignore': '*', '.git/config': 'x' });
      const signed = signThere(t, parties, model, recipes);
      allGood(t, python, tasksOf(signed));
      await verifyHere(t, signed, STRANGERS, model);
    }));

  test(`what we sign, Python ${version} verifies`, (t) =>
    withPython(t, packagesOf(version), async (python) => {
      const tasks = await signHere(t, parties, buildModel(t, FILES), recipes);
      allGood(t, python, tasks);
      t.true(tasks.length >= 27, `${tasks.length}`);
    }));

  test(`what Python ${version} leaves out, links and odd names, both ways`, (t) =>
    withPython(t, packagesOf(version), async (python) => {
      const [model, folder, [party]] = [
        buildModel(t, { ...KEPT, 'skip/a': '6', 'skip/b': '7', skipped: '8' }),
        scratch(t),
        parties,
      ];
      if (party === undefined) return t.fail('nobody signs');
      const [own, theirs] = [join(folder, 'own.sig'), join(folder, 'theirs.sig')];
      const ignorePaths = [join(model, 'skip'), join(model, 'skipped')];
      await sign(model, { signer: party.signer, signature: own, ignorePaths, allowSymlinks: true });
      const recipe = { ignore: ignorePaths, links: true };
      allGood(t, python, [
        { do: 'sign', model, signature: theirs, recipe, ...party.signs },
        { do: 'verify', model, signature: own, recipe, ...party.verifies },
      ]);
      const { manifest } = await verify(model, theirs, { ...trust(party), ignorePaths });
      t.deepEqual([...manifest.resources].map(({ name }) => name).toSorted(), Object.keys(KEPT).toSorted());
      const unaided = verify(model, theirs, trust(party));
      if (recordsIgnored) await t.notThrowsAsync(unaided);
      else await t.throwsAsync(unaided, { code: 'MODEL_MISMATCH' });
    }));
}
