// SPDX-License-Identifier: Apache-2.0
// What every picture has: a title, its figures as text for those who cannot see it, and colours that are readable on
// light and on dark pages.

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600; font-size: 15px }
  .group { font-weight: 600 }
  .small { font-size: 11px }
  .ours { fill: #0969da }
  .other { fill: #8c959f }
  .grid { stroke: #d0d7de; stroke-width: 1 }
  .line { fill: none; stroke-width: 2 }
  .c0 { stroke: #0969da } .c1 { stroke: #1a7f37 } .c2 { stroke: #8250df } .c3 { stroke: #bc4c00 } .c4 { stroke: #6e7781 } .c5 { stroke: #bf3989 }
  .d0 { fill: #0969da } .d1 { fill: #1a7f37 } .d2 { fill: #8250df } .d3 { fill: #bc4c00 } .d4 { fill: #6e7781 } .d5 { fill: #bf3989 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .ours { fill: #58a6ff } .other { fill: #6e7681 } .grid { stroke: #30363d }
    .c0 { stroke: #58a6ff } .c1 { stroke: #3fb950 } .c2 { stroke: #bc8cff } .c3 { stroke: #f0883e } .c4 { stroke: #9ea7b3 } .c5 { stroke: #f778ba }
    .d0 { fill: #58a6ff } .d1 { fill: #3fb950 } .d2 { fill: #bc8cff } .d3 { fill: #f0883e } .d4 { fill: #9ea7b3 } .d5 { fill: #f778ba }
  }`;

/** How many colours lines have. */
export const COLOURS = 6;

/**
 * @param {{ title: string, unit: string, description: readonly string[], width: number, height: number }} about
 * @param {readonly string[]} parts
 * @returns {string}
 */
export function svg({ title, unit, description, width, height }, parts) {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${escape(title)}</title>`,
    `<desc id="desc">${escape(`${unit}. ${description.join('; ')}.`)}</desc>`,
    `<style>${STYLE}\n</style>`,
    `<text class="title" x="8" y="24">${escape(`${title}: ${unit}`)}</text>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

/** @param {string} text */
export function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
