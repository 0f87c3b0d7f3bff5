// SPDX-License-Identifier: Apache-2.0
// Writes the vectors beside this file from Wycheproof's: node trim.js <folder with *_test.json>
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILES = [
  'ecdsa_secp256r1_sha256',
  'ecdsa_secp384r1_sha384',
  'ecdsa_secp521r1_sha512',
  'ed25519',
  'rsa_pss_2048_sha256_mgf1_32_params',
  'rsa_signature_2048_sha256',
];

const [, , source = '.'] = process.argv;
for (const name of FILES) {
  const { testGroups } = JSON.parse(readFileSync(join(source, `${name}_test.json`), 'utf8'));
  const groups = testGroups.map(({ publicKeyDer, tests }) => ({
    publicKeyDer,
    tests: tests.map(({ tcId, comment, msg, sig, result }) => ({ tcId, comment, msg, sig, result })),
  }));
  const lines = groups.map((group) => JSON.stringify(group)).join(',\n');
  writeFileSync(new URL(`${name}.json`, import.meta.url), `[\n${lines}\n]\n`);
}
