// SPDX-License-Identifier: Apache-2.0
// The table for people: what was found, what was promised, and whether the one keeps the other.
import { describeBound, meets } from '../targets.js';

/** @typedef {import('./record.js').Finding} Finding */

/**
 * @param {object} record
 * @param {string} record.title
 * @param {string} record.date
 * @param {{ scale: number, rounds: number, full: boolean }} record.settings
 * @param {import('./machine.js').Machine} record.machine
 * @param {string[]} record.notes
 * @param {Finding[]} record.findings
 * @param {string[]} record.pictures
 */
export function formatSummary({ title, date, settings, machine, notes, findings, pictures }) {
  const { cpu, cores, cpuFlags, memoryGb, system, fileSystem, load, versions } = machine;
  const lines = [
    `# ${title}`,
    '',
    `${date.slice(0, 10)}, ${cpu}, ${cores} cores (${cpuFlags.join(', ')}), ${memoryGb} GB, ${system}, ${fileSystem}; ` +
      `load at the start ${load}; data sets at scale ${settings.scale}, ${settings.rounds} rounds.`,
    '',
    '| what | found | noise | target | |',
    '|---|---|---|---|---|',
    ...findings.map(row),
    '',
    ...pictures.flatMap((file) => [`![the same as a picture](${file})`, '']),
    ...notes.map((note) => `- ${note}`),
    ...Object.entries(versions).map(([name, version]) => `- ${name}: ${version}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** @param {Finding} finding */
function row({ what, value, unit, noise, bound }) {
  const target = bound === undefined ? '' : describeBound(bound);
  return `| ${what} | ${figure(value)} ${unit} | ${noise === undefined ? '' : `± ${figure(noise)}`} | ${target} | ${verdict(value, bound)} |`;
}

/**
 * @param {number} value
 * @param {import('../targets.js').Bound} [bound]
 */
export function verdict(value, bound) {
  if (bound === undefined) return '';
  return meets(value, bound) ? 'hit' : '**missed**';
}

/** Three digits that mean something. @param {number} value */
export function figure(value) {
  return Math.abs(value) >= 100 ? value.toFixed(0) : `${Number(value.toPrecision(3))}`;
}
