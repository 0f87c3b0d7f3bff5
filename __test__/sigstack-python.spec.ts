// SPDX-License-Identifier: Apache-2.0
// The Python tool works with the Sigstore of the tests as with the public one, and refuses each thing that it forges.
// Skipped, and said, where there is no python3 or where packages cannot be installed.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import type { ExecutionContext } from 'ava';

import { buildModel, scratch } from './models.js';
import { post } from './sigstack-client.js';
import { type Service, type Sigstack, type Tenant, sigstackTest, startSigstack } from './sigstack.js';

const SCRIPT = fileURLToPath(new URL('../__test__/sigstack.py', import.meta.url));
const REQUIREMENTS = new URL('../benchmark/peers/requirements.txt', import.meta.url);
const ENVIRONMENTS = new URL('../npm/scripts/python-environment.js', import.meta.url);
const { pythonWith } = (await import(ENVIRONMENTS.href)) as { pythonWith: (packages: string) => string | undefined };

const WORKFLOW = 'https://github.com/acme/model/.github/workflows/release.yml@refs/heads/main';
const NAMES: readonly (readonly [Tenant, (stack: Sigstack) => string])[] = [
  ['email', () => 'alice@example.com'],
  ['dex', () => 'alice@example.com'],
  ['github', () => WORKFLOW],
  ['uri', (stack) => `${stack.urls.oidc}/uri/users/1`],
];

sigstackTest('Python signs and verifies on both logs, as everyone', async (t, stack) => {
  const model = buildModel(t, { weights: 'abc' });
  const folder = scratch(t);
  const tasks: object[] = [];
  for (const config of [stack.clientTrustConfigV1, stack.clientTrustConfigV2]) {
    for (const [tenant, name] of NAMES) {
      const task = { model, trust_config: config, signature: join(folder, `${tasks.length}.sig`) };
      tasks.push({ ...task, do: 'sign', token: await stack.token({ tenant }) });
      tasks.push({ ...task, do: 'verify', identity: name(stack), issuer: stack.issuer(tenant) });
    }
  }
  const all = await outcomes(t, tasks);
  t.deepEqual(
    all,
    all.map(() => null),
  );
  if (all.length === 0) return;
  // What a monitor asks the older log: who signed?
  for (const [query, known] of [
    [{ email: 'alice@example.com' }, true],
    [{ subject: WORKFLOW }, true],
    [{ email: 'bob@example.com' }, false],
  ] as const) {
    const { json } = await post(`${stack.urls.rekor1}/api/v1/index/retrieve`, query);
    t.is(json.length > 0, known, JSON.stringify(query));
  }
});

/** What is forged, on which log, and what the Python tool says when it finds out. */
const FORGED: readonly (readonly [log: 1 | 2, Service, forge: string, words: RegExp])[] = [
  [1, 'rekor1', 'promise', /inclusion promise/],
  [1, 'rekor1', 'proof', /invalid root hash/],
  [1, 'rekor1', 'root', /invalid root hash/],
  [1, 'rekor1', 'checkpoint', /checkpoint: invalid signature/],
  [1, 'rekor1', 'entry', /do not match|inconsistent/],
  [2, 'rekor2', 'proof', /invalid root hash/],
  [2, 'rekor2', 'root', /invalid root hash/],
  [2, 'rekor2', 'checkpoint', /checkpoint: invalid signature/],
  [2, 'rekor2', 'entry', /do not match|inconsistent/],
  [2, 'tsa', 'imprint', /verified time/],
  [2, 'tsa', 'signer', /verified time/],
  [2, 'tsa', 'expired', /verified time/],
  [2, 'tsa', 'rejected', /SignedData/],
];

