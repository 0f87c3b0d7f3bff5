// SPDX-License-Identifier: Apache-2.0
// The outcomes of all targets as a table, a line for each.

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

/** @param {import('./outcome.js').Outcome} outcome */
function cells({ platform, built, ran, core, why, failed }) {
  return [
    platform,
    built === undefined ? 'no' : `${seconds(built)}${built.standIn === undefined ? '' : `, ${built.standIn}`}`,
    built?.judged.join(', ') ?? '',
    ran === undefined ? 'no' : `${ran.how}, Node.js ${ran.node}, ${ran.kernel}, ${seconds(ran)}`,
    core === undefined ? '' : `${core.passed} passed, ${seconds(core)}`,
    failed === undefined ? (why ?? '') : `FAILED: ${failed}`,
  ];
}

/** @param {{ seconds: number }} step */
function seconds({ seconds: time }) {
  return `${time.toFixed(0)} s`;
}
