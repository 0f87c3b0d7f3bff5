// SPDX-License-Identifier: Apache-2.0
// The outcomes of all targets: a table with a line for each, and what is not as it has to be.
import { minutes } from '../run.js';

const HEAD = ['target', 'built', 'found', 'run', "core's tests", 'why not'];

/**
 * @param {readonly import('./outcome.js').Outcome[]} outcomes
 * @returns {string}
 */
export function table(outcomes) {
  const rows = [HEAD, ...outcomes.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/**
 * What makes a run a failure: what was built or run in vain, and what had to be but could not be.
 * @param {readonly import('./outcome.js').Outcome[]} outcomes
 * @param {readonly string[]} required
 * @returns {string[]}
 */
export function complaints(outcomes, required) {
  return outcomes.flatMap(({ platform, why, failed }) => {
    if (failed !== undefined) return [`${platform} failed: ${failed}`];
    return why !== undefined && required.includes(platform) ? [`${platform} is required: ${why}`] : [];
  });
}

/** @param {import('./outcome.js').Outcome} outcome */
function cells({ platform, built, ran, core, noTests, why, failed }) {
  return [
    platform,
    built === undefined ? 'no' : `${seconds(built)}${built.standIn === undefined ? '' : `, ${built.standIn}`}`,
    built?.judged.join(', ') ?? '',
    ran === undefined ? 'no' : `${ran.how}, Node.js ${ran.node}, ${ran.kernel}, ${seconds(ran)}`,
    core === undefined || ran === undefined ? (noTests ?? '') : tests(core, ran),
    failed === undefined ? (why ?? '') : `FAILED: ${failed}`,
  ];
}

/**
 * How many passed, and on what.
 * @param {import('./outcome.js').Core} core
 * @param {import('./outcome.js').Smoke} ran
 */
function tests({ passed, skips, kernels, seconds: time }, { how }) {
  const skipped = skips === 0 ? '' : `, ${skips} ${skips === 1 ? 'skip' : 'skips'}`;
  return `${passed} passed${skipped} on ${how}, ${kernels.join(' and ')}, ${minutes(time * 1000)}`;
}

/** @param {{ seconds: number }} step */
function seconds({ seconds: time }) {
  return `${time.toFixed(0)} s`;
}
