// SPDX-License-Identifier: Apache-2.0
// Trust configurations: both forms are read, strictly; what is missing, malformed or no such file is said.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';
import { showTrust } from 'model-signing';

import { LARGEST_TRUST_FILE, readTrust, writeTrust } from '../../dist/methods/sigstore-trust-file.js';
import { scratch } from '../models.js';

const PINNED = new URL('../../npm/trust/public/', import.meta.url);
const ROOT = readFileSync(new URL('trusted_root.json', PINNED), 'utf8');
const CONFIG = readFileSync(new URL('signing_config.json', PINNED), 'utf8');

interface Root {
  readonly certificateAuthorities: readonly unknown[];
  readonly tlogs: readonly { readonly publicKey: object }[];
}

const BOTH = JSON.stringify({
  mediaType: 'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json',
  trustedRoot: JSON.parse(ROOT) as Root,
  signingConfig: JSON.parse(CONFIG) as object,
});

function codeOf(text: string | Uint8Array): string {
  try {
    readTrust(Buffer.from(text));
    return 'accepted';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

test('a trusted root alone, and with a signing configuration', (t) => {
  t.is(readTrust(Buffer.from(ROOT)).signingConfig, undefined);
  t.is(readTrust(Buffer.from(BOTH)).signingConfig?.caUrls.length, 1);
  for (const text of [ROOT, BOTH]) {
    const documents = readTrust(Buffer.from(text));
    t.deepEqual(readTrust(Buffer.from(writeTrust(documents))), documents);
  }
});

test('documents that are none of these', (t) => {
  const root = JSON.parse(ROOT) as Root;
  const wrong = [
    '',
    '{',
    'null',
    '[]',
    '{}',
    CONFIG,
    `${ROOT}x`,
    `\u{feff}${ROOT}`,
    ROOT.replace('{', '{"mediaType":"x",'),
    ROOT.replace('trustedroot', 'trustedrot'),
    ROOT.replace('version=0.1', 'version=9.1'),
    BOTH.replace('trustedroot+json', 'otherroot+json'),
    BOTH.replace('signingconfig.v0.2', 'signingconfig.v0.1'),
    BOTH.replace('"signingConfig"', '"otherConfig"'),
    JSON.stringify({ ...root, certificateAuthorities: [] }),
    JSON.stringify({ ...root, tlogs: [{ ...root.tlogs[0], hashAlgorithm: 'NOTHING' }] }),
    JSON.stringify({ ...root, tlogs: 7 }),
    '['.repeat(100_000),
  ];
  for (const text of wrong) t.is(codeOf(text), 'TRUST_CONFIG_INVALID', text.slice(0, 80));
  t.is(codeOf(Buffer.alloc(LARGEST_TRUST_FILE + 1, ' ')), 'TRUST_CONFIG_INVALID');
});

test('files: absent, folders, pipes, too large', async (t) => {
  const folder = scratch(t);
  const path = (name: string): string => join(folder, name);
  mkdirSync(path('folder'));
  writeFileSync(path('large'), ROOT + ' '.repeat(LARGEST_TRUST_FILE));
  const cases = [
    ['absent', 'TRUST_CONFIG_UNREADABLE'],
    ['folder', 'TRUST_CONFIG_UNREADABLE'],
    ['large', 'TRUST_CONFIG_INVALID'],
  ];
  if (process.platform !== 'win32') {
    execFileSync('mkfifo', [path('pipe')]);
    cases.push(['pipe', 'TRUST_CONFIG_UNREADABLE']);
  }
  for (const [name = '', code] of cases) {
    const error = await t.throwsAsync(showTrust({ trustConfig: path(name) }), undefined, name);
    t.like(error, { code, path: path(name) }, name);
    t.true(error?.message.includes(path(name)), error?.message);
  }
});

test('what cannot be used is left out, and that is said', async (t) => {
  const root = JSON.parse(ROOT) as Root;
  const [log] = root.tlogs;
  const changed = {
    ...root,
    certificateAuthorities: [...root.certificateAuthorities, { uri: 'https://empty', certChain: { certificates: [] } }],
    tlogs: [
      log,
      { ...log, baseUrl: 'https://no-start', publicKey: { ...log?.publicKey, validFor: {} } },
      { ...log, baseUrl: 'https://no-key', publicKey: { ...log?.publicKey, rawBytes: 'AAAA' } },
      { ...log, baseUrl: 'https://none\n', publicKey: undefined },
    ],
  };
  const trustConfig = join(scratch(t), 'trusted_root.json');
  writeFileSync(trustConfig, JSON.stringify(changed));
  const { logs, certificateAuthorities, remarks } = await showTrust({ trustConfig });
  t.deepEqual([logs.length, certificateAuthorities.length], [1, 2]);
  t.is(remarks.length, 4);
  for (const name of ['https://empty', 'https://no-start', 'https://no-key', 'https://none\\n']) {
    t.true(
      remarks.some((remark) => remark.startsWith(`'${name}' of the trust configuration`)),
      name,
    );
  }
});
