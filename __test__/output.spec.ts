// SPDX-License-Identifier: Apache-2.0
// Where a signature may be written, that this is known before the work, and that nobody ever sees half of one.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';
import { InputError, type SignOptions, type Signer, keySigner, sign, verify } from 'model-signing';

import { checkPlainOutput, writeOutput } from '../dist/output.js';
import { keyFiles, pair } from './keys.js';
import { buildModel, pattern, scratch } from './models.js';

const FILES = { 'a.bin': pattern(1000, 1), 'b/c': pattern(10, 2) };
const KEY = pair();
const { signer, verifier } = KEY;
const onUnix = process.platform === 'win32' ? test.skip : test;
const asUser = process.getuid?.() === 0 || process.platform === 'win32' ? test.skip : test;

test('a link is never replaced', async (t) => {
  const place = join(scratch(t), 'x.sig');
  symlinkSync('target', place);
  await refuses(t, place, 'OUTPUT_IS_LINK');
  await refuses(t, place, 'OUTPUT_IS_LINK', { force: true });
});

test('a folder or a pipe is never replaced', async (t) => {
  const folder = scratch(t);
  await refuses(t, folder, 'OUTPUT_NOT_A_FILE', { force: true });
  const pipe = join(folder, 'pipe');
  if (spawnSync('mkfifo', [pipe]).status === 0) await refuses(t, pipe, 'OUTPUT_NOT_A_FILE', { force: true });
});

test('a file that is no signature is replaced by force only', async (t) => {
  const place = join(scratch(t), 'x.sig');
  for (const text of ['notes', '{"name":"config"}', ` ${'x'.repeat(10_000)}{"mediaType":1}`, '[]', '\0']) {
    writeFileSync(place, text);
    await refuses(t, place, 'OUTPUT_NOT_A_BUNDLE');
    t.is(readFileSync(place, 'utf8'), text);
    await t.notThrowsAsync(sign(buildModel(t, FILES), { signer, signature: place, force: true }));
    t.true(readFileSync(place, 'utf8').startsWith('{"mediaType"'));
  }
});

test('a signature or an empty file is replaced without asking', async (t) => {
  const model = buildModel(t, FILES);
  const place = join(scratch(t), 'x.sig');
  const { bundle } = await sign(model, { signer });
  for (const text of ['', bundle, JSON.stringify(JSON.parse(bundle), undefined, 2), '{"dsseEnvelope":{}}']) {
    writeFileSync(place, text);
    await sign(model, { signer, signature: place });
    await t.notThrowsAsync(verify(model, place, { verifier }));
  }
});

test('the key is never replaced, under no name and by no force', async (t) => {
  const folder = scratch(t);
  const { private: key } = keyFiles(folder, KEY);
  linkSync(key, join(folder, 'another name'));
  const before = readFileSync(key, 'utf8');
  const own = keySigner({ privateKey: key });
  for (const place of [key, join(folder, 'another name'), `${folder}/./key.pem`]) {
    await refuses(t, place, 'OUTPUT_IS_INPUT', { force: true, signer: own });
  }
  t.is(readFileSync(key, 'utf8'), before);
});

test('no other private key is replaced, either', async (t) => {
  const place = join(scratch(t), 'x');
  const jwk = JSON.stringify(KEY.privateKey.export({ format: 'jwk' }));
  const pem = `Bag Attributes\n${String(KEY.privateKey.export({ type: 'sec1', format: 'pem' }))}`;
  for (const key of [pem, pem.replaceAll('EC PRIV', 'ENCRYPTED PRIV'), jwk, `\n{"keys": [${jwk}]}`]) {
    writeFileSync(place, key);
    await refuses(t, place, 'OUTPUT_IS_INPUT', { force: true });
    await t.throwsAsync(checkPlainOutput(place, []), { instanceOf: InputError, code: 'OUTPUT_IS_INPUT' });
  }
});

test('a file of the model is never replaced, unless it is a signature', async (t) => {
  const model = buildModel(t, { ...FILES, '../link': { link: 'model' } });
  for (const place of [join(model, 'a.bin'), join(model, '..', 'link', 'b', 'c')]) {
    const { message } = await refuses(t, place, 'OUTPUT_IS_INPUT', { force: true }, model);
    t.regex(message, /is a file of the model$/);
  }
  const single = join(model, 'a.bin');
  await refuses(t, single, 'OUTPUT_IS_INPUT', { force: true }, single);
  t.deepEqual(new Uint8Array(readFileSync(single)), FILES['a.bin']);
  const signature = join(scratch(t), 'x.sig');
  await sign(model, { signer, signature });
  await refuses(t, signature, 'OUTPUT_IS_INPUT', { force: true }, signature);
});

