// SPDX-License-Identifier: Apache-2.0
// The gate that CI runs: what it says of invented numbers, and that it fails when the command really got slower.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import test from 'ava';

import { scratch } from '../models.js';

interface Measured {
  readonly value: number;
  readonly noise: number;
}

interface Against {
  readonly bound?: { readonly atMost: number };
  readonly recorded?: Measured;
}

const FOLDER = new URL('../../benchmark/', import.meta.url);
const GATE = fileURLToPath(new URL('gate.js', FOLDER));
const MAIN = fileURLToPath(new URL('../../dist/cli/main.cjs', import.meta.url));
const { judge, settle } = (await import(new URL('gate/verdict.js', FOLDER).href)) as {
  judge: (found: Measured, against: Against) => { verdict: string; allowed: number | null };
  settle: (passes: readonly Measured[]) => Measured;
};
const { parseBaseline } = (await import(new URL('gate/baseline.js', FOLDER).href)) as {
  parseBaseline: (text: string) => Record<string, unknown>;
};
const { hasShaInstructions } = (await import(new URL('record/machine.js', FOLDER).href)) as {
  hasShaInstructions: () => boolean;
};

/** The gate measures nothing elsewhere, and says so; that is tested by running it. */
const measures = process.platform === 'linux' && hasShaInstructions();
const whereItMeasures = measures ? test.serial : test.skip;
if (!measures) console.warn('SKIPPED: the gate measures on Linux and CPUs with SHA-256 instructions only');

test('a ratio is held against what was recorded, with the noise of both runs', (t) => {
  const recorded = { value: 0.5, noise: 0.01 };
  for (const [value, verdict] of [
    [0.5, 'ok'],
    [0.529, 'ok'],
    [0.531, 'SLOWER'],
    [0.471, 'ok'],
    [0.469, 'better'],
  ] as const) {
    t.is(judge({ value, noise: 0.02 }, { recorded }).verdict, verdict, `${value}`);
  }
  const { allowed } = judge({ value: 0.5, noise: 0.02 }, { recorded });
  t.true(Math.abs((allowed ?? 0) - 0.53) < 1e-9);
});

test('a run excuses itself by a tenth at most, whatever its noise', (t) => {
  const recorded = { value: 0.5, noise: 0 };
  t.is(judge({ value: 0.549, noise: 0.4 }, { recorded }).verdict, 'ok');
  t.is(judge({ value: 0.551, noise: 0.4 }, { recorded }).verdict, 'SLOWER');
  t.is(judge({ value: 0.64, noise: 0.4 }, { recorded: { value: 0.5, noise: 0.1 } }).verdict, 'ok');
  t.is(judge({ value: 0.66, noise: 0.4 }, { recorded: { value: 0.5, noise: 0.1 } }).verdict, 'SLOWER');
  t.is(judge({ value: 1.2, noise: 5 }, { bound: { atMost: 1 } }).verdict, 'MISSED');
});

test('a target holds whatever was recorded', (t) => {
  const bound = { atMost: 0.6 };
  t.is(judge({ value: 0.7, noise: 0 }, { bound, recorded: { value: 0.7, noise: 0 } }).verdict, 'MISSED');
  t.is(judge({ value: 0.55, noise: 0 }, { bound, recorded: { value: 0.5, noise: 0 } }).verdict, 'SLOWER');
  t.is(judge({ value: 0.5, noise: 0 }, { bound, recorded: { value: 0.5, noise: 0 } }).allowed, 0.5);
});

test('without a baseline the target alone decides', (t) => {
  t.deepEqual(judge({ value: 0.5, noise: 0 }, { bound: { atMost: 0.6 } }), { verdict: 'no baseline', allowed: 0.6 });
  t.deepEqual(judge({ value: 9, noise: 0 }, {}), { verdict: 'no baseline', allowed: null });
});

test('what is recorded of several passes holds the noise between them', (t) => {
  const passes = [0.5, 0.58, 0.52].map((value) => ({ value, noise: 0.01 }));
  t.is(settle(passes).value, 0.52);
  t.true(Math.abs(settle(passes).noise - 0.06) < 1e-9);
  t.is(settle([{ value: 1, noise: 0.2 }]).noise, 0.2);
});

