// SPDX-License-Identifier: Apache-2.0
// Real public key infrastructures, made by OpenSSL for each test: authorities, certificates, revocation lists.

import { execFileSync, spawnSync } from 'node:child_process';
import { type KeyObject, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { SignedBundle } from '../../dist/method.js';

/** Why nothing here can run, or nothing. */
export const NO_OPENSSL =
  spawnSync('openssl', ['version']).status === 0 ? undefined : 'SKIPPED: the openssl command is not there';

export const CA = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign', 'ids'];
export const LEAF = [
  'basicConstraints=critical,CA:FALSE',
  'keyUsage=critical,digitalSignature',
  'extendedKeyUsage=codeSigning',
  'ids',
];
export const TSA = [
  'basicConstraints=critical,CA:FALSE',
  'keyUsage=critical,digitalSignature',
  'extendedKeyUsage=critical,timeStamping',
  'ids',
];

/** The key and the certificate of somebody. */
export interface Party {
  readonly name: string;
  readonly key: string;
  readonly certificate: string;
}

export interface Wish {
  readonly subject?: string;
  readonly issuer?: Party;
  /** Lines of OpenSSL's configuration; `ids` stands for both key identifiers; an empty list makes version 1. */
  readonly extensions?: readonly string[];
  readonly sections?: string;
  readonly start?: string;
  readonly end?: string;
  readonly key?: 'p256' | 'p384' | 'p521' | 'ed25519' | 'rsa1024' | 'rsa2048' | 'rsa3072' | 'pss' | Party;
  readonly digest?: string;
}

export interface ListWish {
  /** Lines `certificate path -> YYMMDDHHMMSSZ`. */
  readonly revoked?: readonly (readonly [Party, string])[];
  readonly start?: string;
  readonly end?: string;
  readonly extensions?: readonly string[];
  readonly sections?: string;
}

export class Pki {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'model-signing-pki-'));
  #count = 0;

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  issue(name: string, wish: Wish = {}): Party {
    const id = this.#next(name);
    const { key = 'p256', subject = `/CN=${name}`, issuer, digest = 'sha256' } = wish;
    const keyPath = typeof key === 'object' ? key.key : this.#write(`${id}.key`, newKey(key));
    const config = this.#config(id, wish.extensions ?? LEAF, wish.sections, digest);
    const [csr, certificate] = [join(this.folder, `${id}.csr`), join(this.folder, `${id}.pem`)];
    openssl('req', '-new', '-key', keyPath, '-subj', subject, '-config', config, '-out', csr);
    const by = issuer ? ['-cert', issuer.certificate, '-keyfile', issuer.key] : ['-selfsign', '-keyfile', keyPath];
    const dates = ['-startdate', wish.start ?? '20200101000000Z', '-enddate', wish.end ?? '20600101000000Z'];
    openssl('ca', '-batch', '-notext', '-config', config, ...by, ...dates, '-in', csr, '-out', certificate);
    return { name, key: keyPath, certificate };
  }

  /** A revocation list in PEM. */
  list(issuer: Party, wish: ListWish = {}): string {
    const id = this.#next('list');
    const config = this.#config(id, [], wish.sections, 'sha256', wish.extensions ?? ['authorityKeyIdentifier=keyid']);
    const lines = (wish.revoked ?? []).map(([{ certificate }, when]) => {
      const serial = openssl('x509', '-in', certificate, '-noout', '-serial').trim().replace('serial=', '');
      return `R\t591231235959Z\t${when}\t${serial}\tunknown\t/CN=x\n`;
    });
    writeFileSync(join(this.folder, `${id}.db`), lines.join(''));
    const path = join(this.folder, `${id}.crl`);
    const dates = [
      '-crl_lastupdate',
      wish.start ?? '20200101000000Z',
      '-crl_nextupdate',
      wish.end ?? '20590101000000Z',
    ];
    const by = ['-cert', issuer.certificate, '-keyfile', issuer.key];
    openssl('ca', '-gencrl', '-config', config, ...by, ...dates, '-out', path);
    return path;
  }

  #next(name: string): string {
    this.#count += 1;
    return `${this.#count}-${name.replace(/\W/g, '')}`;
  }

  #write(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  #config(id: string, extensions: readonly string[], sections = '', digest = 'sha256', list: readonly string[] = []) {
    const ids = 'subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid';
    const lines = (all: readonly string[]): string => all.map((line) => (line === 'ids' ? ids : line)).join('\n');
    this.#write(`${id}.db`, '');
    this.#write(`${id}.db.attr`, 'unique_subject=no\n');
    return this.#write(
      `${id}.cnf`,
      `[req]\ndistinguished_name=dn\nutf8=yes\n[dn]\n[ca]\ndefault_ca=d\n[d]\ndatabase=${this.folder}/${id}.db
new_certs_dir=${this.folder}\nrand_serial=yes\npolicy=p\ndefault_md=${digest}\nemail_in_dn=yes\nunique_subject=no
preserve=yes\n${extensions.length > 0 ? 'x509_extensions=e' : ''}\n${list.length > 0 ? 'crl_extensions=c' : ''}
[p]\norganizationName=optional\ncommonName=optional\nemailAddress=optional
[e]\n${lines(extensions)}\n[c]\n${lines(list)}\n${sections}\n`,
    );
  }
}

