// SPDX-License-Identifier: Apache-2.0
// What records are made of: plans that keep to their limit, costs, and pictures that hold every figure.

import test from 'ava';

interface Step {
  readonly what: string;
  readonly seconds: number;
  readonly run: () => void;
}

interface Point {
  readonly series: string;
  readonly x: number;
  readonly y: number;
}

const FOLDER = new URL('../../benchmark/', import.meta.url);
const { take } = (await import(new URL('measure/plan.js', FOLDER).href)) as {
  take: (steps: readonly Step[], limit: { minutes: number; skipped: (what: string) => void }) => void;
};
const { cost } = (await import(new URL('measure/command.js', FOLDER).href)) as {
  cost: (command: readonly string[]) => { cpu: number; wall: number };
};
const { drawCurves } = (await import(new URL('record/curves.js', FOLDER).href)) as {
  drawCurves: (curves: { title: string; x: object; y: object; points: readonly Point[] }) => string;
};

test('a step that would go beyond the limit is left out aloud, and the ones after it are not', (t) => {
  const [done, skipped]: string[][] = [[], []];
  const step = (what: string, seconds: number) => ({ what, seconds, run: () => done?.push(what) });
  take([step('short', 10), step('long', 90), step('last', 20)], { minutes: 1, skipped: (what) => skipped?.push(what) });
  t.deepEqual(done, ['short', 'last']);
  t.is(skipped?.length, 1);
  t.regex(skipped?.[0] ?? '', /^long: .*1\.5 min.*--minutes/);
});

test('lines have a point for each figure, a name each, and no place outside the picture', (t) => {
  const points = [1e6, 1e9, 1e11].flatMap((x, at) => [
    { series: 'ours <&>', x, y: 0.01 * 10 ** at },
    { series: 'other', x, y: 0.05 * 10 ** at },
  ]);
  const picture = drawCurves({ title: 'Cost', x: { name: 'bytes', unit: 'B' }, y: { name: 'CPU', unit: 's' }, points });
  t.notRegex(picture, /NaN|Infinity|undefined/);
  t.regex(picture, /ours &lt;&amp;> *:? ?/);
  t.is(picture.match(/<circle[^>]*r="3"/g)?.length, points.length);
  t.is(picture.match(/<polyline/g)?.length, 2);
  for (const text of ['1 MB', '1 GB', '100 GB', '10 ms', '1 s']) t.true(picture.includes(`>${text}<`), text);
  const places = [...picture.matchAll(/cx="([\d.-]+)" cy="([\d.-]+)"/g)].flatMap(([, x, y]) => [Number(x), Number(y)]);
  for (const place of places) t.true(place >= 0 && place <= 720, `${place}`);
});

test('one point alone still makes a picture', (t) => {
  const points = [{ series: 'ours', x: 1, y: 1 }];
  const picture = drawCurves({ title: 'Cost', x: { name: 'files', unit: '' }, y: { name: 'CPU', unit: 's' }, points });
  t.notRegex(picture, /NaN|Infinity|undefined/);
});

const onLinux = process.platform === 'linux' ? test : test.skip;
if (process.platform !== 'linux') console.warn('SKIPPED 1 test: what a command costs is measured on Linux only');
onLinux('a cost is that of the whole command', (t) => {
  const busy = 'const start = process.cpuUsage(); while (process.cpuUsage(start).user < 200_000);';
  const { cpu, wall } = cost([process.execPath, '-e', busy]);
  t.true(cpu >= 0.19 && cpu < 5, `${cpu}`);
  t.true(wall >= 0.19, `${wall}`);
});
