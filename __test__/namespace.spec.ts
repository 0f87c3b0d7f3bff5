// SPDX-License-Identifier: Apache-2.0
// Signing and verifying where there is no network but that of the machine itself: whatever wanted to reach the world
// outside would fail. Skipped, and said, where the system makes no namespaces.

import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { MAIN, ended } from './cli/command.js';
import { buildModel, pattern, scratch } from './models.js';

const { sigstack, sigstackPath } = (await import(new URL('../npm/scripts/sigstack.js', import.meta.url).href)) as {
  sigstack: () => string | undefined;
  sigstackPath: () => string | undefined;
};

const INSIDE = ['-rn', 'sh', '-c', 'ip link set lo up && exec "$0" "$@"'];
const hasNamespaces = spawnSync('unshare', [...INSIDE, 'true']).status === 0 && sigstackPath() !== undefined;
if (!hasNamespaces) console.warn('SKIPPED 1 test: no network namespaces here, or no Go');

/** Starts the services, then signs and verifies by each version of the log; prints how each command ended. */
const SCRIPT = `
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
const [program, main, model] = process.argv.slice(2);
const services = spawn(program, ['-dir', '.', '-tied']);
await new Promise((resolve) => services.stdout.once('data', resolve));
const { oidc } = JSON.parse(readFileSync('stack.json', 'utf8'));
const outside = await fetch('http://192.0.2.1/').then(() => 'reached', (error) => error.cause.code);
const ends = [outside];
for (const log of ['rekor_v1', 'rekor_v2']) {
  const trust = ['--trust-config', 'client_trust_config_' + log + '.json'];
  const SIGSTORE_ID_TOKEN = await (await fetch(oidc + '/email/token')).text();
  const who = ['--identity', 'alice@example.com', '--identity-provider', oidc + '/email'];
  for (const args of [['sign', model, ...trust], ['verify', model, ...trust, ...who]]) {
    const { status, stderr } = spawnSync(process.execPath, [main, ...args], { env: { ...process.env, SIGSTORE_ID_TOKEN } });
    ends.push(status === 0 ? 0 : String(stderr));
  }
}
services.kill();
console.log(JSON.stringify(ends));
process.exit();
`;

(hasNamespaces ? test : test.skip)('sign and verify with no network but loopback', async (t) => {
  t.timeout(600_000);
  const model = buildModel(t, { 'a.bin': pattern(1000, 1) });
  const cwd = scratch(t);
  const script = join(cwd, 'script.mjs');
  writeFileSync(script, SCRIPT);
  const args = [...INSIDE, process.execPath, script, sigstack() ?? '', MAIN, model];
  const { exit, stdout, stderr } = await ended(spawn('unshare', args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] }));
  t.is(exit, 0, stderr);
  t.deepEqual(JSON.parse(stdout), ['ENETUNREACH', 0, 0, 0, 0]);
});