export function openssl(...args: string[]): string {
  return execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] }).toString();
}

export function derOf(path: string): Buffer {
  const [, body = ''] = /-----BEGIN [^-]+-----([^-]+)-----END/.exec(readFileSync(path, 'utf8')) ?? [];
  return Buffer.from(body, 'base64');
}

export function keyOf({ key }: Party): KeyObject {
  return createPrivateKey(readFileSync(key));
}

const HASHES: Readonly<Record<string, string>> = { prime256v1: 'sha256', secp384r1: 'sha384', secp521r1: 'sha512' };

/** What a bundle says that the first party signed, with the others' certificates behind its own. */
export function bundleOf(parties: readonly Party[], timestamps: readonly Uint8Array[] = []): SignedBundle {
  const [leaf] = parties;
  if (leaf === undefined) throw new Error('who signs?');
  const key = keyOf(leaf);
  const message = Buffer.from('DSSEv1 28 application/vnd.in-toto+json 2 {}');
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  const hash = type === 'ed25519' ? null : (HASHES[details?.namedCurve ?? ''] ?? 'sha256');
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    material: { kind: 'certificateChain', certificates: parties.map(({ certificate }) => derOf(certificate)) },
    signature: sign(hash, message, type === 'rsa-pss' ? { key, saltLength: 32 } : key),
    message,
    forcedHash: undefined,
    payload: Buffer.from('{}'),
    timestamps,
  };
}

function newKey(kind: Exclude<Wish['key'], Party | undefined>): string {
  return keyPair(kind).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function keyPair(kind: Exclude<Wish['key'], Party | undefined>): { privateKey: KeyObject } {
  switch (kind) {
    case 'p256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' });
    case 'p384':
      return generateKeyPairSync('ec', { namedCurve: 'P-384' });
    case 'p521':
      return generateKeyPairSync('ec', { namedCurve: 'P-521' });
    case 'ed25519':
      return generateKeyPairSync('ed25519');
    case 'pss':
      return { privateKey: pssKey() };
    case 'rsa1024':
    case 'rsa2048':
    case 'rsa3072':
      return generateKeyPairSync('rsa', { modulusLength: Number(kind.slice(3)) });
  }
}

/** Node's types know no such pair in this form; OpenSSL makes one. */
function pssKey(): KeyObject {
  const options = ['rsa_keygen_bits:2048', 'rsa_pss_keygen_md:sha256', 'rsa_pss_keygen_mgf1_md:sha256'];
  const flags = [...options, 'rsa_pss_keygen_saltlen:32'].flatMap((option) => ['-pkeyopt', option]);
  return createPrivateKey(openssl('genpkey', '-algorithm', 'RSA-PSS', ...flags));
}
