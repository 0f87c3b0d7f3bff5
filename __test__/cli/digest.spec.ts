// SPDX-License-Identifier: Apache-2.0
// `model-signing digest` as a process: answers, JSON, refusals, and how it ends.

import { spawnSync } from 'node:child_process';
import { closeSync, chmodSync, openSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import test, { type ExecutionContext } from 'ava';

import { HUGE, buildModel, pattern } from '../models.js';
import { GIT_PATHS, manifestOf } from '../oracle.js';
import { MAIN, command, ended, failed, start, withoutRights } from './command.js';

const FILES = { 'a.bin': pattern(1000, 1), 'b/c': pattern(10, 2) };

test('the answer is the root digest and nothing else', async (t) => {
  const { rootDigest } = manifestOf('model', FILES);
  const model = buildModel(t, FILES);
  t.deepEqual(await command(['digest', model]), { exit: 0, stdout: `${rootDigest}\n`, stderr: '' });
  t.deepEqual(await command(['digest', '--quiet', model]), { exit: 0, stdout: `${rootDigest}\n`, stderr: '' });
  t.deepEqual(await command(['digest', 'model'], { cwd: dirname(model) }), {
    exit: 0,
    stdout: `${rootDigest}\n`,
    stderr: '',
  });
});

test('every flag that is recorded changes the answer as the library says', async (t) => {
  const model = buildModel(t, FILES);
  const answer = async (...flags: string[]) => (await command(['digest', model, ...flags])).stdout.trim();
  t.is(await answer('--shard-size', '100'), manifestOf('model', FILES, { shardSize: 100 }).rootDigest);
  t.is(await answer('--hash-algorithm=blake2b'), manifestOf('model', FILES, { hashAlgorithm: 'blake2b' }).rootDigest);
  t.is(await answer('--ignore-paths', 'b'), manifestOf('model', { 'a.bin': FILES['a.bin'] }).rootDigest);
});

test('flags about the work change nothing', async (t) => {
  const model = buildModel(t, FILES);
  const { stdout } = await command(['digest', model]);
  t.is((await command(['digest', model, '--threads', '3', '--no-mmap', '--fill-cache'])).stdout, stdout);
  t.is((await command(['digest', model, '--threads=1', '--mmap', '--no-fill-cache'])).stdout, stdout);
});

test('--json: the whole manifest, member by member', async (t) => {
  const model = buildModel(t, { ...FILES, skip: '1', '.gitignore': '*' });
  const { stdout, stderr, exit } = await command([
    'digest',
    model,
    '--json',
    '--shard-size',
    '400',
    '--ignore-paths',
    'skip',
  ]);
  t.deepEqual([exit, stderr, stdout.indexOf('\n')], [0, '', stdout.length - 1]);
  const { resources, rootDigest } = manifestOf('model', FILES, { shardSize: 400 });
  t.deepEqual(JSON.parse(stdout), {
    schemaVersion: 1,
    ok: true,
    modelName: 'model',
    rootDigest,
    serialization: {
      method: 'shards',
      hashAlgorithm: 'sha256',
      shardSize: 400,
      allowSymlinks: false,
      ignorePaths: ['.git', '.gitattributes', '.github', '.gitignore', 'skip'],
    },
    ignored: [
      { path: '.gitignore', files: 1 },
      { path: 'skip', files: 1 },
    ],
    resources,
  });
});

test('--json of any number of resources is one object', async (t) => {
  for (const size of [999, 1000, 1001, 2000, 3500]) {
    const { stdout } = await command(['digest', buildModel(t, { a: pattern(size, 0) }), '--json', '--shard-size', '1']);
    const { resources } = JSON.parse(stdout) as { resources: unknown[] };
    t.is(resources.length, size);
  }
});

test('--json: failures are on stdout, too', async (t) => {
  const { exit, stdout, stderr } = await command(['digest', '--json', 'no such model']);
  t.is(exit, 3);
  t.deepEqual(JSON.parse(stdout), {
    schemaVersion: 1,
    ok: false,
    error: { code: 'MODEL_NOT_FOUND', message: "model 'no such model' does not exist", hint: 'check the path' },
  });
  t.is(stderr, "error: model 'no such model' does not exist [MODEL_NOT_FOUND]\nhint: check the path\n");
  const wrong = await command(['digest', '--json', '--nonsense', 'x']);
  t.is(wrong.exit, 2);
  t.is((JSON.parse(wrong.stdout) as { error: { code: string } }).error.code, 'USAGE');
});

test('a model that is not there is an input error, a bad one is a no', async (t) => {
  failed(t, await command(['digest', 'no such model']), 'MODEL_NOT_FOUND', 3);
  failed(t, await command(['digest', buildModel(t, {})]), 'MODEL_EMPTY', 1);
  failed(t, await command(['digest', buildModel(t, { link: { link: 'x' } })]), 'SYMLINK_FORBIDDEN', 1);
  failed(t, await command(['digest', '/']), 'MODEL_NAMELESS', 3);
  const model = buildModel(t, { a: '1' });
  if (spawnSync('mkfifo', [join(model, 'pipe')]).status === 0)
    failed(t, await command(['digest', model]), 'SPECIAL_FILE', 1);
});

test('what may not be read is an input error', async (t) => {
  const model = buildModel(t, { a: '1', 'sub/b': '2' });
  const nobody = await withoutRights();
  if (nobody === undefined) {
    console.warn('SKIPPED: no user without rights to run the command as');
    t.pass();
    return;
  }
  chmodSync(dirname(model), 0o755);
  chmodSync(join(model, 'a'), 0);
  failed(t, await command(['digest', model], nobody), 'PERMISSION_DENIED', 3);
  const other = await command(['digest', model, '--ignore-paths', 'a'], nobody);
  t.is(
    other.stdout,
    `${manifestOf('model', { 'sub/b': Buffer.from('2') }, { ignorePaths: [...GIT_PATHS, 'a'] }).rootDigest}\n`,
  );
  chmodSync(join(model, 'sub'), 0);
  const folder = await command(['digest', model, '--ignore-paths', 'a'], nobody);
  failed(t, folder, 'PERMISSION_DENIED', 3);
  t.is((await command(['digest', model, '--ignore-paths', 'a', '--ignore-paths', 'sub'], nobody)).exit, 1);
});

test('names cannot act on the terminal', async (t) => {
  const name = '\u001B[2J\u001B]0;owned\u0007\nerror: all is well\u202E';
  const inside = failed(t, await command(['digest', buildModel(t, { [name]: { link: 'x' } })]), 'SYMLINK_FORBIDDEN', 1);
  t.true(inside.includes('\\u{1b}[2J'));
  for (const args of [
    [name],
    [`./${name}`],
    ['x', `--${name}`],
    ['x', '--ignore-paths', `../${name}`],
    ['x', '--threads', name],
    ['x', name],
  ]) {
    const { stderr } = await command(['digest', ...args]);
    t.regex(stderr, /^error: [^\p{Cc}\u202E]+\nhint: [^\p{Cc}\u202E]+\n$/u);
  }
});

test('names in JSON cannot act on the terminal either, and are read back as they are', async (t) => {
  const name = '\u001B[2J\u007F\u009B1m\u202Eexe\u2028\u{E0041}"\\x';
  const { stdout } = await command(['digest', '--json', buildModel(t, { [name]: '1' })]);
  t.notRegex(stdout.trimEnd(), /[\p{Cc}\p{Cf}\p{Zl}]/u);
  t.is((JSON.parse(stdout) as { resources: { name: string }[] }).resources[0]?.name, name);
  const failure = await command(['digest', '--json', name]);
  t.notRegex(failure.stdout.trimEnd(), /[\p{Cc}\p{Cf}\p{Zl}]/u);
});

test('a name that is not UTF-8 is shown by its bytes', async (t) => {
  if (process.platform !== 'linux') return;
  const model = buildModel(t, { a: '1' });
  writeFileSync(Buffer.concat([Buffer.from(`${model}/bad`), Buffer.from([0xff])]), '');
  t.true(failed(t, await command(['digest', model]), 'NAME_INVALID', 1).includes("'bad\\xff'"));
});

test('a link at the root is followed, and said unless quiet', async (t) => {
  const model = buildModel(t, { ...FILES, '../latest': { link: 'model' } });
  const { rootDigest } = manifestOf('model', FILES);
  const link = join(dirname(model), 'latest');
  t.is(basename(link), 'latest');
  const note = 'note: the model path is a symbolic link and was followed\n';
  t.deepEqual(await command(['digest', link]), { exit: 0, stdout: `${rootDigest}\n`, stderr: note });
  t.deepEqual(await command(['digest', '--quiet', link]), { exit: 0, stdout: `${rootDigest}\n`, stderr: '' });
});

test('a reader that goes away is no error', async (t) => {
  const model = buildModel(t, { a: pattern(20_000, 0) });
  const shell = `"$0" "$1" digest "$2" --json --shard-size 1 | head -c 1; echo " \${PIPESTATUS[0]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', shell, process.execPath, MAIN, model], { encoding: 'utf8' });
  t.deepEqual([stdout, stderr], ['{ 0\n', '']);
});

test('an answer that cannot be written is an error', async (t) => {
  if (process.platform !== 'linux') return;
  const model = buildModel(t, FILES);
  const full = openSync('/dev/full', 'w');
  t.teardown(() => closeSync(full));
  const { exit, stderr } = await ended(start(['digest', model], { stdio: ['ignore', full, 'pipe'] }));
  t.is(exit, 3);
  t.regex(stderr, /^error: cannot write the answer: .*ENOSPC.* \[IO_ERROR\]\nhint: .+\n$/);
  t.is((await ended(start(['digest', model, '--json'], { stdio: ['ignore', full, full] }))).exit, 3);
});

for (const [signal, exit] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  test.serial(`${signal} ends a long run at once`, async (t) => {
    await endsBy(t, signal, exit);
  });
}

/** The best of three: a busy machine may hold up any process now and then. */
async function endsBy(t: ExecutionContext, signal: NodeJS.Signals, exit: number): Promise<void> {
  const model = buildModel(t, { huge: HUGE });
  let best = Infinity;
  for (let round = 0; round < 3 && best >= 250; round++) {
    const child = start(['digest', model]);
    const end = ended(child);
    await hashing(child.pid);
    const begun = performance.now();
    child.kill(signal);
    t.deepEqual(await end, { exit, stdout: '', stderr: '' });
    best = Math.min(best, performance.now() - begun);
  }
  t.log(`ended after ${best.toFixed(0)} ms`);
  t.true(best < 250);
}

/** Waits until a command has threads that hash; where that cannot be seen, long enough. */
async function hashing(pid = 0): Promise<void> {
  if (process.platform !== 'linux') {
    await sleep(3000);
    return;
  }
  const tasks = `/proc/${pid}/task`;
  const names = (): string[] => readdirSync(tasks).map((task) => readFileSync(`${tasks}/${task}/comm`, 'utf8').trim());
  while (!names().includes('model-signing')) await sleep(10);
}
