// SPDX-License-Identifier: Apache-2.0
// Timestamps of a real authority (`openssl ts` behind a loopback server): the good ones set the time, forged ones
// are refused, each with its own code.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';
import { ModelSigningError } from 'model-signing';

import { SigningError } from '../../dist/errors.js';
import {
  type CertificateVerifierOptions,
  certificateSigner,
  certificateVerifier,
} from '../../dist/methods/certificate.js';
import { requestTimestamp } from '../../dist/methods/timestamp-request.js';
import { pki, run } from './chains.js';
import { CA, type Party, TSA, bundleOf } from './pki.js';
import { type Answer, type Reply, reply as replyOf, serve } from './time-authority.js';

let count = 0;

/** A TimeStampResp in DER to a query in DER. */
function reply(authority: Party, question: Uint8Array, wish: Reply = {}): Buffer {
  return replyOf(pki, authority, question, wish);
}

/** A query in DER. */
function query(data: Uint8Array, ...flags: string[]): Buffer {
  count += 1;
  const base = join(pki.folder, `q-${count}`);
  writeFileSync(`${base}.data`, data);
  const options = flags.length > 0 ? flags : ['-sha256', '-cert'];
  execFileSync('openssl', ['ts', '-query', '-data', `${base}.data`, ...options, '-out', `${base}.tsq`], {
    stdio: 'pipe',
  });
  return readFileSync(`${base}.tsq`);
}

/** Only the token of an answer. */
function tokenOf(answer: Buffer): Buffer {
  count += 1;
  const base = join(pki.folder, `r-${count}`);
  writeFileSync(`${base}.tsr`, answer);
  execFileSync('openssl', ['ts', '-reply', '-in', `${base}.tsr`, '-token_out', '-out', `${base}.tst`], {
    stdio: 'pipe',
  });
  return readFileSync(`${base}.tst`);
}

interface Setting {
  readonly signer: Party;
  readonly authorityRoot: Party;
  readonly authority: Party;
  readonly options: CertificateVerifierOptions;
}

/** A signer's chain and an authority's, strangers to each other. */
function setting(extensions: readonly string[] = TSA, authorityWish: object = {}, signerWish: object = {}): Setting {
  const root = pki.issue('root', { extensions: CA });
  const signer = pki.issue('signer', { issuer: root, ...signerWish });
  const authorityRoot = pki.issue('time root', { extensions: CA });
  const authority = pki.issue('time', { extensions, issuer: authorityRoot, ...authorityWish });
  const options = { certificateChain: [root.certificate], timestampAuthorities: [authorityRoot.certificate] };
  return { signer, authorityRoot, authority, options };
}

async function refused(
  t: ExecutionContext,
  options: CertificateVerifierOptions,
  signer: Party,
  token: Uint8Array,
  signature: Uint8Array,
  code: string,
) {
  const bundle = { ...bundleOf([signer]), signature, timestamps: [token] };
  const error = await t.throwsAsync(certificateVerifier(options).verify(bundle), { instanceOf: ModelSigningError });
  t.is<string, string>(error.code, code, error.message);
  t.notRegex(error.message, /\p{Cc}/u);
}

run('a good token sets the time, with every hash, and only for those who name its authority', async (t) => {
  const { signer, authority, authorityRoot, options } = setting();
  const bundle = bundleOf([signer]);
  for (const hash of ['-sha256', '-sha384', '-sha512']) {
    const timestamps = [tokenOf(reply(authority, query(bundle.signature, hash, '-cert')))];
    const { time } = await certificateVerifier(options).verify({ ...bundle, timestamps });
    t.is(time.source, 'timestamp');
    t.true(Math.abs(time.time.getTime() - Date.now()) < 60_000);
    const { timestampAuthorities: _, ...without } = options;
    const unused = await certificateVerifier(without).verify({ ...bundle, timestamps });
    t.is(unused.time.source, 'now');
    t.regex(unused.remarks?.[0] ?? '', /were not used/);
  }
  const bare = tokenOf(reply(authority, query(bundle.signature, '-sha256')));
  const leafGiven = { ...options, timestampAuthorities: [authority.certificate, authorityRoot.certificate] };
  t.is((await certificateVerifier(leafGiven).verify({ ...bundle, timestamps: [bare] })).time.source, 'timestamp');
  await refused(t, options, signer, bare, bundle.signature, 'TIMESTAMP_UNTRUSTED');
  const none = await certificateVerifier(options).verify(bundle);
  t.is(none.time.source, 'now');
  t.regex(none.remarks?.[0] ?? '', /holds no timestamp/);
});

