// SPDX-License-Identifier: Apache-2.0
// A release without publishing anything: `npm run release:rehearse`. Assembled, signed with a throw-away key by the
// command that would be released, verified as a user does, and refused once a byte of it is another.
import { generateKeyPairSync } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fail, run } from '../run.js';
import { assemble } from './assemble.js';
import { about, withOwnCommand } from './own-command.js';
import { RELEASE } from './pack.js';

const folder = mkdtempSync(join(tmpdir(), 'model-signing-rehearsal-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
try {
  assemble(process.argv.includes('--complete'));
  const keys = makeKeys();
  withOwnCommand(RELEASE, (command) => {
    command(...about(RELEASE, ['sign', 'key', '--private-key', keys.private]));
    verifyAsUser(command, keys.public);
  });
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}
run(process.execPath, [resolve('npm/scripts/test-install.js'), '--tarballs', RELEASE]);
console.log(`rehearsed; what would be published is in ${RELEASE}`);

/**
 * From a copy, since users have no other; then with one byte changed.
 * @param {import('./own-command.js').Command} command
 * @param {string} key
 */
function verifyAsUser(command, key) {
  const copy = join(folder, 'release');
  cpSync(RELEASE, copy, { recursive: true });
  const line = about(copy, ['verify', 'key', '--public-key', key]);
  command(...line);
  const sums = readFileSync(join(copy, 'SHA256SUMS'));
  writeFileSync(join(copy, 'SHA256SUMS'), sums.fill('x', 0, 1));
  try {
    command(...line);
  } catch {
    return console.log('refused, as it has to be');
  }
  throw new Error('a changed release was accepted');
}

function makeKeys() {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const files = { private: join(folder, 'private.pem'), public: join(folder, 'public.pem') };
  writeFileSync(files.private, pair.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  writeFileSync(files.public, pair.publicKey.export({ type: 'spki', format: 'pem' }));
  return files;
}
