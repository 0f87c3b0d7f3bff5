// SPDX-License-Identifier: Apache-2.0
// The loader against copies of npm/ that are right, damaged, mixed or incomplete; each copy is a module of its own.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import test, { type ExecutionContext } from 'ava';

interface Checksums {
  version: string;
  files: Record<string, string>;
}

interface Failure extends Error {
  readonly code?: string;
  readonly hint?: string;
}

interface Loader {
  readonly PLATFORMS: readonly string[];
  readonly PORTABLE: string;
  readonly loadAddon: () => object;
}

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const TABLE = JSON.parse(readFileSync(join(ROOT, 'npm', 'checksums.json'), 'utf8')) as Checksums;
const ADDON = Object.keys(TABLE.files)[0] ?? '';
const PLATFORM = ADDON.split('.')[1] ?? '';
const PACKAGE = `model-signing-${PLATFORM}`;

test('loads the local build, and the same exports again', async (t) => {
  const { loadAddon } = await load(copy(t));
  t.true(Object.keys(loadAddon()).length > 0);
  t.is(loadAddon(), loadAddon());
});

test('loads the platform package when there is no local build', async (t) => {
  const folder = copy(t);
  moveToPackage(folder, PACKAGE, TABLE.version);
  const { loadAddon } = await load(folder);
  t.true(Object.keys(loadAddon()).length > 0);
});

test('the platforms are the targets of package.json', async (t) => {
  const { platforms } = (await import(new URL('../npm/scripts/release/platforms.js', import.meta.url).href)) as {
    platforms: () => { readonly name: string }[];
  };
  const { PLATFORMS, PORTABLE } = await load(copy(t));
  const names = platforms().map(({ name }) => name);
  t.deepEqual(names.toSorted(), [...PLATFORMS, PORTABLE].toSorted());
});

test('refuses an addon with one flipped byte', async (t) => {
  const folder = copy(t);
  const file = join(folder, 'npm', ADDON);
  const bytes = readFileSync(file);
  const middle = bytes.length >> 1;
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  writeFileSync(file, bytes);
  await refuses(t, folder, 'ADDON_MISMATCH', /is not the file that was built for this version/);
});

test('refuses an addon that the table does not name', async (t) => {
  const folder = copy(t);
  writeTable(folder, { ...TABLE, files: {} });
  await refuses(t, folder, 'ADDON_MISMATCH', /has no entry for model-signing\./);
});

test('refuses a local build without a table', async (t) => {
  const folder = copy(t);
  rmSync(join(folder, 'npm', 'checksums.json'));
  await refuses(t, folder, 'ADDON_MISMATCH', /checksums\.json.* is missing/);
});

test('refuses a local build of another version', async (t) => {
  const folder = copy(t);
  writeTable(folder, { ...TABLE, version: '0.0.9' });
  await refuses(t, folder, 'ADDON_MISMATCH', /has version 0\.0\.9, model-signing has/);
});

test('refuses a platform package of another version, though its bytes are right', async (t) => {
  const folder = copy(t);
  moveToPackage(folder, PACKAGE, '9.9.9');
  await refuses(t, folder, 'ADDON_MISMATCH', /has version 9\.9\.9/);
});

test('a missing platform package points at omitted optional dependencies', async (t) => {
  const folder = copy(t);
  rmSync(join(folder, 'npm', ADDON));
  const error = await refuses(t, folder, 'ADDON_MISSING', new RegExp(`${PACKAGE} is not installed`));
  t.regex(error.hint ?? '', /--include=optional/);
});

test('a checkout without an addon points at the build', async (t) => {
  const folder = copy(t);
  rmSync(join(folder, 'npm', ADDON));
  writeFileSync(join(folder, 'Cargo.toml'), '');
  const error = await refuses(t, folder, 'ADDON_MISSING', /not built yet/);
  t.regex(error.hint ?? '', /npm run build/);
});

test('node_modules of another system is named as such', async (t) => {
  const folder = copy(t);
  const other = PLATFORM.startsWith('darwin') ? 'linux-x64-musl' : 'darwin-arm64';
  moveToPackage(folder, `model-signing-${other}`, TABLE.version);
  await refuses(t, folder, 'ADDON_MISSING', new RegExp(`is for ${other}, but this Node\\.js runs on ${PLATFORM}`));
});

test.serial('an unknown platform is named', async (t) => {
  const { loadAddon } = await load(copy(t));
  const error = withProcess({ platform: 'aix', arch: 'ppc64' }, () => t.throws<Failure>(() => loadAddon()));
  t.is(error.code, 'ADDON_MISSING');
  t.is(error.message, 'There is no prebuilt addon for aix-ppc64.');
});

test.serial('musl is told by the ELF interpreter, wherever in the file its name stands', async (t) => {
  const folder = copy(t);
  const { loadAddon } = await load(folder);
  for (const [libc, linker] of Object.entries({
    musl: '/lib/ld-musl-x86_64.so.1',
    gnu: '/lib64/ld-linux-x86-64.so.2',
  })) {
    for (const isLittle of [true, false]) {
      const execPath = join(folder, `node-${libc}-${isLittle}`);
      writeFileSync(execPath, executable(linker, isLittle));
      const other = { execPath, platform: 'linux', arch: 'm68k' };
      const error = withProcess(other, () => t.throws<Failure>(() => loadAddon()));
      t.is(error.message, `There is no prebuilt addon for linux-m68k-${libc}.`);
    }
  }
});

test.serial('a Node.js without the needed Node-API is named', async (t) => {
  const { loadAddon } = await load(copy(t));
  const versions = { ...process.versions, napi: '8' };
  const error = withProcess({ versions }, () => t.throws<Failure>(() => loadAddon()));
  t.is(error.code, 'ADDON_UNLOADABLE');
  t.regex(error.message, /is too old: the addon needs Node-API 9, this Node\.js has 8/);
});

