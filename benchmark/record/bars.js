// SPDX-License-Identifier: Apache-2.0
// A bar chart.
import { grouped } from './grouped.js';
import { escape, svg } from './svg.js';

const WIDTH = 720;
const LABEL = 210;
const VALUE = 70;
const BAR = 18;
const GAP = 14;
const TOP = 46;

/**
 * @param {import('./record.js').Chart} chart
 * @returns {string}
 */
export function drawBars({ title, unit, bars }) {
  const longest = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE);
  const parts = [];
  let y = TOP;
  for (const [group, members] of grouped(bars, (bar) => bar.group)) {
    parts.push(`<text class="group" x="8" y="${y + 13}">${escape(group)}</text>`);
    y += BAR + 2;
    for (const { label, value, isOurs } of members) {
      const width = Math.max(1, ((WIDTH - LABEL - VALUE) * value) / longest).toFixed(1);
      parts.push(
        `<text x="${LABEL - 8}" y="${y + 13}" text-anchor="end">${escape(label)}</text>`,
        `<rect class="${isOurs ? 'ours' : 'other'}" x="${LABEL}" y="${y}" width="${width}" height="${BAR - 3}"/>`,
        `<text x="${(LABEL + Number(width) + 6).toFixed(1)}" y="${y + 13}">${Number(value.toPrecision(3))}</text>`,
      );
      y += BAR;
    }
    y += GAP;
  }
  const description = bars.map(({ group, label, value }) => `${group}, ${label}: ${Number(value.toPrecision(3))}`);
  return svg({ title, unit, description, width: WIDTH, height: y }, parts);
}