test('a folder that is not there is known before the work', async (t) => {
  await refuses(t, join(scratch(t), 'no', 'x.sig'), 'OUTPUT_UNWRITABLE');
  const file = join(scratch(t), 'file');
  writeFileSync(file, '');
  await refuses(t, join(file, 'x.sig'), 'OUTPUT_UNWRITABLE');
});

asUser('a folder that may not be written to is known before the work', async (t) => {
  const folder = scratch(t);
  chmodSync(folder, 0o555);
  await refuses(t, join(folder, 'x.sig'), 'OUTPUT_UNWRITABLE');
});

test('when writing fails the old file stays, and nothing else', async (t) => {
  const folder = scratch(t);
  const place = join(folder, 'x.sig');
  mkdirSync(place);
  writeFileSync(join(place, 'inside'), 'old');
  const error = await t.throwsAsync(writeOutput(place, 'new'), { instanceOf: InputError, code: 'OUTPUT_UNWRITABLE' });
  t.is(error.path, place);
  t.deepEqual(readdirSync(folder), ['x.sig']);
  t.is(readFileSync(join(place, 'inside'), 'utf8'), 'old');
});

test('the old file is there until the new one is: by one rename', async (t) => {
  const place = join(scratch(t), 'x.sig');
  writeFileSync(place, 'old');
  linkSync(place, `${place}.kept`);
  await writeOutput(place, 'new');
  t.is(readFileSync(place, 'utf8'), 'new');
  t.is(readFileSync(`${place}.kept`, 'utf8'), 'old', 'the old file itself was not written to');
});

test('a reader sees one whole signature or another, never less', async (t) => {
  const place = join(scratch(t), 'x.sig');
  const texts = ['a', 'b'].map((letter) => letter.repeat(100_000));
  await writeOutput(place, texts[0] ?? '');
  const state = { isWriting: true };
  const writing = (async () => {
    for (let round = 0; round < 30; round++) await writeOutput(place, texts[round % 2] ?? '');
    state.isWriting = false;
  })();
  while (state.isWriting) {
    t.true(texts.includes(readFileSync(place, 'utf8')));
    await new Promise(setImmediate);
  }
  await writing;
});

test('many signatures into one file at once: one of them wins', async (t) => {
  const folder = scratch(t);
  const place = join(folder, 'x.sig');
  const models = Array.from({ length: 8 }, (_, index) => buildModel(t, { own: `${index}` }));
  const signed = await Promise.all(models.map((model) => sign(model, { signer, signature: place })));
  t.true(signed.some(({ bundle }) => bundle === readFileSync(place, 'utf8')));
  t.deepEqual(readdirSync(folder), ['x.sig']);
});

test('leftovers of dead processes go, those of living ones and of other files stay', async (t) => {
  const folder = scratch(t);
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  const names = {
    dead: `.x.sig.model-signing.${dead}.abc.tmp`,
    living: `.x.sig.model-signing.${process.ppid}.abc.tmp`,
    own: `.x.sig.model-signing.${process.pid}.abc.tmp`,
    older: `.x.sig.model-signing.${process.pid}.def.tmp`,
    other: `.y.sig.model-signing.${dead}.abc.tmp`,
    similar: `.x.sig.model-signing.${dead}.abc.tmp.bak`,
  };
  for (const name of Object.values(names)) writeFileSync(join(folder, name), '');
  // Another process had this number before this one was started.
  utimesSync(join(folder, names.older), 0, 0);
  await writeOutput(join(folder, 'x.sig'), 'new');
  const kept = [names.living, names.own, names.similar, names.other];
  t.deepEqual(readdirSync(folder).toSorted(), [...kept, 'x.sig'].toSorted());
});

test('a leftover inside the model is not signed as a file of it', async (t) => {
  const model = buildModel(t, FILES);
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  writeFileSync(join(model, `.model.sig.model-signing.${dead}.abc.tmp`), '{"mediaType"');
  const signature = join(model, 'model.sig');
  const { manifest } = await sign(model, { signer, signature });
  t.deepEqual(
    [...manifest.resources].map(({ name }) => name),
    Object.keys(FILES),
  );
  await t.notThrowsAsync(verify(model, signature, { verifier }));
});

test('a name may be as long as the file system allows; one that is longer is known before the work', async (t) => {
  const model = buildModel(t, FILES);
  const folder = scratch(t);
  const place = join(folder, 'x'.repeat(255));
  await sign(model, { signer, signature: place });
  await t.notThrowsAsync(verify(model, place, { verifier }));
  t.deepEqual(readdirSync(folder), ['x'.repeat(255)]);
  await refuses(t, join(folder, 'x'.repeat(256)), 'OUTPUT_UNWRITABLE');
});

