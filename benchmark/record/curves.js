// SPDX-License-Identifier: Apache-2.0
// Lines over two logarithmic scales: what grows in proportion is a straight line, and its slope is the power.
import { grouped } from './grouped.js';
import { COLOURS, escape, svg } from './svg.js';

const WIDTH = 720;
const HEIGHT = 440;
const PLOT = { left: 64, right: 540, top: 44, bottom: 386 };
/** Labels at the ends of lines keep this far apart. */
const LABEL = 15;
/** @type {readonly (readonly [number, string])[]} */
const PREFIXES = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
];
const DASHES = ['', '6 3', '2 3'];

/** @typedef {import('./record.js').Curves} Curves */
/** @typedef {import('./record.js').Point} Point */

/**
 * @param {Curves} curves
 * @returns {string}
 */
export function drawCurves({ title, x, y, points }) {
  const places = points.map((point) => point.x);
  const across = scale(
    x.ticks === 'points' ? [...new Set(places)].toSorted(byValue) : ticks(places),
    PLOT.left,
    PLOT.right,
  );
  const up = scale(ticks(points.map((point) => point.y)), PLOT.bottom, PLOT.top);
  const lines = [...grouped(points, ({ series }) => series)];
  const parts = [
    ...across.ticks.map((tick) => gridX(across.at(tick), short(tick, x.unit))),
    ...up.ticks.map((tick) => gridY(up.at(tick), short(tick, y.unit))),
    `<text x="${(PLOT.left + PLOT.right) / 2}" y="${HEIGHT - 14}" text-anchor="middle">${escape(x.name)}</text>`,
    ...lines.map(([, members], at) => drawLine(members, at, across.at, up.at)),
    ...labels(lines, up.at),
  ];
  const description = lines.map(
    ([series, members]) =>
      `${series}: ${members.map((point) => `${short(point.x, x.unit)} ${short(point.y, y.unit)}`).join(', ')}`,
  );
  return svg({ title, unit: y.name, description, width: WIDTH, height: HEIGHT }, parts);
}

/**
 * A logarithmic scale from its first tick to its last.
 * @param {readonly number[]} all ticks, at least two
 * @param {number} from
 * @param {number} to
 */
function scale(all, from, to) {
  const [low, high] = [Math.log(all[0] ?? 1), Math.log(all.at(-1) ?? 10)];
  const at = (/** @type {number} */ value) => from + ((Math.log(value) - low) / (high - low)) * (to - from);
  return { ticks: all, at };
}

/**
 * Round numbers from the one below the least value to the one above the greatest.
 * @param {readonly number[]} values above 0
 */
function ticks(values) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const steps = most / least < 100 ? [1, 2, 5] : [1];
  const [first, last] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most) + 1e-9)];
  const all = Array.from({ length: last - first + 1 }, (_, at) => first + at)
    .flatMap((power) => steps.map((digit) => Number(`${digit}e${power}`)))
    .toSorted(byValue);
  const start = all.findLastIndex((tick) => tick <= least * 1.0001);
  const end = all.findIndex((tick) => tick >= most * 0.9999);
  return all.slice(Math.max(0, start), Math.max(end, start + 1) + 1);
}

/**
 * @param {number} one
 * @param {number} other
 */
function byValue(one, other) {
  return one - other;
}

/**
 * @param {number} at
 * @param {string} text
 */
function gridX(at, text) {
  const x = at.toFixed(1);
  return `<line class="grid" x1="${x}" x2="${x}" y1="${PLOT.top}" y2="${PLOT.bottom}"/><text class="small" x="${x}" y="${PLOT.bottom + 18}" text-anchor="middle">${text}</text>`;
}

/**
 * @param {number} at
 * @param {string} text
 */
function gridY(at, text) {
  const y = at.toFixed(1);
  return `<line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${y}" y2="${y}"/><text class="small" x="${PLOT.left - 6}" y="${(at + 4).toFixed(1)}" text-anchor="end">${text}</text>`;
}

/**
 * @param {readonly Point[]} members
 * @param {number} at
 * @param {(value: number) => number} across
 * @param {(value: number) => number} up
 */
function drawLine(members, at, across, up) {
  const places = members.map((point) => `${across(point.x).toFixed(1)},${up(point.y).toFixed(1)}`);
  const dash = DASHES[at % DASHES.length];
  const dots = places.map((place) => {
    const [x, y] = place.split(',');
    return `<circle class="d${at % COLOURS}" cx="${x}" cy="${y}" r="3"/>`;
  });
  const dashes = dash === '' ? '' : ` stroke-dasharray="${dash}"`;
  return `<polyline class="line c${at % COLOURS}"${dashes} points="${places.join(' ')}"/>${dots.join('')}`;
}

/**
 * A name at the height where its line ends, moved down where another name stands.
 * @param {readonly (readonly [string, readonly Point[]])[]} lines
 * @param {(value: number) => number} up
 */
function labels(lines, up) {
  const wanted = lines
    .map(([series, members], at) => ({ series, at, y: up(members.at(-1)?.y ?? 1) }))
    .toSorted((one, other) => one.y - other.y);
  for (const [at, label] of wanted.entries()) label.y = Math.max(label.y, (wanted[at - 1]?.y ?? 0) + LABEL);
  const over = Math.max(0, (wanted.at(-1)?.y ?? 0) - PLOT.bottom);
  return wanted.map(
    ({ series, at, y }) =>
      `<circle class="d${at % COLOURS}" cx="${PLOT.right + 14}" cy="${(y - over).toFixed(1)}" r="4"/><text class="small" x="${PLOT.right + 23}" y="${(y - over + 4).toFixed(1)}">${escape(series)}</text>`,
  );
}

/**
 * A number as people write it: 10 GB, 100k, 0.1 s.
 * @param {number} value
 * @param {string} unit
 */
export function short(value, unit) {
  if (unit === 's' && value < 1) return `${Number((value * 1000).toPrecision(3))} ms`;
  const counted = unit === 'B' || unit === '';
  const [size, prefix] = PREFIXES.find(([least]) => counted && value >= least) ?? [1, ''];
  return `${Number((value / size).toPrecision(3))}${unit === '' ? '' : ' '}${prefix}${unit}`;
}
