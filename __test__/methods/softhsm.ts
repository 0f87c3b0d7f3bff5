// SPDX-License-Identifier: Apache-2.0
// A real PKCS #11 module for tests: SoftHSM with a configuration and tokens of its own, in a folder that goes again.
// Keys are put on the tokens by other programs than the one under test.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { usualFolders } from '../../dist/methods/pkcs11-places.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The module, where it is installed. */
export const MODULE: string =
  usualFolders()
    .map((folder) => join(folder, process.platform === 'win32' ? 'softhsm2-x64.dll' : 'libsofthsm2.so'))
    .find((path) => existsSync(path)) ?? '';

/** Why nothing here can run, or nothing. */
export const NO_SOFTHSM: string | undefined = missing();

/** Where a key goes, and under which names. */
export interface Place {
  readonly token: string;
  readonly label: string;
  /** In hexadecimal. */
  readonly id: string;
}

/** The PIN of every token here, and of its security officer. */
export const PIN = '4711-geheim';
const OFFICER_PIN = '0815-geheim';

/** One installation: as many tokens as a test wants. */
export class Softhsm {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'model-signing-softhsm-'));
  readonly environment: Readonly<Record<string, string>>;

  constructor(...tokens: readonly string[]) {
    mkdirSync(this.tokens);
    const configuration = join(this.folder, 'softhsm2.conf');
    writeFileSync(configuration, `directories.tokendir = ${this.tokens}\nlog.level = ERROR\n`);
    this.environment = { SOFTHSM2_CONF: configuration };
    for (const token of tokens) this.addToken(token);
  }

  /** The folder in which SoftHSM keeps its tokens. */
  get tokens(): string {
    return join(this.folder, 'tokens');
  }

  addToken(label: string): void {
    this.#run('softhsm2-util', '--init-token', '--free', '--label', label, '--pin', PIN, '--so-pin', OFFICER_PIN);
  }

  /** Makes a pair of keys on a token: `EC:prime256v1`, `RSA:2048`, `EC:edwards25519`. */
  generate(type: string, { token, label, id }: Place, ...more: readonly string[]): void {
    this.#tool(token, '--keypairgen', '--key-type', type, '--label', label, '--id', id, ...more);
  }

  /** Puts a private key in PKCS #8 on a token, with its public half or without. */
  importKey(path: string, { token, label, id }: Place, ...more: readonly string[]): void {
    const place = ['--token', token, '--label', label, '--id', id, '--pin', PIN];
    this.#run('softhsm2-util', '--import', path, ...place, '--force', ...more);
  }

  /** Puts a certificate in DER on a token. */
  importCertificate(der: Uint8Array, { token, label, id }: Place): void {
    const path = join(this.folder, `${label.replaceAll(/\W/g, '')}.der`);
    writeFileSync(path, der);
    this.#tool(token, '--write-object', path, '--type', 'cert', '--label', label, '--id', id);
  }

  /** Takes an object off a token: `privkey`, `pubkey` or `cert`. */
  removeObject(type: string, { token, label, id }: Place): void {
    this.#tool(token, '--delete-object', '--type', type, '--label', label, '--id', id);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #tool(token: string, ...args: readonly string[]): void {
    this.#run('pkcs11-tool', '--module', MODULE, '--token-label', token, '--login', '--pin', PIN, ...args);
  }

  #run(program: string, ...args: readonly string[]): void {
    execFileSync(program, args, { env: { ...process.env, ...this.environment }, stdio: ['ignore', 'ignore', 'pipe'] });
  }
}

/** Builds the module with a pin pad, in front of SoftHSM, and returns its path. */
export function buildPinPad(folder: string): string {
  const path = join(folder, 'pinpad.so');
  const headers = join(ROOT, 'node_modules/pkcs11js/includes/pkcs11');
  const source = join(ROOT, '__test__/methods/pinpad.c');
  execFileSync('cc', ['-shared', '-fPIC', '-I', headers, '-o', path, source, '-ldl'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return path;
}

function lacks(what: string): string {
  return `SKIPPED: ${what}; npm run setup says how to get it`;
}

function missing(): string | undefined {
  if (!existsSync(join(ROOT, 'node_modules/pkcs11js/build/Release/pkcs11.node')))
    return lacks('pkcs11js was not built');
  if (spawnSync('softhsm2-util', ['--version']).error !== undefined || MODULE === '')
    return lacks('SoftHSM is not there');
  return spawnSync('pkcs11-tool', ['--help']).error === undefined ? undefined : lacks('pkcs11-tool is not there');
}