run('an accuracy is no reason to move the time', async (t) => {
  const { signer, authority, options } = setting();
  const bundle = bundleOf([signer]);
  const extra = 'accuracy = secs:59, millisecs:500, microsecs:100';
  const timestamps = [tokenOf(reply(authority, query(bundle.signature), { extra }))];
  const { time } = await certificateVerifier(options).verify({ ...bundle, timestamps });
  t.true(time.source === 'timestamp' && Math.abs(time.time.getTime() - Date.now()) < 60_000);
});

run('an authority above a timestamp authority must be for timestamps too', async (t) => {
  const { signer, authorityRoot, options } = setting();
  const bundle = bundleOf([signer]);
  const tokenUnder = (...extensions: string[]): Buffer => {
    const between = pki.issue('between', { extensions: [...CA, ...extensions], issuer: authorityRoot });
    const authority = pki.issue('time', { extensions: TSA, issuer: between });
    return tokenOf(reply(authority, query(bundle.signature), { chain: between }));
  };
  for (const extensions of [[], ['extendedKeyUsage=timeStamping'], ['extendedKeyUsage=anyExtendedKeyUsage']]) {
    const { time } = await certificateVerifier(options).verify({ ...bundle, timestamps: [tokenUnder(...extensions)] });
    t.is(time.source, 'timestamp');
  }
  const other = tokenUnder('extendedKeyUsage=codeSigning');
  await refused(t, options, signer, other, bundle.signature, 'TIMESTAMP_UNTRUSTED');
});

run('RSA authorities, and the older name of the signer', async (t) => {
  const { signer, authority, options } = setting(TSA, { key: 'rsa2048' });
  const bundle = bundleOf([signer]);
  for (const ess of ['sha1', 'sha256', 'sha512']) {
    const timestamps = [tokenOf(reply(authority, query(bundle.signature), { ess }))];
    t.is((await certificateVerifier(options).verify({ ...bundle, timestamps })).time.source, 'timestamp', ess);
  }
});

run('a chain is judged at the time of the token, not now', async (t) => {
  const soon = new Date(Date.now() + 4000);
  const end = soon.toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  const { signer, authority, options } = setting(TSA, {}, { end });
  const bundle = bundleOf([signer]);
  const timestamps = [tokenOf(reply(authority, query(bundle.signature)))];
  await new Promise((resolve) => {
    setTimeout(resolve, soon.getTime() - Date.now() + 1100);
  });
  t.is((await certificateVerifier(options).verify({ ...bundle, timestamps })).time.source, 'timestamp');
  const error = await t.throwsAsync(certificateVerifier(options).verify(bundle), { instanceOf: ModelSigningError });
  t.is<string, string>(error.code, 'CERTIFICATE_EXPIRED');
});

run('a certificate that expired before the token, and one revoked before and after it', async (t) => {
  const { signer, authority, options } = setting(TSA, {}, { end: '20210101000000Z' });
  const bundle = bundleOf([signer]);
  const token = tokenOf(reply(authority, query(bundle.signature)));
  await refused(t, options, signer, token, bundle.signature, 'CERTIFICATE_EXPIRED');
  const root = pki.issue('root', { extensions: CA });
  const other = pki.issue('signer', { issuer: root });
  const revocable = { ...options, certificateChain: [root.certificate] };
  const signed = bundleOf([other]);
  const fresh = tokenOf(reply(authority, query(signed.signature)));
  const before = { ...revocable, crls: [pki.list(root, { revoked: [[other, '240101000000Z']] })] };
  await refused(t, before, other, fresh, signed.signature, 'CERTIFICATE_REVOKED');
  const after = { ...revocable, crls: [pki.list(root, { revoked: [[other, '490101000000Z']] })] };
  await t.notThrowsAsync(certificateVerifier(after).verify({ ...signed, timestamps: [fresh] }));
});

