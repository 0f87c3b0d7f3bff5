// SPDX-License-Identifier: Apache-2.0
// How the core's own tests are run on a target: each program for so long and no longer, all of them whatever one says,
// and what fails by its name. Scripts of the shell stand in for programs and emulators.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import test, { type ExecutionContext } from 'ava';

import { scratch } from './models.js';

interface Answer {
  readonly status: number | null;
  readonly stdout: string;
  readonly error?: Error;
}

const SCRIPTS = new URL('../npm/scripts/targets/', import.meta.url);
const { MOST_MINUTES, limited } = await script<{
  MOST_MINUTES: number;
  limited: (command: readonly string[], minutes?: number) => Promise<Answer>;
}>('limited');
const { coreTests, resultOf } = await script<{
  coreTests: (recipe: object, runner: object) => Promise<{ passed: number; skips: readonly string[] }>;
  resultOf: (program: string, answer: object) => { passed: number; failures: readonly string[] };
}>('core-tests');
const { table } = await script<{ table: (outcomes: readonly object[]) => string }>('report');

const SECOND = 1 / 60;
const OK = 'test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s';
const SAID = "NIST's vectors, in every lane of: armv8-sha2 x2, portable\nSKIPPED: links: none here";
const posix = process.platform === 'win32' ? test.skip : test;

posix('a program that takes too long is ended with all that it started, and the limit is named', async (t) => {
  const start = performance.now();
  const { status, stdout, error } = await limited(['sh', '-c', 'sleep 300 & echo $!; wait'], SECOND / 2);
  t.is(error?.message, `it took longer than ${SECOND / 2} min`);
  t.is(status, null);
  t.true(performance.now() - start < 20_000);
  t.true(await hasEnded(Number(stdout)));
  t.true(MOST_MINUTES > 0 && MOST_MINUTES <= 15);
});

posix('nor do those hold us up that left its group and keep its output open', async (t) => {
  const { stdout, error } = await limited(['sh', '-c', 'set -m; sleep 300 & echo $!; wait'], SECOND / 2);
  t.is(error?.message, `it took longer than ${SECOND / 2} min`);
  process.kill(Number(stdout), 'SIGKILL');
});

posix('what ends the script ends what it runs', async (t) => {
  const text = `import { limited } from '${new URL('limited.js', SCRIPTS).href}';
    await limited(['sh', '-c', 'echo $$ > "$0"; exec sleep 300', process.argv[1]]);`;
  const file = join(scratch(t), 'pid');
  const child = spawn(process.execPath, ['--input-type', 'module', '--eval', text, file], { stdio: 'inherit' });
  const pid = await numberIn(file);
  child.kill('SIGTERM');
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  t.is(signal, 'SIGTERM');
  t.true(await hasEnded(pid));
});

test('a program that cannot be started, or dies, says so', async (t) => {
  const { status, error } = await limited(['no-such-program']);
  t.is(status, null);
  t.regex(error?.message ?? '', /^no-such-program did not start: .*ENOENT/);
  const died = await limited([process.execPath, '--eval', 'process.abort()']);
  if (process.platform !== 'win32') t.is(died.error?.message, 'it was ended by SIGABRT');
});

posix('every test program runs, what passed is summed, and what was skipped is said', async (t) => {
  const made = programs(t, { one: `echo '${OK}'`, two: `echo "${SAID}" >&2; echo '${OK}'` });
  const core = await coreTests(made.recipe, made.runner);
  t.deepEqual(core, { passed: 4, skips: ['SKIPPED: links: none here'], kernels: ['armv8-sha2 x2', 'portable'] });
  const ran = { how: 'qemu-user', node: 'v24', kernel: 'scalar', seconds: 3 };
  const row = table([{ platform: 'linux-m68k-gnu', ran, core: { ...core, skips: 1, seconds: 90 } }]);
  t.regex(row, / 4 passed, 1 skip on qemu-user, armv8-sha2 x2 and portable, 1\.50 min$/m);
});

posix('a test that fails is named, and those after it still run', async (t) => {
  const failing = "echo 'test tests::bad ... FAILED'; echo 'test fine ... ok'; exit 101";
  const made = programs(t, { one: failing, two: 'kill -SEGV $$', three: 'exit 0' });
  await t.throwsAsync(coreTests(made.recipe, made.runner), {
    message: 'tests of the core fail: one: tests::bad; two: it was ended by SIGSEGV; three: it said nothing',
  });
});

posix('tests that do not build fail', async (t) => {
  const recipe = { tests: ['sh', '-c', 'echo "error: no linker" >&2; exit 101', 'sh'] };
  await t.throwsAsync(coreTests(recipe, {}), { message: "the core's tests do not build: error: no linker" });
});

test('of a program that was late the tests are named that it was in', (t) => {
  const stdout = [
    'test slow has been running for over 60 seconds',
    'test slower has been running for over 60 seconds',
    'test quick ... ok',
    'test slow ... ok',
  ].join('\n');
  const late = { status: null, stdout, stderr: '', error: new Error('it took longer than 10 min') };
  t.deepEqual(resultOf('oracle', late).failures, ['oracle: it took longer than 10 min (in slower)']);
});

function programs(t: ExecutionContext, texts: Readonly<Record<string, string>>) {
  const folder = scratch(t);
  const messages = Object.entries(texts).map(([name, text]) => {
    const executable = join(folder, name);
    writeFileSync(executable, text);
    return JSON.stringify({ reason: 'compiler-artifact', target: { name }, executable });
  });
  const told = join(folder, 'messages');
  writeFileSync(told, ['{"reason":"compiler-artifact","executable":null}', ...messages, ''].join('\n'));
  return {
    recipe: { tests: ['sh', '-c', `cat '${told}'`] },
    runner: { program: (file: string) => ['sh', file] },
  };
}

async function numberIn(file: string): Promise<number> {
  for (;;) {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    if (text.endsWith('\n')) return Number(text);
    await sleep(20);
  }
}

async function hasEnded(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 100; tries += 1) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    await sleep(50);
  }
  return false;
}

async function script<Module>(name: string): Promise<Module> {
  return (await import(new URL(`${name}.js`, SCRIPTS).href)) as Module;
}
