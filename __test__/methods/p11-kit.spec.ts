// SPDX-License-Identifier: Apache-2.0
// The files in which p11-kit keeps what it knows of modules: merged, switched on and off, and ordered.

import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { type Places, registeredModules, usualPlaces } from '../../dist/methods/p11-kit.js';
import { scratch, write } from '../models.js';

test('what packages ship, the most wanted first', async (t) => {
  const places = files(t, {
    'packages/b.module': '# a comment\n\nmodule: /lib/b.so\n',
    'packages/a.module': 'module:/lib/a.so',
    'packages/first.module': '  module :  first.so  \r\n priority: 10\n',
    'packages/last.module': 'module: /lib/last.so\npriority: -1\nmanaged: yes\ntrust-policy: no\n',
    'packages/readme.txt': 'module: /lib/no.so\n',
    'packages/none.module': 'priority: 3\n',
    'packages/remote.module': 'module: /lib/r.so\nremote: |ssh host p11-kit remote /lib/r.so\n',
  });
  t.deepEqual(await registeredModules(places), [
    { name: 'first', module: 'first.so', priority: 10 },
    { name: 'a', module: '/lib/a.so', priority: 0 },
    { name: 'b', module: '/lib/b.so', priority: 0 },
    { name: 'last', module: '/lib/last.so', priority: -1 },
  ]);
});

test('modules that are not for us', async (t) => {
  const places = files(t, {
    'packages/all.module': 'module: /lib/all.so\nenable-in:\n',
    'packages/ours.module': 'module: /lib/ours.so\nenable-in: other, model-signing\n',
    'packages/theirs.module': 'module: /lib/theirs.so\nenable-in: other\n',
    'packages/on.module': 'module: /lib/on.so\ndisable-in: other\n',
    'packages/off.module': 'module: /lib/off.so\ndisable-in: other model-signing\n',
  });
  t.deepEqual(await names(places), ['on', 'ours']);
});

test('the machine adds to the packages, and the user to both, unless the machine forbids it', async (t) => {
  const all = {
    'packages/a.module': 'module: /lib/package.so\npriority: 5\n',
    'system/modules/a.module': 'module: /lib/system.so\n',
    'user/modules/a.module': 'module: /lib/user.so\n',
    'user/modules/mine.module': 'module: /lib/mine.so\n',
  };
  const found = async (more: Record<string, string>) =>
    (await registeredModules(files(t, { ...all, ...more }))).map(({ module, priority }) => `${module} ${priority}`);
  t.deepEqual(await found({}), ['/lib/user.so 5', '/lib/mine.so 0']);
  t.deepEqual(await found({ 'system/pkcs11.conf': 'user-config: merge\n' }), ['/lib/user.so 5', '/lib/mine.so 0']);
  t.deepEqual(await found({ 'system/pkcs11.conf': 'user-config: none\n' }), ['/lib/system.so 5']);
  t.deepEqual(await found({ 'system/pkcs11.conf': 'user-config: only\n' }), ['/lib/user.so 0', '/lib/mine.so 0']);
  t.deepEqual(await found({ 'user/pkcs11.conf': 'user-config: none\n' }), ['/lib/user.so 5', '/lib/mine.so 0']);
});

test('places that are not there, and files that are none', async (t) => {
  const folder = scratch(t);
  t.deepEqual(await names({ packages: [join(folder, 'x')], system: [join(folder, 'y')], user: join(folder, 'z') }), []);
  const places = files(t, {
    'packages/large.module': `module: /lib/large.so\n#${'x'.repeat(70_000)}`,
    'packages/folder.module/x': 'module: /lib/x.so\n',
    'packages/bytes.module': Buffer.from([0xff, 0, 0x0a]).toString('latin1'),
  });
  t.deepEqual(await names(places), []);
});

test("the user's own place follows the environment", (t) => {
  t.is(
    usualPlaces({ XDG_CONFIG_HOME: join(scratch(t), 'own') })
      .user.split(/[\\/]/)
      .at(-2),
    'own',
  );
  t.regex(usualPlaces({ XDG_CONFIG_HOME: 'not/absolute' }).user, /[\\/]\.config[\\/]pkcs11$/);
});

async function names(places: Places): Promise<string[]> {
  return (await registeredModules(places)).map(({ name }) => name);
}

function files(t: ExecutionContext, contents: Readonly<Record<string, string>>): Places {
  const folder = scratch(t);
  for (const [name, content] of Object.entries(contents)) write(join(folder, name), content);
  return { packages: [join(folder, 'packages')], system: [join(folder, 'system')], user: join(folder, 'user') };
}