run('forged tokens', async (t) => {
  const { signer, authority, authorityRoot, options } = setting();
  const { signature } = bundleOf([signer]);
  const good = tokenOf(reply(authority, query(signature)));
  const selfMade = pki.issue('time', { extensions: TSA });
  const cases: readonly [Uint8Array, string][] = [
    [tokenOf(reply(selfMade, query(signature))), 'TIMESTAMP_UNTRUSTED'],
    [tokenOf(reply(selfMade, query(Buffer.from('other data')))), 'TIMESTAMP_IMPRINT_MISMATCH'],
    [tokenOf(reply(authority, query(Buffer.from('other data')))), 'TIMESTAMP_IMPRINT_MISMATCH'],
    [tokenOf(reply(authority, query(signature, '-sha1', '-cert'))), 'TIMESTAMP_ALGORITHM'],
    [Buffer.of(0x30, 5, 0x30, 3, 2, 1, 2), 'TIMESTAMP_FORMAT'],
    [Buffer.concat([good, Buffer.of(0)]), 'TIMESTAMP_FORMAT'],
    [good.subarray(0, -1), 'TIMESTAMP_FORMAT'],
    [Buffer.of(), 'TIMESTAMP_FORMAT'],
    [Buffer.alloc(300_000, 0x30), 'TIMESTAMP_FORMAT'],
  ];
  for (const [token, code] of cases) await refused(t, options, signer, token, signature, code);
  const answer = { ...bundleOf([signer]), signature, timestamps: [reply(authority, query(signature))] };
  t.is((await certificateVerifier(options).verify(answer)).time.source, 'timestamp', 'an answer that says yes');
  const changed = Buffer.from(good);
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  await refused(t, options, signer, changed, signature, 'TIMESTAMP_SIGNATURE_INVALID');
  const earlier = Buffer.from(good.toString('latin1').replace(/20(\d{12})Z/, '19$1Z'), 'latin1');
  await refused(t, options, signer, earlier, signature, 'TIMESTAMP_SIGNATURE_INVALID');
  const late = pki.issue('late', { extensions: TSA, issuer: authorityRoot, end: '20210101000000Z' });
  await refused(t, options, signer, tokenOf(reply(late, query(signature))), signature, 'TIMESTAMP_UNTRUSTED');
  const bad = { ...bundleOf([signer]), signature, timestamps: [good, tokenOf(reply(selfMade, query(signature)))] };
  const error = await t.throwsAsync(certificateVerifier(options).verify(bad), { instanceOf: ModelSigningError });
  t.is<string, string>(error.code, 'TIMESTAMP_UNTRUSTED');
  const many = { ...bad, timestamps: Array.from({ length: 33 }, () => good) };
  const crowd = await t.throwsAsync(certificateVerifier(options).verify(many), { instanceOf: ModelSigningError });
  t.is<string, string>(crowd.code, 'TIMESTAMP_TOO_MANY');
});

run('an authority for anything but timestamps is none', async (t) => {
  const { signer, authority, authorityRoot, options } = setting();
  const { signature } = bundleOf([signer]);
  const ku = 'keyUsage=critical,digitalSignature';
  for (const extensions of [
    [ku, 'extendedKeyUsage=timeStamping', 'ids'],
    [ku, 'extendedKeyUsage=critical,timeStamping,codeSigning', 'ids'],
    [ku, 'extendedKeyUsage=critical,codeSigning', 'ids'],
    [ku, 'ids'],
    ['keyUsage=critical,keyAgreement', 'extendedKeyUsage=critical,timeStamping', 'ids'],
    ['basicConstraints=critical,CA:TRUE', ku, 'extendedKeyUsage=critical,timeStamping', 'ids'],
  ]) {
    // OpenSSL refuses to sign with these, so the good authority's certificate gives way to one of the same key.
    const key = pki.issue('twin', { extensions, issuer: authorityRoot, key: authority });
    const token = cmsToken(key, query(signature), authority);
    await refused(t, options, signer, token, signature, 'TIMESTAMP_USAGE');
  }
});

/** A token whose TSTInfo comes from a real authority, signed anew as CMS by somebody else. */
function cmsToken(by: Party, question: Buffer, authority: Party): Buffer {
  const info = infoOf(tokenOf(reply(authority, question)));
  return cms(by, info, '-cades', '-econtent_type', '1.2.840.113549.1.9.16.1.4');
}

function infoOf(token: Buffer): Buffer {
  count += 1;
  const base = join(pki.folder, `info-${count}`);
  writeFileSync(`${base}.tst`, token);
  const flags = ['-inform', 'DER', '-in', `${base}.tst`, '-out', `${base}.info`];
  execFileSync('openssl', ['cms', '-verify', '-noverify', ...flags], { stdio: 'pipe' });
  return readFileSync(`${base}.info`);
}

