// SPDX-License-Identifier: Apache-2.0
// What the run of a pull request hands over is data: a report that is anything else is refused, and one that is none
// the less hostile says nothing but what a table can say.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { type Question, json, loopback } from '../loopback.js';
import { scratch } from '../models.js';

type Data = Readonly<Record<string, unknown>>;

const GATE = new URL('../../benchmark/gate/', import.meta.url);
const WORKFLOWS = new URL('../../.github/workflows/', import.meta.url);
const { parseReport, readReport } = (await import(new URL('claim.js', GATE).href)) as {
  parseReport: (text: string) => Data;
  readReport: (path: string) => Data;
};
const { toMarkdown, MARKER } = (await import(new URL('report.js', GATE).href)) as {
  toMarkdown: (report: Data) => string;
  MARKER: string;
};
const { comment } = (await import(new URL('comment.js', GATE).href)) as {
  comment: (file: string, env: Readonly<Record<string, string>>) => Promise<string>;
};

const RATIO = {
  id: 'lanes',
  what: 'two lanes against one lane, core',
  under: 'the core alone',
  value: 0.51,
  noise: 0.01,
  target: 0.6,
  baseline: null,
  allowed: 0.61,
  verdict: 'no baseline',
};
const REPORT = {
  schemaVersion: 1,
  date: '2026-01-02T03:04:05.678Z',
  commit: '0123456789ab',
  machine: { cpu: 'x64 AuthenticAMD 25 sha_ni', cores: 2, system: 'Linux 6.1 x64', node: 'v22.1.0' },
  ratios: [RATIO],
  skipped: ['c and d: the Python tool is not here'],
};
const HEAD = { HEAD_OWNER: 'someone', HEAD_BRANCH: 'a/branch&state=closed', HEAD_SHA: 'f'.repeat(40) };

test('a report comes back as it was, and becomes a table', (t) => {
  t.deepEqual(parseReport(JSON.stringify(REPORT)), REPORT);
  const table = toMarkdown(REPORT);
  t.true(table.startsWith(MARKER));
  t.regex(
    table,
    /\| `two lanes against one lane, core` \| 0\.51 \| ±0\.01 \| ≤ 0\.6 \| {2}\| ≤ 0\.61 \| no baseline \|/,
  );
});

test('what is not exactly a report is refused', (t) => {
  const ratio = (change: Data) => ({ ratios: [{ ...RATIO, ...change }] });
  const changes: readonly Data[] = [
    { schemaVersion: 2 },
    { date: 'today' },
    { commit: '`<img src=x>`' },
    { machine: null },
    { machine: { ...REPORT.machine, cpu: 'x\n# heading' } },
    { machine: { ...REPORT.machine, cores: -1 } },
    { ratios: {} },
    { ratios: Array.from({ length: 51 }, () => RATIO) },
    { skipped: ['![](https://example.com/x.png)'] },
    { skipped: [''] },
    ratio({ what: '| a | b |' }),
    ratio({ what: '[link](http://example.com)' }),
    ratio({ what: 'x'.repeat(201) }),
    ratio({ what: '\u202Eevil' }),
    ratio({ value: '0.5' }),
    ratio({ value: null }),
    ratio({ value: 1e7 }),
    ratio({ target: 'none' }),
    ratio({ verdict: 'splendid' }),
  ];
  for (const change of changes) {
    t.throws(() => parseReport(JSON.stringify({ ...REPORT, ...change })), undefined, JSON.stringify(change));
  }
  for (const text of ['', 'null', '[]', `${JSON.stringify(REPORT)}\n${JSON.stringify(REPORT)}`]) {
    t.throws(() => parseReport(text), undefined, text);
  }
  const long = join(scratch(t), 'long.jsonl');
  writeFileSync(long, ' '.repeat(65_537));
  t.throws(() => readReport(long), { message: /at most 65536/ });
});

test('members that a report does not have are left behind', (t) => {
  const more = { ...REPORT, extra: '<b>', ratios: [{ ...RATIO, extra: '<b>' }] };
  t.deepEqual(parseReport(JSON.stringify(more)), REPORT);
});