sigstackTest('Python refuses what logs and timestamp authorities forge', async (t, stack) => {
  const ask = questions(t, stack);
  for (const log of [1, 2] as const) await ask(stack, log);
  for (const [log, service, forge] of FORGED) {
    const lane = stack.lane(`${service}-${forge}`);
    await lane.fault({ service, forge });
    await ask(lane, log);
  }
  const [one, two, ...found] = await ask.outcomes();
  t.deepEqual([one ?? null, two ?? null], [null, null]);
  for (const [index, words] of found.entries()) {
    const [, service, forge, expected] = FORGED[index] ?? [];
    t.regex(String(words), expected ?? /^$/, `${service} ${forge}`);
  }
});

sigstackTest('Python refuses certificates that are forged', async (t) => {
  // It asks the authority without the path of a lane: faults in the order of the signatures, and a stack of its own.
  const stack = await startSigstack(t);
  const ask = questions(t, stack);
  for (const forge of ['sct', 'no-sct', 'authority', 'key']) {
    await stack.fault({ service: 'fulcio', forge });
    await ask(stack, 1);
  }
  await ask(stack, 1);
  const all = await ask.outcomes();
  t.deepEqual(
    all.map((words) => words === null),
    all.length === 0 ? [] : [false, false, false, false, true],
    JSON.stringify(all),
  );
});

sigstackTest('Python takes its trust from the repository, and not from one that is not right', async (t) => {
  const stack = await startSigstack(t);
  const home = scratch(t);
  const config = join(home, 'config.json');
  const task = { do: 'trust', tuf: stack.urls.tuf, root: stack.urls.tufRoot, trust_config: config };
  const update = async () => (await outcomes(t, [task], home))[0];
  const first = await update();
  if (first === undefined) return;
  t.is(first, null);
  t.deepEqual(trustedIn(config), JSON.parse(readFileSync(stack.trustedRoot, 'utf8')).tlogs);
  await stack.tuf('publish', { rotate: 1, config: 'rekor_v2' });
  t.is(await update(), null);
  await stack.tuf('publish', { timestamp: -60 });
  t.regex(String(await update()), /expired/i);
  await stack.tuf('publish');
  t.is(await update(), null);
  await stack.tuf('rollback');
  t.regex(String(await update()), /version|expired/i);
  await stack.tuf('publish');
  await stack.tuf('tamper');
  t.regex(String((await outcomes(t, [task], scratch(t)))[0]), /hash|mismatch|target/i);
});

/** Collects signatures to make and verify, each with the trust of a stack; then one process of the Python tool does. */
function questions(t: ExecutionContext, stack: Sigstack) {
  const model = buildModel(t, { weights: 'abc' });
  const folder = scratch(t);
  const tasks: object[] = [];
  const ask = async (lane: Sigstack, log: 1 | 2) => {
    const config = log === 1 ? lane.clientTrustConfigV1 : lane.clientTrustConfigV2;
    const task = { model, trust_config: config, signature: join(folder, `${tasks.length}.sig`) };
    tasks.push({ ...task, do: 'sign', token: await stack.token() });
    tasks.push({ ...task, do: 'verify', identity: 'alice@example.com', issuer: stack.issuer() });
  };
  return Object.assign(ask, {
    async outcomes() {
      const all = await outcomes(t, tasks);
      return all.filter((_, index) => index % 2 === 0).map((signing, index) => signing ?? all[2 * index + 1] ?? null);
    },
  });
}

function trustedIn(config: string): unknown {
  return JSON.parse(readFileSync(config, 'utf8')).trustedRoot.tlogs;
}

/** Nothing where there is no Python tool. */
async function outcomes(
  t: ExecutionContext,
  tasks: readonly object[],
  home = scratch(t),
): Promise<readonly (string | null)[]> {
  t.timeout(600_000); // The first run installs.
  const python = pythonWith(readFileSync(REQUIREMENTS, 'utf8'));
  if (python === undefined) {
    console.warn(`SKIPPED 1 test: ${t.title}`);
    t.pass();
    return [];
  }
  const child = spawn(python, [SCRIPT], { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, HOME: home } });
  child.stdin.end(JSON.stringify(tasks));
  const [answer, talk] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (answer === '') throw new Error(talk);
  return JSON.parse(answer) as (string | null)[];
}