test('a file that the system cannot load is told apart from a wrong one', async (t) => {
  const folder = copy(t);
  replaceAddon(folder, Buffer.from('not an addon'));
  const error = await refuses(t, folder, 'ADDON_UNLOADABLE', /refused to load the addon/);
  t.true(error.cause instanceof Error);
});

test('a too old glibc is named with both versions', async (t) => {
  const original = readFileSync(join(ROOT, 'npm', ADDON));
  const at = original.indexOf('GLIBC_2.');
  if (!PLATFORM.endsWith('-gnu') || at === -1) {
    t.log('skipped: only an addon for glibc has versions of glibc');
    t.pass();
    return;
  }
  const folder = copy(t);
  replaceAddon(folder, Buffer.from(original).fill('GLIBC_9.', at, at + 8));
  await refuses(t, folder, 'ADDON_UNLOADABLE', /needs glibc 9\.[\d.]+ or later, this system has 2\.\d+/);
});

test('a Node.js that was told not to load addons is named', (t) => {
  const url = pathToFileURL(join(copy(t), 'npm', 'loader.cjs')).href;
  const code = `import(${JSON.stringify(url)}).then((l) => l.loadAddon()).catch((e) => console.log(e.code, e.message))`;
  const { stdout } = spawnSync(process.execPath, ['--no-addons', '--eval', code], { encoding: 'utf8' });
  t.regex(stdout, /^ADDON_UNLOADABLE This Node\.js was told not to load addons/);
});

test('the environment cannot put another package in the way', (t) => {
  const folder = copy(t);
  const elsewhere = copy(t);
  rmSync(join(folder, 'npm', ADDON));
  moveToPackage(elsewhere, PACKAGE, TABLE.version);
  const url = pathToFileURL(join(folder, 'npm', 'loader.cjs')).href;
  const code = `import(${JSON.stringify(url)}).then((l) => l.loadAddon()).catch((e) => console.log(e.code))`;
  const env = { ...process.env, NODE_PATH: join(elsewhere, 'node_modules') };
  const { stdout } = spawnSync(process.execPath, ['--eval', code], { encoding: 'utf8', env });
  t.is(stdout, 'ADDON_MISSING\n');
});

function copy(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'model-signing-loader-'));
  // Windows keeps a loaded addon locked until the process ends.
  t.teardown(() => process.platform === 'win32' || rmSync(folder, { recursive: true, force: true }));
  for (const file of ['package.json', 'npm/c-library.cjs', 'npm/loader.cjs', 'npm/checksums.json', `npm/${ADDON}`]) {
    cpSync(join(ROOT, file), join(folder, file), { recursive: true });
  }
  return folder;
}

async function load(folder: string): Promise<Loader> {
  return (await import(pathToFileURL(join(folder, 'npm', 'loader.cjs')).href)) as Loader;
}

async function refuses(t: ExecutionContext, folder: string, code: string, message: RegExp): Promise<Failure> {
  const { loadAddon } = await load(folder);
  const error = t.throws<Failure>(() => loadAddon(), { message });
  t.is(error.code, code);
  t.false(error.message.includes('\n'));
  t.truthy(error.hint);
  return error;
}

function moveToPackage(folder: string, name: string, version: string): void {
  const target = join(folder, 'node_modules', name, `model-signing.${name.replace('model-signing-', '')}.node`);
  mkdirSync(dirname(target), { recursive: true });
  renameSync(join(folder, 'npm', ADDON), target);
  writeFileSync(join(dirname(target), 'package.json'), JSON.stringify({ name, version }));
}

function replaceAddon(folder: string, bytes: Buffer): void {
  const file = join(folder, 'npm', ADDON);
  // A new file, not new bytes in a file that another test may have mapped.
  if (existsSync(file)) rmSync(file);
  writeFileSync(file, bytes);
  writeTable(folder, { ...TABLE, files: { [ADDON]: createHash('sha256').update(bytes).digest('hex') } });
}

function writeTable(folder: string, table: Checksums): void {
  writeFileSync(join(folder, 'npm', 'checksums.json'), JSON.stringify(table));
}

/** An ELF file of two program headers that names its interpreter far from the front. */
function executable(linker: string, isLittle: boolean): Buffer {
  const [table, name] = [64, 100_000];
  const view = new DataView(new ArrayBuffer(name + linker.length));
  view.setUint32(0, 0x7f45_4c46);
  view.setUint8(4, 2);
  view.setUint8(5, isLittle ? 1 : 2);
  view.setBigUint64(32, BigInt(table), isLittle);
  view.setUint16(54, 56, isLittle);
  view.setUint16(56, 2, isLittle);
  view.setUint32(table, 1, isLittle);
  view.setUint32(table + 56, 3, isLittle);
  view.setBigUint64(table + 56 + 8, BigInt(name), isLittle);
  view.setBigUint64(table + 56 + 32, BigInt(linker.length), isLittle);
  const bytes = Buffer.from(view.buffer);
  bytes.write(linker, name);
  return bytes;
}

function withProcess<Result>(values: Readonly<Record<string, unknown>>, run: () => Result): Result {
  const saved = Object.keys(values).map((name) => [name, Object.getOwnPropertyDescriptor(process, name)] as const);
  try {
    for (const [name, value] of Object.entries(values)) {
      Object.defineProperty(process, name, { value, configurable: true });
    }
    return run();
  } finally {
    for (const [name, descriptor] of saved)
      if (descriptor !== undefined) Object.defineProperty(process, name, descriptor);
  }
}
