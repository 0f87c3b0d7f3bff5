// SPDX-License-Identifier: Apache-2.0
// Durations as people write them: `3m`, `90s`, `1h30m`, `250ms`, or seconds.

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds above 0, or `undefined` for what is no duration. */
export function parseDuration(text: string): number | undefined {
  if (/^\d{1,9}(?:\.\d{1,3})?$/.test(text)) return positive(Number(text) * 1000);
  if (!/^(?:\d{1,9}(?:ms|[smh]))+$/.test(text)) return undefined;
  const parts = text.matchAll(/(\d+)(ms|[smh])/g);
  return positive([...parts].reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNITS[unit] ?? 0), 0));
}

function positive(milliseconds: number): number | undefined {
  return milliseconds > 0 && milliseconds < 2 ** 31 ? milliseconds : undefined;
}
