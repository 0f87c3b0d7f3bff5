// SPDX-License-Identifier: Apache-2.0
// The targets of a release: that every list of them is the same one, what an addon has to be, how it is tried, and what
// is said where that cannot be done. Here only this machine's own addon is tried; `npm run build:targets` does the rest.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { parseTriple } from '@napi-rs/cli';
import test from 'ava';

import { scratch } from './models.js';

interface Target {
  readonly platform: string;
  readonly triple: string;
  readonly recipe: () => object;
  readonly gates: readonly Gate[];
  readonly run: () => object;
}

type Gate = (file: string) => string;

interface Outcome {
  readonly platform: string;
  readonly built?: object;
  readonly why?: string;
  readonly failed?: string;
}

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const { TARGETS } = await script<{ TARGETS: readonly Target[] }>('table');
const { glibc, macos, musl, size } = await script<{
  glibc: (floor: string) => Gate;
  macos: (floor: string) => Gate;
  musl: Gate;
  size: Gate;
}>('gates');
const { outcomeOf, smoke } = await script<{
  outcomeOf: (target: Target, steps: { run: boolean; core: boolean }) => Promise<Outcome>;
  smoke: (target: { platform: string }, addon: string, runner: object) => Promise<Record<string, unknown>>;
}>('outcome');
const { complaints, table } = await script<{
  complaints: (outcomes: readonly Outcome[], required: readonly string[]) => string[];
  table: (outcomes: readonly Outcome[]) => string;
}>('report');
const { native } = await script<{ native: () => object }>('runners');
const { ownPlatform } = await script<{ ownPlatform: () => string }>('../release/platforms');
const { WhyNot, lastWords, whyNot } = await script<{
  WhyNot: new (why: string) => Error;
  lastWords: (answer: { stdout: string; stderr: string }) => string;
  whyNot: (why: string) => () => never;
}>('why-not');

const ADDON = readdirSync(join(ROOT, 'npm')).find((name) => name.endsWith('.node')) ?? '';
const LOCAL = join(ROOT, 'npm', ADDON);
const isGlibc = ADDON.endsWith('-gnu.node');

test('the table, the loader, package.json and napi mean the same targets by the same names', (t) => {
  const require = createRequire(import.meta.url);
  const loader = require('../npm/loader.cjs') as { PLATFORMS: readonly string[]; PORTABLE: string };
  const { napi } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { napi: { targets: string[] } };
  t.deepEqual(TARGETS.map(({ platform }) => platform).toSorted(), [...loader.PLATFORMS, loader.PORTABLE].toSorted());
  t.deepEqual(
    TARGETS.map(({ triple }) => triple),
    napi.targets,
  );
  for (const { platform, triple } of TARGETS) t.is(parseTriple(triple).platformArchABI, platform);
});

test('every target has a limit on its size, and the oldest system it has to run on', (t) => {
  for (const { platform, gates } of TARGETS) {
    t.true(gates.includes(size), platform);
    t.is(gates.length, /^(?:win32|wasm32)-/.test(platform) ? 1 : 2, platform);
  }
});

test("this machine's own addon has the name of this machine, and is small", (t) => {
  t.is(ADDON, `model-signing.${ownPlatform()}.node`);
  t.regex(size(LOCAL), /^\d\.\d\d MB$/);
  const large = join(scratch(t), 'large');
  writeFileSync(large, Buffer.alloc(3_000_001));
  t.throws(() => size(large), { message: 'it has 3000001 bytes, 3000000 are the most' });
});

(isGlibc ? test : test.skip)('the newest version of glibc that an addon needs is compared with the floor', (t) => {
  const [, newest = ''] = /^glibc (\d+\.\d+)$/.exec(glibc('99.0')(LOCAL)) ?? [];
  t.is(glibc(newest)(LOCAL), `glibc ${newest}`);
  t.throws(() => glibc('2.2.5')(LOCAL), { message: `it needs glibc ${newest}, the floor is 2.2.5` });
  // As text 2.9 would be newer than 2.17.
  t.throws(() => glibc('2.9')(LOCAL), { message: /^it needs glibc 2\.\d\d, the floor is 2\.9$/ });
  t.throws(() => musl(LOCAL), { message: /^it is linked to glibc/ });
  const other = join(scratch(t), 'other');
  writeFileSync(other, 'not a program');
  t.throws(() => glibc('2.17')(other));
  t.throws(() => musl(other));
});

