// SPDX-License-Identifier: Apache-2.0
// A real timestamp authority for tests: `openssl ts` behind a loopback server that answers as it is told.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import type { Party, Pki } from './pki.js';

/** What an answer should be like. */
export interface Reply {
  readonly digests?: string;
  readonly ess?: string;
  readonly extra?: string;
  /** Whose certificate stands in the token, too. */
  readonly chain?: Party;
}

/** What a server says; nothing at all makes the asker wait. */
export type Answer = (question: Buffer) => { status?: number; body?: Uint8Array } | undefined;

let count = 0;

/** A TimeStampResp in DER to a query in DER. */
export function reply(pki: Pki, authority: Party, question: Uint8Array, wish: Reply = {}): Buffer {
  count += 1;
  const base = join(pki.folder, `ts-${count}`);
  const { digests = 'sha256, sha384, sha512, sha1', ess = 'sha256', extra = '' } = wish;
  writeFileSync(`${base}.serial`, '01\n');
  writeFileSync(`${base}.tsq`, question);
  writeFileSync(
    `${base}.cnf`,
    `[tsa]\ndefault_tsa=t\n[t]\nserial=${base}.serial\ncrypto_device=builtin\nsigner_digest=sha256
default_policy=1.2.3.4.1\ndigests=${digests}\nordering=no\ness_cert_id_chain=no\ness_cert_id_alg=${ess}\n${extra}\n`,
  );
  const chain = wish.chain === undefined ? [] : ['-chain', wish.chain.certificate];
  const flags = [...chain, '-signer', authority.certificate, '-inkey', authority.key, '-config', `${base}.cnf`];
  execFileSync('openssl', ['ts', '-reply', '-queryfile', `${base}.tsq`, ...flags, '-out', `${base}.tsr`], {
    stdio: 'pipe',
  });
  return readFileSync(`${base}.tsr`);
}

/** A server on loopback; its address has what looks like a secret in it. */
export async function serve(answer: Answer): Promise<{ url: URL; server: Server }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { status = 200, body } = answer(Buffer.concat(chunks)) ?? {};
      if (body === undefined && status === 200) return;
      response.writeHead(status, { 'content-type': 'application/timestamp-reply', location: '/' }).end(body);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/ts?secret=1`), server };
}
