// SPDX-License-Identifier: Apache-2.0
// A bar chart as SVG, readable on light and dark pages, with its figures as text for those who cannot see it.

const WIDTH = 720;
const LABEL = 210;
const VALUE = 70;
const BAR = 18;
const GAP = 14;
const TOP = 46;

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600; font-size: 15px }
  .group { font-weight: 600 }
  .ours { fill: #0969da }
  .other { fill: #8c959f }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .ours { fill: #58a6ff } .other { fill: #6e7681 } }`;

/**
 * @param {import('./record.js').Chart} chart
 * @returns {string}
 */
export function drawPicture({ title, unit, bars }) {
  const groups = grouped(bars);
  const longest = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE);
  const parts = [];
  let y = TOP;
  for (const [group, members] of groups) {
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
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${escape(title)}</title>`,
    `<desc id="desc">${escape(`${unit}. ${description.join('; ')}.`)}</desc>`,
    `<style>${STYLE}\n</style>`,
    `<text class="title" x="8" y="24">${escape(`${title}: ${unit}`)}</text>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

/**
 * @param {readonly import('./record.js').Bar[]} bars
 * @returns {Map<string, import('./record.js').Bar[]>}
 */
function grouped(bars) {
  const groups = new Map();
  for (const bar of bars) groups.set(bar.group, [...(groups.get(bar.group) ?? []), bar]);
  return groups;
}

/** @param {string} text */
function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