test('a damaged baseline is refused, and it is said where', (t) => {
  const fine = { value: 0.5, noise: 0.01, date: '2026-01-01', commit: 'abc' };
  t.notThrows(() => parseBaseline(row(fine)));
  for (const [text, where] of [
    ['{', /JSON/],
    ['[]', /the file/],
    ['{"schemaVersion":2,"machines":{}}', /schemaVersion/],
    ['{"schemaVersion":1}', /machines/],
    ['{"schemaVersion":1,"machines":{"cpu":[]}}', /cpu/],
    [row({ ...fine, value: '0.5' }), /Node\.js.*numbers/],
    [row({ ...fine, noise: -1 }), /Node\.js.*numbers/],
    [row({ ...fine, date: undefined }), /Node\.js.*date/],
    [row(null), /Node\.js/],
  ] as const) {
    t.throws(() => parseBaseline(text), { message: where }, text);
  }
});

test('a damaged file ends the run with one line that says what to do', (t) => {
  const file = join(scratch(t), 'baseline.json');
  writeFileSync(file, '{"schemaVersion":1,"machines":');
  const { status, stdout, stderr } = run('--baseline', file);
  if (!measures) {
    t.regex(stdout, /NOT MEASURED, all ratios/);
    return;
  }
  t.is(status, 1);
  t.regex(stderr, /^.*baseline\.json is damaged: .*--update-baseline\n$/);
});

whereItMeasures('a ratio that there is none of ends the run before anything is built or measured', (t) => {
  const { status, stdout, stderr } = run('--only', 'start,laness');
  t.deepEqual([status, stdout], [1, '']);
  t.regex(stderr, /^--only: laness is none of start, lanes, .*\n$/);
});

whereItMeasures('a command that got slower fails, and the one that was recorded is told apart', (t) => {
  t.timeout(300_000);
  const folder = scratch(t);
  const [baseline, history, markdown] = ['baseline.json', 'history.jsonl', 'table.md'].map((name) =>
    join(folder, name),
  );
  const small = ['--only', 'node-crypto', '--scale', '0.001', '--rounds', '1', '--data', join(folder, 'data')];
  const to = ['--baseline', baseline ?? '', '--history', history ?? '', '--markdown', markdown ?? ''];

  const first = run(...small, ...to);
  t.is(first.status, 0, first.stderr);
  t.regex(first.stdout, /NOT MEASURED, node-crypto against a baseline: none is recorded for/);
  t.regex(first.stdout, /no baseline$/m);

  const recorded = run(...small, '--baseline', baseline ?? '', '--update-baseline');
  t.is(recorded.status, 0, recorded.stderr);

  const slower = join(folder, 'slower');
  writeFileSync(slower, SLOWER, { mode: 0o755 });
  const second = run(...small, ...to, '--command', slower);
  t.is(second.status, 1, second.stdout);
  t.regex(second.stdout, /once more: .* SLOWER/);
  t.regex(second.stdout, /SLOWER$/m);

  const lines = readFileSync(history ?? '', 'utf8')
    .trimEnd()
    .split('\n');
  t.is(lines.length, 2);
  const { date, commit, machine, ratios } = JSON.parse(lines[1] ?? '') as Record<string, { verdict: string }[]>;
  t.truthy(date && commit && machine);
  t.is(ratios?.[0]?.verdict, 'SLOWER');
  t.regex(readFileSync(markdown ?? '', 'utf8'), /1 of 1 ratios failed[^]*\| SLOWER \|/);
});

/** The finished command, after it has wasted more CPU time than noise can excuse. */
const SLOWER = `#!${process.execPath}
const start = process.cpuUsage();
while (process.cpuUsage(start).user < 300_000);
require('node:child_process').spawnSync(process.execPath, [${JSON.stringify(MAIN)}, ...process.argv.slice(2)]);
`;

function row(member: unknown): string {
  return JSON.stringify({ schemaVersion: 1, machines: { cpu: { lanes: { 'Node.js': member } } } });
}

function run(...args: readonly string[]) {
  return spawnSync(process.execPath, [GATE, '--built', ...args], { encoding: 'utf8' });
}
