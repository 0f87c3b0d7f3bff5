// SPDX-License-Identifier: Apache-2.0
// What a run of the gate found: one line of JSON for the history, a table for people.
import { describeBound } from '../targets.js';
import { figure } from '../record/summary.js';
import { fails } from './verdict.js';

/**
 * @typedef {object} Row
 * @property {string} id
 * @property {string} what
 * @property {string} under
 * @property {number} value
 * @property {number} noise
 * @property {number | null} target
 * @property {number | null} baseline
 * @property {number | null} allowed
 * @property {import('./verdict.js').Verdict} verdict
 */

/**
 * @typedef {object} Report
 * @property {1} schemaVersion
 * @property {string} date
 * @property {string} commit
 * @property {{ cpu: string, cores: number, system: string, node: string }} machine `cpu` is its kind: what baselines
 * are kept for
 * @property {Row[]} ratios
 * @property {string[]} skipped what was not measured, and why
 */

/** The table's first line on a pull request, by which the comment is found again. */
export const MARKER = '<!-- model-signing benchmark -->';

/** No character that means something in Markdown within backquotes, or on a terminal. */
export const PLAIN = /^[\w ,.:;+()/'@%-]{1,200}$/;
const HEAD = ['CPU ratio', 'found', 'noise', 'target', 'baseline', 'allowed', 'verdict'];

/** @param {Report} report one line, for the history */
export function toLine(report) {
  return `${JSON.stringify(report)}\n`;
}

/** Makes a text fit for a report. @param {string} text */
export function plain(text) {
  return (
    text
      .replaceAll(/[^\w ,.:;+()/'@%-]+/g, ' ')
      .trim()
      .slice(0, 200) || 'unknown'
  );
}

/** @param {Report} report */
export function toText({ ratios }) {
  const lines = [HEAD, ...ratios.map(cells)];
  const widths = HEAD.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  const last = HEAD.length - 1;
  return lines
    .map((line) =>
      line.map((cell, at) => (at === 0 || at === last ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))),
    )
    .map((line) => line.join('  ').trimEnd())
    .join('\n');
}

/** @param {Report} report */
export function toMarkdown({ date, commit, machine, ratios, skipped }) {
  const { cpu, cores, system, node } = machine;
  const bad = ratios.filter(({ verdict }) => fails(verdict)).length;
  return [
    MARKER,
    `### Benchmark: ${bad === 0 ? 'nothing got slower' : `${bad} of ${ratios.length} ratios failed`}`,
    '',
    `| ${HEAD.join(' | ')} |`,
    '|---|--:|--:|--:|--:|--:|---|',
    ...ratios.map((ratio) => {
      const [what, ...others] = cells(ratio);
      return `| \`${what}\` | ${others.join(' | ')} |`;
    }),
    '',
    ...skipped.map((what) => `- not measured: \`${what}\``),
    `- CPU seconds against those of a reference in the same run; \`${commit}\`, ${date.slice(0, 10)}, \`${cpu}\`, ${cores} cores, \`${system}\`, \`${node}\``,
    '',
  ].join('\n');
}

/** @param {Row} row */
function cells({ what, value, noise, target, baseline, allowed, verdict }) {
  return [
    what,
    figure(value),
    `±${figure(noise)}`,
    target === null ? '' : describeBound({ atMost: target }),
    baseline === null ? '' : figure(baseline),
    allowed === null ? '' : `≤ ${figure(allowed)}`,
    verdict,
  ];
}