test('a comment is written once and then kept up to date', async (t) => {
  const old = [
    { id: 1, user: { login: 'someone' }, body: `${MARKER} planted` },
    { id: 2, user: { login: 'github-actions[bot]' }, body: 'another job' },
  ];
  const first = await commentOn(t, old);
  t.is(first.said, 'commented on #7');
  const [pulls, , post] = first.questions;
  t.is(pulls?.url.searchParams.get('head'), 'someone:a/branch&state=closed');
  t.is(pulls?.url.searchParams.get('state'), 'open');
  t.is(post?.method, 'POST');
  t.is(post?.url.pathname, '/repos/own/er/issues/7/comments');
  t.true((JSON.parse(post?.body ?? '') as { body: string }).body.startsWith(MARKER));

  const second = await commentOn(t, [...old, { id: 3, user: { login: 'github-actions[bot]' }, body: `${MARKER} old` }]);
  t.is(second.said, 'updated the comment on #7');
  t.is(second.questions.at(-1)?.method, 'PATCH');
  t.is(second.questions.at(-1)?.url.pathname, '/repos/own/er/issues/comments/3');
});

test('a pull request that has moved on gets no comment', async (t) => {
  const { said, questions } = await commentOn(t, [], 'e'.repeat(40));
  t.regex(said, /nothing to comment/);
  t.is(questions.length, 1);
});

test('a hostile report reaches no service', async (t) => {
  const file = join(scratch(t), 'report.jsonl');
  writeFileSync(file, JSON.stringify({ ...REPORT, commit: '<script>' }));
  const server = await loopback(t, () => json([]));
  const env = { ...HEAD, GITHUB_API_URL: server.url, GITHUB_REPOSITORY: 'own/er', GITHUB_TOKEN: 'secret' };
  await t.throwsAsync(() => comment(file, env), { message: /commit/ });
  t.is(server.questions.length, 0);
});

test('a service that fails is told by its status, without its words and the token', async (t) => {
  const file = join(scratch(t), 'report.jsonl');
  writeFileSync(file, JSON.stringify(REPORT));
  const server = await loopback(t, () => json({ message: 'secret words' }, 403));
  const env = { ...HEAD, GITHUB_API_URL: server.url, GITHUB_REPOSITORY: 'own/er', GITHUB_TOKEN: 'secret' };
  const error = await t.throwsAsync(() => comment(file, env));
  t.is(error?.message, 'GET /repos/own/er/pulls: status 403');
});

test('the workflows of the benchmark pin what they use, and run nothing that somebody else wrote', (t) => {
  for (const name of ['benchmark.yml', 'benchmark-comment.yml']) {
    const text = readFileSync(new URL(name, WORKFLOWS), 'utf8');
    const used = [...text.matchAll(/uses: (\S+)(.*)/g)];
    t.true(used.length > 2);
    for (const [, action = '', rest = ''] of used) t.regex(`${action}${rest}`, /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d/);
    for (const [command] of text.matchAll(/ run:(?: \|\n(?: {10,}.*\n)+|.*\n)/g)) t.notRegex(command, /\$\{\{/);
  }
  const reading = readFileSync(new URL('benchmark.yml', WORKFLOWS), 'utf8');
  t.notRegex(reading, /write|secrets|pull_request_target|github\.token/);
});

async function commentOn(t: ExecutionContext, comments: readonly Data[], head = HEAD.HEAD_SHA) {
  const file = join(scratch(t), 'report.jsonl');
  writeFileSync(file, JSON.stringify(REPORT));
  const answer = ({ method, url }: Question) => {
    if (url.pathname.endsWith('/pulls'))
      return json([
        { number: 6, head: { sha: '0' } },
        { number: 7, head: { sha: head } },
      ]);
    return json(method === 'GET' ? comments : {});
  };
  const server = await loopback(t, answer);
  const env = { ...HEAD, GITHUB_API_URL: server.url, GITHUB_REPOSITORY: 'own/er', GITHUB_TOKEN: 'secret' };
  return { said: await comment(file, env), questions: server.questions };
}
