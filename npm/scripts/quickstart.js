// SPDX-License-Identifier: Apache-2.0
// From a fresh clone to a first answer: sets up, makes a small model and a throw-away key in a temporary folder, then
// signs the model and verifies it. No network service takes part.
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, run } from './run.js';
import { setUp } from './setup.js';

setUp();
const folder = mkdtempSync(join(tmpdir(), 'model-signing-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const model = makeModel(join(folder, 'sample-model'));
const { privateKey, publicKey } = makeKey(folder);
const signature = join(folder, 'model.sig');
command('digest', model);
command('sign', 'key', model, '--private-key', privateKey, '--signature', signature);
command('verify', 'key', model, '--public-key', publicKey, '--signature', signature);

/** @param {...string} args */
function command(...args) {
  console.log(`\n$ model-signing ${args.join(' ')}`);
  run(process.execPath, [join(ROOT, 'dist', 'cli', 'main.cjs'), ...args]);
}

/** @param {string} place */
function makeKey(place) {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const files = { privateKey: join(place, 'private.pem'), publicKey: join(place, 'public.pem') };
  writeFileSync(files.privateKey, pair.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  writeFileSync(files.publicKey, pair.publicKey.export({ type: 'spki', format: 'pem' }));
  return files;
}

/**
 * Three files, the same in every run, so that everyone sees the same digest.
 * @param {string} path
 */
function makeModel(path) {
  mkdirSync(join(path, 'tokenizer'), { recursive: true });
  writeFileSync(join(path, 'config.json'), '{"architectures":["Sample"],"hidden_size":64}\n');
  writeFileSync(join(path, 'tokenizer', 'vocabulary.txt'), 'model\nsigning\n');
  writeFileSync(join(path, 'weights.bin'), Buffer.alloc(1 << 20, 'weights '));
  return path;
}
