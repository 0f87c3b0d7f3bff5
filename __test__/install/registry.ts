// SPDX-License-Identifier: Apache-2.0
// A registry on loopback that serves our tarballs, and asks the configured one for all else. Nobody can write to it.
// A package of ours that it does not hold does not exist, whatever was published under the name.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';

import { type Description, descriptionOf } from './release.js';

interface Version extends Description {
  readonly dist: { readonly tarball: string; readonly integrity: string; readonly shasum: string };
}

/** A running registry. */
export interface Registry {
  readonly url: string;
  readonly close: () => void;
}

const OURS = 'model-signing';

/** Starts a registry that serves these tarballs. */
export async function startRegistry(tarballs: readonly string[]): Promise<Registry> {
  const upstream = execFileSync('npm', ['config', 'get', 'registry'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  }).trim();
  const files = new Map(tarballs.map((file) => [`/-/ours/${basename(file)}`, file]));
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const versions = [...files].map(([path, file]) => versionOf(file, `${url}${path}`));
  return { url, close: () => server.close().closeAllConnections() };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/';
    const name = decodeURIComponent(path.slice(1));
    const file = files.get(path);
    if (request.method !== 'GET') response.writeHead(405).end();
    else if (file !== undefined) response.end(readFileSync(file));
    else if (name.startsWith(OURS))
      describe(
        versions.filter((version) => version.name === name),
        response,
      );
    else await passOn(new URL(path.slice(1), upstream), request, response);
  }
}

function versionOf(file: string, tarball: string): Version {
  const bytes = readFileSync(file);
  const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  const shasum = createHash('sha1').update(bytes).digest('hex');
  return { ...descriptionOf(file), dist: { tarball, integrity, shasum } };
}

function describe(versions: readonly Version[], response: ServerResponse): void {
  const [first] = versions;
  if (first === undefined) return void response.writeHead(404).end('{}');
  const byNumber = Object.fromEntries(versions.map((version) => [version.version, version]));
  // Some managers do not take what was published a moment ago.
  const time = Object.fromEntries(versions.map(({ version }) => [version, '2026-01-01T00:00:00.000Z']));
  const body = { name: first.name, 'dist-tags': { latest: first.version }, versions: byNumber, time };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function passOn(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const { status, headers, body } = await fetchTwice(url, request.headers.accept ?? '*/*');
    response.writeHead(status, { 'content-type': headers.get('content-type') ?? 'application/json' }).end(body);
  } catch (error) {
    response.writeHead(502).end(JSON.stringify({ error: String(error) }));
  }
}

/** A connection that breaks off once is no reason to fail. */
async function fetchTwice(url: URL, accept: string) {
  const ask = async () => {
    const response = await fetch(url, { headers: { accept } });
    if (response.status >= 500) throw new Error(`status ${response.status}`);
    return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) };
  };
  return ask().catch(ask);
}
