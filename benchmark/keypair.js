// SPDX-License-Identifier: Apache-2.0
// A throw-away key pair, for what signs and verifies.
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Makes a folder with a P-256 key pair; it goes when this process ends.
 * @returns {{ folder: string, privateKey: string, publicKey: string }}
 */
export function keyPair() {
  const folder = mkdtempSync(join(tmpdir(), 'model-signing-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const [privateKey, publicKey] = [join(folder, 'private.pem'), join(folder, 'public.pem')];
  writeFileSync(privateKey, keys.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(publicKey, keys.publicKey.export({ type: 'spki', format: 'pem' }));
  return { folder, privateKey, publicKey };
}