test('the oldest macOS that an addon runs on has to be the one that is promised, and on arm64 it has to be signed', (t) => {
  const folder = scratch(t);
  const [x64, arm64] = [0x0100_0007, 0x0100_000c];
  const gateOn = (cpu: number, ...commands: readonly Buffer[]): string => {
    const file = join(folder, 'addon');
    const header = words(0xfeed_facf, cpu, 0, 6, commands.length, Buffer.concat(commands).length, 0, 0);
    writeFileSync(file, Buffer.concat([header, ...commands]));
    return macos('11.0')(file);
  };
  const gate = (...commands: readonly Buffer[]): string => gateOn(arm64, ...commands);
  const signature = words(0x1d, 16, 0, 0);
  const version = (platform: number, oldest: number): Buffer => words(0x32, 24, platform, oldest, 0x0f_0000, 0);
  t.is(gate(version(1, 0x0b_0000), signature), 'macOS 11.0');
  t.throws(() => gate(version(1, 0x0c_0300), signature), { message: /^it is for macOS 12\.3 and later/ });
  t.throws(() => gate(version(2, 0x0b_0000), signature), { message: 'it has no LC_BUILD_VERSION for macOS' });
  t.throws(() => gate(signature), { message: 'it has no LC_BUILD_VERSION for macOS' });
  t.throws(() => gate(version(1, 0x0b_0000)), { message: 'it has no signature' });
  t.is(gateOn(x64, version(1, 0x0b_0000)), 'macOS 11.0');
  t.throws(() => macos('11.0')(fileURLToPath(import.meta.url)), { message: 'it is no 64-bit Mach-O file' });
});

test("this machine's own addon passes the smoke test, from an installed layout and by the real loader", async (t) => {
  const ran = await smoke({ platform: ownPlatform() }, join('npm', ADDON), native());
  t.like(ran, { how: 'native', node: process.version, arch: process.arch, lengths: 305 });
  t.true(Number(ran['models']) >= 20);
});

test('an addon that is none fails the smoke test, in one line', async (t) => {
  const bad = join(scratch(t), ADDON);
  writeFileSync(bad, 'not an addon');
  const error = await t.throwsAsync(smoke({ platform: ownPlatform() }, bad, native()), {
    message: /^the smoke test fails: /,
  });
  t.notRegex(error.message, /\n/);
});

test('what cannot be had is said and is no failure, unless it is required', async (t) => {
  const absent = await outcomeOf(target(whyNot('there is no compiler for it')), { run: true, core: true });
  t.deepEqual(absent, { platform: 'linux-m68k-gnu', why: 'there is no compiler for it' });
  t.deepEqual(complaints([absent], ['linux-x64-gnu']), []);
  t.deepEqual(complaints([absent], ['linux-m68k-gnu']), ['linux-m68k-gnu is required: there is no compiler for it']);
  t.regex(table([absent]), /^linux-m68k-gnu +no +no +there is no compiler for it$/m);
});

test('what is wrong is a failure, required or not', async (t) => {
  const broken = await outcomeOf(
    target(() => {
      throw new Error('it does not build');
    }),
    { run: true, core: true },
  );
  t.deepEqual(broken, { platform: 'linux-m68k-gnu', failed: 'it does not build' });
  t.deepEqual(complaints([broken], []), ['linux-m68k-gnu failed: it does not build']);
  t.regex(table([broken]), /^linux-m68k-gnu +no +no +FAILED: it does not build$/m);
});

test("of a compiler's talk its error is told, not that there was one", (t) => {
  const stderr = `   Compiling libloading v0.9.0
error: error calling dlltool 'x86_64-w64-mingw32-dlltool': No such file or directory (os error 2)

error: could not compile \`libloading\` (lib) due to 1 previous error
warning: build failed, waiting for other jobs to finish...`;
  t.regex(lastWords({ stdout: '', stderr }), /^error: error calling dlltool/);
  t.is(lastWords({ stdout: 'only this\n', stderr: '' }), 'only this');
});

test('programs for macOS are built here and not run, and the reason is named', (t) => {
  const mac = TARGETS.find(({ platform }) => platform === 'darwin-arm64');
  t.throws(() => mac?.run(), { instanceOf: WhyNot, message: 'nothing but a Mac runs programs for macOS' });
});

function target(recipe: () => object): Target {
  return { platform: 'linux-m68k-gnu', triple: 'm68k-unknown-linux-gnu', recipe, gates: [], run: whyNot('no CPU') };
}

function words(...values: readonly number[]): Buffer {
  return Buffer.from(Uint32Array.from(values).buffer);
}

async function script<Module>(name: string): Promise<Module> {
  return (await import(new URL(`../npm/scripts/targets/${name}.js`, import.meta.url).href)) as Module;
}
