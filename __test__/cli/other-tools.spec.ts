// SPDX-License-Identifier: Apache-2.0
// Command lines as people know them from the other two tools: underscores, switches with values, flags of the program
// anywhere, levels in capitals, times with units.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { keyFiles, pair } from '../keys.js';
import { CA, NO_OPENSSL, Pki } from '../methods/pki.js';
import { buildModel, scratch, write } from '../models.js';
import { command, failed } from './command.js';

const run = NO_OPENSSL === undefined ? test : test.skip;
if (NO_OPENSSL !== undefined) console.error(NO_OPENSSL);
const pki = new Pki();
test.after.always(() => pki.remove());

const SECRET = 'open sesame';

/** What each tool's users type; words in capitals stand for this test's files. */
const LINES: readonly (readonly [tool: string, sign: string, verify: string])[] = [
  [
    'Python',
    '--log-level DEBUG sign key --ignore-paths SKIP --ignore-paths OTHER --no-ignore-git-paths --allow_symlinks --signature SIG --private_key KEY --password SECRET MODEL',
    '--log-level CRITICAL verify key --signature SIG --ignore-paths SKIP --ignore-paths OTHER --ignore-git-paths --allow_symlinks --public_key PUB --no-ignore_unsigned_files MODEL',
  ],
  [
    'Python',
    'sign certificate --signature SIG --private_key CERTKEY --signing_certificate CERT --certificate_chain MIDDLE --certificate_chain ROOT MODEL',
    'verify certificate --signature SIG --certificate_chain MIDDLE --certificate_chain ROOT --log_fingerprints --ignore_unsigned_files MODEL',
  ],
  [
    'Go',
    'sign key MODEL --signature=SIG --private-key=KEY --password=SECRET --ignore-paths=SKIP --ignore-paths=OTHER --ignore-git-paths=false --allow-symlinks=true --log-level=debug --log-format=text -t 1m30s',
    'verify key MODEL --signature SIG --public-key PUB --ignore-git-paths=true --allow-symlinks=true --ignore-unsigned-files=true --timeout=3m0s --log-level silent --output-file LOG',
  ],
  [
    'Go',
    '--log-format json sign certificate --timeout 1h --private-key CERTKEY --signing-certificate CERT --certificate-chain MIDDLE --certificate-chain ROOT --signature SIG MODEL',
    'verify --log-level warn certificate --certificate-chain MIDDLE --certificate-chain ROOT --signature SIG --log-fingerprints=false --ignore-unsigned-files=0 MODEL',
  ],
];

for (const [index, [tool, signing, verifying]] of LINES.entries()) {
  run(`${tool}, line ${index + 1}: signs and verifies`, async (t) => {
    const { cwd, words } = setting(t);
    const signed = await command(words(signing), { cwd });
    t.is(signed.exit, 0, signed.stderr);
    t.true(existsSync(join(cwd, 'my.sig')));
    const verified = await command(words(verifying), { cwd });
    t.is(verified.exit, 0, verified.stderr);
    t.is(existsSync(join(cwd, 'run.log')), verifying.includes('LOG'));
  });
}

run('a switch that is set to false is off', async (t) => {
  const { cwd, model, words } = setting(t);
  t.is((await command(words('sign key MODEL --private-key KEY --password SECRET'), { cwd })).exit, 0);
  write(join(model, 'new'), '1');
  const verify = async (flags: string) =>
    command(words(`verify key MODEL --public-key PUB --log-level error ${flags}`), { cwd });
  t.is((await verify('--ignore-unsigned-files=true')).exit, 0);
  failed(t, await verify('--ignore-unsigned-files=false'), 'MODEL_MISMATCH', 1);
  failed(t, await verify('--ignore-unsigned-files=true --ignore_unsigned_files=FALSE'), 'MODEL_MISMATCH', 1);
  failed(t, await verify('--ignore-unsigned-files=maybe'), 'USAGE', 2);
  failed(t, await verify('--ignore-unsigned-files='), 'USAGE', 2);
});

test('a value that looks like a switch stays a value', async (t) => {
  const { stderr } = await command(['verify', 'key', 'no such model', '--public-key=true', '--signature=false']);
  t.regex(stderr, /'true'|'false'/);
});

function setting(t: ExecutionContext) {
  const cwd = scratch(t);
  const model = buildModel(t, { a: '1', skip: '2', 'other/b': '3', '.gitignore': '4' });
  const key = keyFiles(cwd, pair(), SECRET);
  const [root, middle] = [pki.issue('root', { extensions: CA }), { extensions: CA }];
  const between = pki.issue('middle', { ...middle, issuer: root });
  const signer = pki.issue('signer', { issuer: between });
  const files: Readonly<Record<string, string>> = {
    MODEL: model,
    SKIP: join(model, 'skip'),
    OTHER: join(model, 'other'),
    SIG: 'my.sig',
    LOG: 'run.log',
    KEY: key.private,
    PUB: key.public,
    SECRET,
    CERTKEY: signer.key,
    CERT: signer.certificate,
    MIDDLE: between.certificate,
    ROOT: root.certificate,
  };
  const words = (line: string): string[] =>
    line
      .split(' ')
      .map((word) =>
        word.replace(/[A-Z]{3,}$/, (name) =>
          /=$|^$/.test(word.slice(0, -name.length)) ? (files[name] ?? name) : name,
        ),
      );
  return { cwd, model, words };
}
