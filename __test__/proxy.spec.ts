// SPDX-License-Identifier: Apache-2.0
// Proxies: none is used unless Node.js itself is told to, and then for every service alike.

import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import { command } from './cli/command.js';
import { buildModel, scratch } from './models.js';
import { type Sigstack, sigstackTest } from './sigstack.js';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
/** Since 22.21 and 24.5 Node.js looks at these variables when it is asked to. */
const KNOWS_PROXIES = major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21);
if (!KNOWS_PROXIES) console.warn(`SKIPPED part of 1 test: Node.js ${process.version} cannot be told to use a proxy`);

sigstackTest('a proxy is used when Node.js is told to, and not otherwise', async (t, stack) => {
  const { url, hosts } = await proxy(t);
  const variables = {
    HTTP_PROXY: url,
    HTTPS_PROXY: url,
    http_proxy: url,
    https_proxy: url,
    NO_PROXY: '',
    no_proxy: '',
  };
  await signs(t, stack, variables);
  t.deepEqual(hosts, []);
  if (!KNOWS_PROXIES) return;
  await signs(t, stack, { ...variables, NODE_USE_ENV_PROXY: '1' });
  const { fulcio, rekor2, tsa, tuf } = stack.urls;
  for (const service of [fulcio, rekor2, tsa, tuf]) t.true(hosts.includes(new URL(service).host), service);
});

/** Everything that a service is asked for: an update of trust, a certificate, a timestamp, an entry. */
async function signs(t: ExecutionContext, stack: Sigstack, variables: NodeJS.ProcessEnv): Promise<void> {
  const cache = scratch(t);
  const env = { ...variables, SIGSTORE_ID_TOKEN: await stack.token(), XDG_CACHE_HOME: cache };
  const { tuf, tufRoot } = stack.urls;
  const told = await command(['trust', 'init', '--tuf-url', tuf, '--tuf-root', tufRoot], { env });
  t.is(told.exit, 0, told.stderr);
  const signature = join(cache, 'model.sig');
  const trust = ['--trust-config', stack.clientTrustConfigV2];
  const model = buildModel(t, { a: '1' });
  const { exit, stderr } = await command(['sign', model, '--signature', signature, ...trust], { env });
  t.is(exit, 0, stderr);
}

/** A proxy, and whom it was asked to reach: by tunnel or by a whole address. */
async function proxy(t: ExecutionContext) {
  const hosts: string[] = [];
  const server = createServer((incoming, answer) => {
    const url = new URL(incoming.url ?? '');
    hosts.push(url.host);
    const { method = 'GET', headers } = incoming;
    const onward = request(url, { method, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    incoming.pipe(onward);
  });
  server.on('connect', ({ url = '' }, near) => {
    hosts.push(url);
    const far = connect(Number(url.split(':').at(-1)), 'localhost', () => {
      near.write('HTTP/1.1 200 OK\r\n\r\n');
      far.pipe(near).pipe(far);
    });
    for (const end of [near, far]) end.on('error', () => {});
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, hosts };
}