asUser('a file that cannot be read, and may be anything, is not replaced', async (t) => {
  const place = join(scratch(t), 'x.sig');
  writeFileSync(place, '', { mode: 0 });
  await refuses(t, place, 'OUTPUT_UNWRITABLE');
  await refuses(t, place, 'OUTPUT_UNWRITABLE', { force: true });
});

onUnix('the mode is what the umask leaves', async (t) => {
  const folder = scratch(t);
  const model = buildModel(t, FILES);
  const place = join(folder, 'x.sig');
  const { private: key } = keyFiles(folder, KEY);
  const script = `const [, place, key, model] = process.argv;
    const { sign, keySigner } = await import('model-signing');
    await sign(model, { signer: keySigner({ privateKey: key }), signature: place });`;
  for (const umask of ['022', '077', '027']) {
    const shell = `umask ${umask} && exec "$@"`;
    const args = ['--input-type=module', '-e', script, place, key, model];
    const { stderr } = spawnSync('sh', ['-c', shell, 'sh', process.execPath, ...args], { encoding: 'utf8' });
    t.is(stderr, '');
    t.is(statSync(place).mode & 0o777, 0o666 & ~Number.parseInt(umask, 8));
  }
});

/** Refused before the signer is even asked whether it can sign. */
async function refuses(
  t: ExecutionContext,
  signature: string,
  code: string,
  { signer: given = signer, ...options }: SignOptions & { signer?: Signer } = {},
  model: string = buildModel(t, FILES),
): Promise<InputError> {
  let prepared = 0;
  const watched: Signer = {
    ...given,
    prepare: async () => {
      prepared += 1;
    },
  };
  const run = sign(model, { ...options, signer: watched, signature });
  const error = await t.throwsAsync(run, { instanceOf: InputError, code });
  t.is(prepared, 0);
  t.is(error.path, signature);
  return error;
}

function* broken(): Generator<string> {
  yield 'three';
  throw new Error('broken');
}

test('an output in pieces is written at once or not at all', async (t) => {
  const folder = scratch(t);
  const place = join(folder, 'out');
  await writeOutput(place, ['one ', 'two']);
  t.is(readFileSync(place, 'utf8'), 'one two');
  await t.throwsAsync(async () => writeOutput(place, broken()), { code: 'OUTPUT_UNWRITABLE' });
  t.is(readFileSync(place, 'utf8'), 'one two');
  t.deepEqual(readdirSync(folder), ['out']);
});

test('an output that is no signature replaces what it has to, but no signature and nothing in use', async (t) => {
  const folder = scratch(t);
  const [place, input] = [join(folder, 'out'), join(folder, 'key')];
  writeFileSync(input, 'secret');
  await t.notThrowsAsync(checkPlainOutput(place, [input]));
  for (const text of ['', 'what was there', '{"ok":true}']) {
    writeFileSync(place, text);
    await t.notThrowsAsync(checkPlainOutput(place, [input]));
  }
  writeFileSync(place, (await sign(buildModel(t, FILES), { signer })).bundle);
  for (const path of [place, input, `${folder}/./key`]) {
    await t.throwsAsync(checkPlainOutput(path, [input]), { code: 'OUTPUT_IS_INPUT' });
  }
  await t.throwsAsync(checkPlainOutput(folder, []), { code: 'OUTPUT_NOT_A_FILE' });
  await t.throwsAsync(checkPlainOutput(join(folder, 'no/out'), []), { code: 'OUTPUT_UNWRITABLE' });
});

test('a full disk leaves the old signature, and no other file', async (t) => {
  const disk = scratch(t);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk], { encoding: 'utf8' });
  if (mounted.status !== 0) {
    t.log('SKIPPED: no small disk can be mounted here');
    t.pass();
    return;
  }
  t.teardown(() => spawnSync('umount', [disk]));
  const place = join(disk, 'model.sig');
  const model = buildModel(t, FILES);
  await sign(model, { signer, signature: place });
  const before = readFileSync(place);
  writeFileSync(join(disk, 'filler'), Buffer.alloc(56 << 10));
  const error = await t.throwsAsync(async () => writeOutput(place, 'x'.repeat(32 << 10)), { instanceOf: InputError });
  t.is(error.code, 'OUTPUT_UNWRITABLE');
  t.deepEqual(readFileSync(place), before);
  t.deepEqual(readdirSync(disk).toSorted(), ['filler', 'model.sig']);
});
