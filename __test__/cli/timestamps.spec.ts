// SPDX-License-Identifier: Apache-2.0
// Timestamps and fingerprints through the command: `--tsa-url`, `--tsa-certificate-chain`, `--timeout`,
// `--log-fingerprints`, with keys and with certificates, in files and on tokens.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { keyFiles, pair } from '../keys.js';
import { CA, NO_OPENSSL, Pki, TSA, derOf } from '../methods/pki.js';
import { MODULE, NO_SOFTHSM } from '../methods/softhsm.js';
import { type Answer, reply, serve } from '../methods/time-authority.js';
import { buildModel, scratch } from '../models.js';
import { command, failed } from './command.js';
import { KEY, good, setting as tokenSetting } from './tokens.js';

const run = NO_OPENSSL === undefined ? test : test.skip;
const onToken = NO_SOFTHSM === undefined ? run : test.skip;
for (const reason of [NO_OPENSSL, NO_SOFTHSM]) if (reason !== undefined) console.error(reason);
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

onToken('keys on tokens: the time is witnessed, and certificates are told, as of keys in files', async (t) => {
  const { url, timeRoot, root, signer } = await setting(t);
  const { softhsm, sign, verify } = tokenSetting(t);
  const place = { ...KEY, label: 'certified', id: '02' };
  softhsm.importKey(signer.key, place);
  softhsm.importCertificate(derOf(signer.certificate), place);
  const uri = `pkcs11:token=one;id=%02?module-path=${MODULE}`;
  const [named, held] = [
    ['--pkcs11-uri', uri],
    ['--private-key', uri],
  ];
  const trusting = ['--tsa-certificate-chain', timeRoot, '--json'];
  for (const [method, key] of [
    ['pkcs11-key', named],
    ['key', held],
  ] as const) {
    good(t, await sign(method, ...key, '--tsa-url', url));
    const { stdout } = await verify('pkcs11-key', ...named, ...trusting);
    t.is((JSON.parse(stdout) as Evidence).time.source, 'timestamp');
    const stranger = await verify('pkcs11-key', ...named, '--tsa-certificate-chain', root.certificate);
    failed(t, stranger, 'TIMESTAMP_UNTRUSTED', 1);
  }
  for (const [method, key] of [
    ['pkcs11-certificate', named],
    ['certificate', held],
  ] as const) {
    const signed = await sign(method, ...key, '--tsa-url', url, '--log-fingerprints', '--json');
    const { remarks } = JSON.parse(signed.stdout) as Evidence;
    t.is(remarks.length, 1);
    t.regex(remarks[0] ?? '', /signer.*' has fingerprint [0-9a-f]{64}$/);
    const { stdout } = await verify('certificate', '--certificate-chain', root.certificate, ...trusting);
    t.is((JSON.parse(stdout) as Evidence).time.source, 'timestamp');
  }
  // Files are read before a token is looked for, and before anybody types a PIN.
  const missing = ['--pkcs11-uri', 'pkcs11:token=three', '--tsa-certificate-chain', 'missing.pem'];
  failed(t, await verify('pkcs11-key', ...missing), 'CERTIFICATE_UNREADABLE', 3);
});

onToken('keys on tokens: an authority that does not answer is waited for as long as --timeout says', async (t) => {
  const { url, signer } = await setting(t, () => undefined);
  const { softhsm, sign, signature } = tokenSetting(t);
  softhsm.importKey(signer.key, { ...KEY, label: 'certified', id: '02' });
  const uri = `pkcs11:token=one;id=%02?module-path=${MODULE}`;
  const patience = ['--tsa-url', url, '--timeout', '500ms', '--signing-certificate', signer.certificate];
  for (const ended of [
    await sign('pkcs11-key', '--pkcs11-uri', uri, ...patience.slice(0, 4)),
    await sign('pkcs11-certificate', '--pkcs11-uri', uri, ...patience),
  ]) {
    t.regex(failed(t, ended, 'TIMESTAMP_REQUEST_FAILED', 4), /did not answer within 500 ms/);
  }
  t.false(existsSync(signature));
});