function cms(by: Party, content: Buffer, ...flags: string[]): Buffer {
  count += 1;
  const base = join(pki.folder, `cms-${count}`);
  writeFileSync(`${base}.in`, content);
  const files = ['-in', `${base}.in`, '-out', `${base}.out`, '-signer', by.certificate, '-inkey', by.key];
  const form = ['-nodetach', '-outform', 'DER', '-md', 'sha256', '-binary', '-nosmimecap'];
  execFileSync('openssl', ['cms', '-sign', ...form, ...files, ...flags], { stdio: 'pipe' });
  return readFileSync(`${base}.out`);
}

run('no signed attributes, no name of the signer, another content type: malformed', async (t) => {
  const { signer, authority, options } = setting();
  const { signature } = bundleOf([signer]);
  const proof = cmsToken(authority, query(signature), authority);
  const bundle = { ...bundleOf([signer]), signature, timestamps: [proof] };
  t.is((await certificateVerifier(options).verify(bundle)).time.source, 'timestamp');
  const info = infoOf(proof);
  const type = ['-econtent_type', '1.2.840.113549.1.9.16.1.4'];
  const second = ['-signer', signer.certificate, '-inkey', signer.key];
  for (const flags of [[...type], [...type, '-noattr'], ['-cades'], [...type, '-cades', ...second]]) {
    await refused(t, options, signer, cms(authority, info, ...flags), signature, 'TIMESTAMP_FORMAT');
  }
});

run('a signer asks an authority, and the bundle verifies with it', async (t) => {
  const { signer, authority, options } = setting();
  const { url, server } = await serve((question) => ({ body: reply(authority, question) }));
  const maker = certificateSigner({ privateKey: signer.key, certificate: signer.certificate, timestampUrl: url });
  const message = Buffer.from('m');
  const made = await maker.sign({ message, payload: message, signal: undefined });
  t.is(made.timestamps?.length, 1);
  const bundle = { ...bundleOf([signer]), ...made, message, timestamps: made.timestamps ?? [] };
  t.is((await certificateVerifier(options).verify(bundle)).time.source, 'timestamp');
  server.close();
  for (const timestampUrl of ['', 'ftp://x.example/', 'x', 'http://user:secret@x.example/']) {
    const wrong = { privateKey: signer.key, certificate: signer.certificate, timestampUrl };
    t.is(t.throws(() => certificateSigner(wrong), { instanceOf: ModelSigningError })?.code, 'OPTION_INVALID');
  }
});

run('answers that are not believed', async (t) => {
  const { authority } = setting();
  const signature = Buffer.from('a signature');
  const cases: readonly [answer: Answer, code: string, timeout?: number][] = [
    [() => ({ body: reply(authority, query(signature)) }), 'TIMESTAMP_NONCE_MISMATCH'],
    [() => ({ body: reply(authority, query(signature, '-sha256', '-cert', '-no_nonce')) }), 'TIMESTAMP_NONCE_MISMATCH'],
    [() => ({ body: reply(authority, query(Buffer.from('other'))) }), 'TIMESTAMP_REJECTED'],
    [(question) => ({ body: reply(authority, question, { digests: 'sha512' }) }), 'TIMESTAMP_REJECTED'],
    [() => ({ body: Buffer.from('<html>') }), 'TIMESTAMP_REJECTED'],
    [() => ({ body: Buffer.alloc(1_000_000) }), 'TIMESTAMP_REQUEST_FAILED'],
    [() => ({ status: 500 }), 'TIMESTAMP_REQUEST_FAILED'],
    [() => ({ status: 302 }), 'TIMESTAMP_REQUEST_FAILED'],
    [() => undefined, 'TIMESTAMP_REQUEST_FAILED', 200],
  ];
  for (const [answer, code, timeout] of cases) {
    const { url, server } = await serve(answer);
    const limit = timeout === undefined ? {} : { timeout };
    const error = await t.throwsAsync(requestTimestamp(url, signature, limit), { instanceOf: SigningError });
    t.is<string, string>(error.code, code, error.message);
    t.notRegex(error.message, /secret|\p{Cc}/u);
    server.closeAllConnections();
    server.close();
  }
  const nobody = new URL('http://127.0.0.1:1/');
  const error = await t.throwsAsync(requestTimestamp(nobody, signature), { instanceOf: SigningError });
  t.is<string, string>(error.code, 'TIMESTAMP_REQUEST_FAILED');
});

run('an abort ends the wait', async (t) => {
  const { url, server } = await serve(() => undefined);
  const controller = new AbortController();
  const reason = new Error('enough');
  setTimeout(() => controller.abort(reason), 50);
  t.is(await t.throwsAsync(requestTimestamp(url, Buffer.from('s'), { signal: controller.signal })), reason);
  server.closeAllConnections();
  server.close();
});
