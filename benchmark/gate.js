// SPDX-License-Identifier: Apache-2.0
// The few ratios that a change must not make worse, in about three minutes: `npm run bench:quick`, which CI runs. They
// are held against what is promised and against what was recorded on such a CPU before.
// CPU ratios only: wall time and speed depend on what else the machine does.
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, fail } from '../npm/scripts/run.js';
import { readFlags } from './flags.js';
import { readBaseline, updateBaseline } from './gate/baseline.js';
import { IDS, checks } from './gate/checks.js';
import { plain, toLine, toMarkdown, toText } from './gate/report.js';
import { fails, judge, settle } from './gate/verdict.js';
import { contest } from './measure/pairs.js';
import { build, measureInstead } from './ours.js';
import { describeMachine, hasShaInstructions } from './record/machine.js';
import { figure } from './record/summary.js';
import { ABOUT_TARGETS } from './targets.js';

/** @typedef {import('./gate/checks.js').Check} Check */

/** How often everything is measured for a baseline, so that the noise between runs is in it. */
const PASSES = 3;

const flags = readFlags({
  rounds: 7,
  more: ['only', 'command', 'baseline', 'history', 'markdown'],
  switches: ['update-baseline'],
});
const file = flags.more['baseline'] ?? join(ROOT, 'benchmark', 'baseline.json');
/** @type {string[]} */
const skipped = [];

if (process.platform !== 'linux' || !hasShaInstructions()) {
  skip('all ratios: they are promised for Linux on CPUs with SHA-256 instructions, and this is none');
} else {
  const only = flags.more['only']?.split(',');
  for (const id of only ?? []) if (!IDS.includes(id)) fail(`--only: ${id} is none of ${IDS.join(', ')}`);
  const baseline = readBaseline(file);
  build(flags);
  for (const about of ABOUT_TARGETS) console.log(about);
  if (flags.more['command'] !== undefined) measureInstead(flags.more['command']);
  const all = checks(flags, skip, (id) => only?.includes(id) ?? true);
  if (all.length === 0) fail('nothing can be measured of what was asked for');
  const machine = describeMachine(flags.data);
  if (flags.more['update-baseline'] === undefined) compare(all, machine, baseline);
  else record(all, machine);
}

/**
 * @param {readonly Check[]} all
 * @param {import('./record/machine.js').Machine} machine
 * @param {import('./gate/baseline.js').Baseline} baseline
 */
function compare(all, { cpuKind, cores, system, versions }, baseline) {
  const known = baseline[cpuKind] ?? {};
  const ratios = all.map((check) => twice(check, known[check.id]?.[check.under]));
  const alone = ratios.filter(({ verdict }) => verdict === 'no baseline').map(({ id }) => id);
  if (alone.length > 0)
    skip(`${alone.join(', ')} against a baseline: none is recorded for ${cpuKind} with such versions`);
  /** @type {import('./gate/report.js').Report} */
  const report = {
    schemaVersion: 1,
    date: new Date().toISOString(),
    commit: plain(versions['commit'] ?? 'unknown'),
    machine: { cpu: cpuKind, cores, system: plain(system), node: plain(versions['node'] ?? '') },
    ratios,
    skipped: skipped.map(plain),
  };
  console.log(toText(report));
  if (flags.more['history'] !== undefined) appendFileSync(flags.more['history'], toLine(report));
  if (flags.more['markdown'] !== undefined) writeFileSync(flags.more['markdown'], toMarkdown(report));
  if (ratios.some(({ verdict }) => fails(verdict))) process.exitCode = 1;
}

/**
 * Measures one ratio, and once more when it fails: a busy machine gets a second chance, a slow change does not.
 * @param {Check} check
 * @param {import('./gate/baseline.js').Recorded | undefined} recorded
 * @returns {import('./gate/report.js').Row}
 */
function twice(check, recorded) {
  const first = rowOf(check, recorded);
  if (!fails(first.verdict)) return first;
  console.log(`once more: ${first.what} was ${figure(first.value)}, ${first.verdict}`);
  return rowOf(check, recorded);
}

/**
 * @param {Check} check
 * @param {import('./gate/baseline.js').Recorded | undefined} recorded
 * @returns {import('./gate/report.js').Row}
 */
function rowOf(check, recorded) {
  const { id, what, under, bound } = check;
  const found = measure(check);
  const baseline = recorded?.value ?? null;
  return {
    id,
    what: plain(what),
    under: plain(under),
    ...found,
    target: bound?.atMost ?? null,
    baseline,
    ...judge(found, { bound, recorded }),
  };
}

/**
 * Records what is found, row by row and then all of them again.
 * @param {readonly Check[]} all
 * @param {import('./record/machine.js').Machine} machine
 */
function record(all, { cpuKind, versions }) {
  const passes = Array.from({ length: PASSES }, () => all.map(measure));
  const [date, commit] = [new Date().toISOString().slice(0, 10), versions['commit'] ?? 'unknown'];
  const rows = all.map(({ id, under, what }, at) => {
    const found = settle(passes.flatMap((pass) => pass[at] ?? []));
    console.log(`${what}: ${figure(found.value)} ±${figure(found.noise)}`);
    return { id, under, recorded: { ...found, date, commit } };
  });
  updateBaseline(file, cpuKind, rows);
  console.log(`recorded for ${cpuKind}: ${file}`);
}

/** @param {Check} check */
function measure({ ours, other, rounds = flags.rounds }) {
  const pair = [
    { name: 'ours', command: ours },
    { name: 'other', command: other },
  ];
  const { value, noise } = contest(pair, { rounds }).ratio('ours', 'other', 'cpu');
  return { value: rounded(value), noise: rounded(noise) };
}

/** Four digits after the point are more than is known. @param {number} value */
function rounded(value) {
  return Number(value.toFixed(4));
}

/** @param {string} what */
function skip(what) {
  skipped.push(what);
  console.log(`!! NOT MEASURED, ${what}`);
}
