// SPDX-License-Identifier: Apache-2.0
// A small HTTP server on this machine that answers as a test says, and remembers what it was asked.

import { type IncomingHttpHeaders, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { ExecutionContext } from 'ava';

/** What somebody asked. */
export interface Question {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What is answered; nothing at all leaves the question open, and `drop` hangs up. */
export type Answer =
  | { readonly status?: number; readonly body?: string | Uint8Array; readonly headers?: Record<string, string> }
  | 'drop'
  | undefined;

/** Starts a server for one test. */
export async function loopback(t: ExecutionContext, answer: (question: Question, count: number) => Answer) {
  const questions: Question[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', headers, url = '' } = request;
      const body = Buffer.concat(chunks).toString();
      const question = { method, headers, body, url: new URL(url, 'http://localhost') };
      questions.push(question);
      const given = answer(question, questions.length);
      if (given === 'drop') request.socket.destroy();
      else if (given) response.writeHead(given.status ?? 200, given.headers ?? {}).end(given.body ?? '');
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, host: `127.0.0.1:${port}`, questions };
}

/** An answer in JSON. */
export function json(value: unknown, status = 200): Answer {
  return { status, body: JSON.stringify(value), headers: { 'content-type': 'application/json' } };
}

/** A token with these claims, and a signature that nobody checks before a certificate authority does. */
export function tokenOf(claims: Readonly<Record<string, unknown>> = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const all = { iss: 'https://issuer.example', sub: 'user-1', aud: 'sigstore', exp: now + 600, ...claims };
  const [head, body] = [{ alg: 'RS256' }, all].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  return `${head}.${body}.c2lnbmF0dXJl`;
}
