// SPDX-License-Identifier: Apache-2.0
// What an ignore path on the command line means: from here, or from the model, and never a guess between the two.

import { mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import test from 'ava';

import { buildModel, write } from '../models.js';
import { command, failed } from './command.js';

const FILES = { keep: '1', skip: '2', 'sub/skip': '3', 'sub/keep': '4' };

test('an absolute path', async (t) => {
  const model = buildModel(t, FILES);
  t.deepEqual(await left(model, [join(model, 'sub')], '/'), ['keep', 'skip']);
});

test('a path relative to the working directory, as a shell completes it', async (t) => {
  const model = buildModel(t, FILES);
  t.deepEqual(await left('model', ['model/sub', './model/skip'], dirname(model)), ['keep']);
  t.deepEqual(await left('.', ['sub/'], model), ['keep', 'skip']);
  t.deepEqual(await left('..', ['../keep'], join(model, 'sub')), ['skip', 'sub/keep', 'sub/skip']);
});

test('a path relative to the model, where here there is nothing such', async (t) => {
  const model = buildModel(t, FILES);
  t.deepEqual(await left(model, ['sub', 'skip'], '/'), ['keep']);
  t.deepEqual(await left('model', ['sub/keep', 'sub/skip'], dirname(model)), ['keep', 'skip']);
  t.deepEqual(await left('model', ['not/there'], dirname(model)), Object.keys(FILES).toSorted());
});

test('where both exist and differ, nobody guesses', async (t) => {
  const model = buildModel(t, { ...FILES, 'sub/sub/x': '5' });
  const both = await command(['digest', '..', '--ignore-paths', 'skip'], { cwd: join(model, 'sub') });
  t.regex(failed(t, both, 'USAGE', 2), /means one entry from here and another from the model/);
});

test('an entry here that is outside the model does not hide the one inside', async (t) => {
  const model = buildModel(t, FILES);
  write(join(dirname(model), 'skip'), 'outside');
  t.deepEqual(await left('model', ['skip'], dirname(model)), ['keep', 'sub/keep', 'sub/skip']);
});

test('outside of the model, or the model itself, is a usage error', async (t) => {
  const model = buildModel(t, FILES);
  for (const path of ['../other', '../../x', 'model/../..', '..', '', '.']) {
    failed(t, await command(['digest', 'model', '--ignore-paths', path], { cwd: dirname(model) }), 'USAGE', 2);
  }
  const below = { cwd: join(model, 'sub') };
  failed(t, await command(['digest', '..', '--ignore-paths', ''], below), 'USAGE', 2);
  failed(t, await command(['digest', model, '--ignore-paths', '/elsewhere']), 'IGNORE_PATH_INVALID', 2);
  failed(t, await command(['digest', model, '--ignore-paths', model]), 'IGNORE_PATH_INVALID', 2);
});

test('the model itself by its name from here is a usage error, unless something in it has that name', async (t) => {
  const model = buildModel(t, FILES);
  const cwd = dirname(model);
  failed(t, await command(['digest', 'model', '--ignore-paths', 'model'], { cwd }), 'USAGE', 2);
  write(join(model, 'model'), 'in it');
  t.deepEqual(await left('model', ['model'], cwd), Object.keys(FILES).toSorted());
});

test('beside a model of one file its folder is what paths are in', async (t) => {
  const model = buildModel(t, FILES);
  const args = ['digest', 'keep', '--ignore-paths', 'skip', '--ignore-paths', './keep', '--json'];
  const { stdout } = await command(args, { cwd: model });
  t.like(JSON.parse(stdout), { resources: [{ name: 'keep' }] });
  const { ignorePaths } = (JSON.parse(stdout) as { serialization: { ignorePaths: string[] } }).serialization;
  t.deepEqual(
    ignorePaths.filter((path) => !path.startsWith('.git')),
    ['keep', 'skip'],
  );
});

test('a name that no file can have hides nothing', async (t) => {
  const model = buildModel(t, FILES);
  t.deepEqual(await left('..', ['x'.repeat(300)], join(model, 'sub')), Object.keys(FILES).toSorted());
});

test('dots that stay inside mean what they say', async (t) => {
  const model = buildModel(t, FILES);
  t.deepEqual(await left('model', ['model/sub/../skip', 'sub/./../keep'], dirname(model)), ['sub/keep', 'sub/skip']);
  t.deepEqual(await left('model', [`../${basename(dirname(model))}/model/sub`], dirname(model)), ['keep', 'skip']);
  t.deepEqual(await left('model', [`${model}/sub/../skip`, `${model}//sub/./`], dirname(model)), ['keep']);
});

test('through a link to the model the same entries are meant', async (t) => {
  const model = buildModel(t, FILES);
  symlinkSync('model', join(dirname(model), 'latest'));
  for (const [path, ignored] of [
    ['latest', 'latest/sub'],
    ['latest', 'model/sub'],
    ['model', 'latest/sub'],
  ] as const) {
    t.deepEqual(await left(path, [ignored], dirname(model)), ['keep', 'skip']);
  }
});

test('what lies below a link that leaves the model has the name of the link', async (t) => {
  const model = buildModel(t, {
    keep: '1',
    '../outside/keep': '2',
    '../outside/skip': '3',
    link: { link: '../outside' },
  });
  symlinkSync('model', join(dirname(model), 'latest'));
  for (const [path, ignored, cwd] of [
    ['model', 'model/link/skip', dirname(model)],
    ['model', 'latest/link/skip', dirname(model)],
    ['latest', 'latest/link/skip', dirname(model)],
    ['.', 'link/skip', model],
    [model, 'link/skip', '/'],
    [model, join(model, 'link/skip'), '/'],
  ] as const) {
    t.deepEqual(await left(path, [ignored], cwd, ['--allow-symlinks', '--allow-external-symlinks']), [
      'keep',
      'link/keep',
    ]);
  }
  const outside = ['digest', '.', '--ignore-paths', '../outside/skip'];
  failed(t, await command(outside, { cwd: model }), 'USAGE', 2);
});

test('a link can be ignored, and its target stays', async (t) => {
  const model = buildModel(t, { ...FILES, link: { link: 'keep' } });
  t.deepEqual(await left('model', ['model/link'], dirname(model)), Object.keys(FILES).toSorted());
});

test('names that begin with dots are inside', async (t) => {
  const model = buildModel(t, { keep: '1', '..skip': '2', '...': '3' });
  t.deepEqual(await left('model', ['model/..skip', '...'], dirname(model)), ['keep']);
});

test('what would be a pattern elsewhere is a name', async (t) => {
  const model = buildModel(t, { keep: '1', '*': '2', '[k]eep': '3' });
  t.deepEqual(await left('model', ['*', '[k]eep'], dirname(model)), ['keep']);
});

test('a working directory deep in the model', async (t) => {
  const model = buildModel(t, FILES);
  const deep = join(model, 'sub', 'deep');
  mkdirSync(deep);
  t.is(realpathSync(deep), realpathSync(model) + '/sub/deep');
  t.deepEqual(await left('../..', ['../skip'], deep), ['keep', 'skip', 'sub/keep']);
});

/** The names of the resources that are left. */
async function left(
  model: string,
  ignored: readonly string[],
  cwd: string,
  flags: readonly string[] = [],
): Promise<string[]> {
  const { stdout, stderr } = await command(
    ['digest', model, '--json', ...flags, ...ignored.flatMap((path) => ['--ignore-paths', path])],
    { cwd },
  );
  const { resources } = JSON.parse(stdout) as { resources?: { name: string }[] };
  if (!resources) throw new Error(stderr);
  return resources.map(({ name }) => name);
}
