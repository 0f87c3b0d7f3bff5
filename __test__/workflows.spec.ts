// SPDX-License-Identifier: Apache-2.0
// The workflows of GitHub: pinned, with no more rights than each job needs, and with every target of a release.

import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import test from 'ava';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Build {
  readonly platform: string;
  readonly runner: string;
  readonly 'only-here'?: true;
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly environment?: string;
  readonly needs?: string;
  readonly strategy?: { readonly matrix: { readonly include?: readonly Build[] } };
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: object;
  readonly jobs: Readonly<Record<string, Job>>;
}

const { load } = createRequire(import.meta.url)('js-yaml') as { load: (text: string) => unknown };
const FOLDER = fileURLToPath(new URL('../.github/workflows/', import.meta.url));
const TEXTS = Object.fromEntries(readdirSync(FOLDER).map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')]));
const WORKFLOWS = Object.entries(TEXTS).map(([name, text]) => ({ name, text, workflow: load(text) as Workflow }));
const RELEASE = load(TEXTS['release.yml'] ?? '') as Workflow;

/** The jobs that may do more than read the sources. */
const RIGHTS: Readonly<Record<string, object>> = {
  'benchmark-comment.yml comment': { actions: 'read', contents: 'read', 'pull-requests': 'write' },
  'benchmark-comment.yml history': { actions: 'read', contents: 'write' },
  'release.yml sign': { contents: 'read', 'id-token': 'write' },
  'release.yml publish': { contents: 'read', 'id-token': 'write' },
  'release.yml draft': { contents: 'write' },
};

/** The one job that pushes, and so keeps what it checked out with. */
const PUSHES = 'benchmark-comment.yml history';

/** The one workflow that follows another: it runs what is on the default branch, and takes a report for data. */
const FOLLOWS = 'benchmark-comment.yml';

const jobs = WORKFLOWS.flatMap(({ name, workflow }) =>
  Object.entries(workflow.jobs).map(([id, job]) => ({ id: `${name} ${id}`, job })),
);

test('every action is pinned by its whole commit, and says of which release it is', (t) => {
  for (const { name, text } of WORKFLOWS) {
    const lines = text.split('\n').filter((line) => /\buses:/.test(line));
    for (const line of lines) t.regex(line, /uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, name);
  }
  const pins = new Set(WORKFLOWS.flatMap(({ text }) => text.match(/uses: \S+ # \S+/g) ?? []));
  const actions = [...pins].map((pin) => pin.split('@')[0]);
  t.is(new Set(actions).size, pins.size, 'one action in two releases');
});

test('no job can do more than it has to', (t) => {
  for (const { workflow, name } of WORKFLOWS) t.deepEqual(workflow.permissions, {}, name);
  for (const { id, job } of jobs) {
    t.deepEqual(job.permissions, RIGHTS[id] ?? { contents: 'read' }, id);
    t.is(typeof job['timeout-minutes'], 'number', id);
    for (const { uses, with: given } of job.steps) {
      if (uses?.startsWith('actions/checkout@'))
        t.is(given?.['persist-credentials'], id === PUSHES ? undefined : false, id);
    }
  }
});

test('nothing from outside becomes part of a script, and there are no secrets', (t) => {
  for (const { id, job } of jobs) for (const { run = '' } of job.steps) t.false(run.includes('${{'), `${id}: ${run}`);
  for (const { name, text, workflow } of WORKFLOWS) {
    t.notRegex(text, /\bsecrets\b/, name);
    t.false('pull_request_target' in workflow.on, name);
    t.is('workflow_run' in workflow.on, name === FOLLOWS, name);
  }
});

test('a release is built for every target, and takes nothing from a cache', async (t) => {
  const { platforms } = (await import(new URL('../npm/scripts/release/platforms.js', import.meta.url).href)) as {
    platforms: () => { readonly name: string }[];
  };
  const built = RELEASE.jobs['build']?.strategy?.matrix.include?.map(({ platform }) => platform) ?? [];
  t.deepEqual(
    built.toSorted(),
    platforms()
      .map(({ name }) => name)
      .toSorted(),
  );
  t.notRegex(TEXTS['release.yml'] ?? '', /actions\/cache|^\s+cache:/m);
  for (const { uses, with: given } of Object.values(RELEASE.jobs).flatMap(({ steps }) => steps)) {
    if (uses?.startsWith('actions/setup-node@')) t.is(given?.['package-manager-cache'], false);
  }
});

test('every addon of a release is run, where it is built or where the packages are tried', (t) => {
  const { build, try: tried } = RELEASE.jobs;
  const all = build?.strategy?.matrix.include ?? [];
  const onlyHere = all.filter((each) => each['only-here']).map(({ platform }) => platform);
  t.deepEqual(onlyHere, ['linux-s390x-gnu', 'linux-ppc64-gnu']);
  t.true(build?.steps.some(({ run = '' }) => run.includes('${ONLY_HERE:+--require "$PLATFORM"}')));
  t.true(tried?.steps.some(({ run = '' }) => /docker run .+-alpine node .+smoke\.cjs/.test(run)));
  // Its standard library is on no runner of another CPU.
  t.regex(all.find(({ platform }) => platform === 'win32-arm64-msvc')?.runner ?? '', /^windows-.+-arm$/);
});

test('what is published was built, tried and signed before, and a person has to agree', (t) => {
  const order = ['draft', 'publish', 'sign', 'try', 'assemble', 'build', 'version'];
  for (const [at, job] of order.entries()) t.is(RELEASE.jobs[job]?.needs, order[at + 1], job);
  t.is(RELEASE.jobs['publish']?.environment, 'npm');
  const lines = RELEASE.jobs['publish']?.steps.map(({ run = '' }) => run.split(' -- ')[0]) ?? [];
  t.true(lines.indexOf('npm run release:verify') < lines.indexOf('npm run release:publish'));
  t.true(lines.includes('npm run release:verify'));
});
