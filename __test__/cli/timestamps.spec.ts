// SPDX-License-Identifier: Apache-2.0
// Timestamps and fingerprints through the command: `--tsa-url`, `--tsa-certificate-chain`, `--timeout`,
// `--log-fingerprints`, with keys and with certificates.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { keyFiles, pair } from '../keys.js';
import { CA, NO_OPENSSL, Pki, TSA } from '../methods/pki.js';
import { type Answer, reply, serve } from '../methods/time-authority.js';
import { buildModel, scratch } from '../models.js';
import { command, failed } from './command.js';

const run = NO_OPENSSL === undefined ? test : test.skip;
if (NO_OPENSSL !== undefined) console.error(NO_OPENSSL);
const pki = new Pki();
test.after.always(() => pki.remove());

interface Evidence {
  readonly time: { readonly time: string; readonly source: string };
  readonly remarks: readonly string[];
}

async function setting(t: ExecutionContext, answer?: Answer) {
  const cwd = scratch(t);
  const model = buildModel(t, { a: '1' });
  const key = keyFiles(cwd, pair());
  const root = pki.issue('root', { extensions: CA });
  const signer = pki.issue('signer', { issuer: root });
  const timeRoot = pki.issue('time root', { extensions: CA });
  const authority = pki.issue('time', { extensions: TSA, issuer: timeRoot });
  const { url, server } = await serve(answer ?? ((question) => ({ body: reply(pki, authority, question) })));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const signing = {
    key: ['--private-key', key.private],
    certificate: ['--private-key', signer.key, '--signing-certificate', signer.certificate],
  };
  const verifying = {
    key: ['--public-key', key.public],
    certificate: ['--certificate-chain', root.certificate],
  };
  return { cwd, model, url: url.href, timeRoot: timeRoot.certificate, signer, root, signing, verifying };
}

for (const method of ['key', 'certificate'] as const) {
  run(`${method}: an authority is asked at signing, and believed by who names it`, async (t) => {
    const { cwd, model, url, timeRoot, root, signing, verifying } = await setting(t);
    const signed = await command(['sign', method, model, ...signing[method], '--tsa_url', url], { cwd });
    t.deepEqual([signed.exit, signed.stderr], [0, '']);
    t.regex(readFileSync(join(cwd, 'model.sig'), 'utf8'), /"timestampVerificationData":\{"rfc3161Timestamps":\[/);
    const verify = async (...flags: string[]) =>
      command(['verify', method, model, ...verifying[method], '--json', ...flags], { cwd });
    const believed = JSON.parse((await verify('--tsa-certificate-chain', timeRoot)).stdout) as Evidence;
    t.deepEqual([believed.time.source, believed.remarks], ['timestamp', []]);
    const unused = await verify();
    t.regex(unused.stderr, /^note: the timestamps of the bundle were not used: no timestamp authority was given\n$/);
    const { time, remarks } = JSON.parse(unused.stdout) as Evidence;
    t.deepEqual([time.source, remarks.length], ['now', 1]);
    const words = await command(['verify', method, model, ...verifying[method], '--tsa_certificate_chain', timeRoot], {
      cwd,
    });
    t.regex(words.stdout, /^time: .*Z \(timestamp\)$/m);
    const stranger = ['verify', method, model, ...verifying[method], '--tsa-certificate-chain', root.certificate];
    failed(t, await command(stranger, { cwd }), 'TIMESTAMP_UNTRUSTED', 1);
  });

  run(`${method}: an authority that does not answer is waited for as long as --timeout says`, async (t) => {
    const { cwd, model, url, signing } = await setting(t, () => undefined);
    const args = ['sign', method, model, ...signing[method], '--tsa-url', url];
    const runs = [
      command([...args, '--timeout', '500ms'], { cwd }),
      command([...args, '-t', '0.5'], { cwd }),
      command(args, { cwd, env: { MODEL_SIGNING_TIMEOUT: '0.5s' } }),
    ];
    for (const ended of await Promise.all(runs)) {
      const what = failed(t, ended, 'TIMESTAMP_REQUEST_FAILED', 4);
      t.regex(what, /did not answer within 500 ms/);
      t.notRegex(ended.stderr, /secret/);
    }
    t.false(existsSync(join(cwd, 'model.sig')));
    const total = await command([...args, '--timeout', '1h', '--total-timeout', '1500ms'], { cwd });
    failed(t, total, 'TIMED_OUT', 4);
    t.false(existsSync(join(cwd, 'model.sig')));
  });
}

run('the fingerprints of all certificates, when they are asked for', async (t) => {
  const { cwd, model, root, signing, verifying } = await setting(t);
  const sign = ['sign', 'certificate', model, ...signing.certificate, '--certificate-chain', root.certificate];
  t.is((await command(sign, { cwd })).stderr, '');
  const signed = await command([...sign, '--log-fingerprints', '--json'], { cwd });
  const verified = await command(
    ['verify', 'certificate', model, ...verifying.certificate, '--log_fingerprints', '--json'],
    { cwd },
  );
  for (const { exit, stdout, stderr } of [signed, verified]) {
    t.is(exit, 0);
    const { remarks } = JSON.parse(stdout) as Evidence;
    t.is(remarks.length, 2);
    t.regex(remarks[0] ?? '', /signer.*' has fingerprint [0-9a-f]{64}$/);
    t.regex(remarks[1] ?? '', /root.*' has fingerprint [0-9a-f]{64}$/);
    t.is(stderr, remarks.map((remark) => `note: ${remark}\n`).join(''));
  }
  t.is(signed.stderr, verified.stderr);
});
