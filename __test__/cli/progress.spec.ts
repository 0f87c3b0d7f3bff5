// SPDX-License-Identifier: Apache-2.0
// The progress line: its words, and that it appears on a terminal only, and goes before the command ends.

import { spawnSync } from 'node:child_process';

import test from 'ava';

import { progressLine } from '../../dist/cli/progress.js';
import { buildModel } from '../models.js';
import { MAIN, command } from './command.js';

const hasPython = spawnSync('python3', ['-c', 'import pty']).status === 0;
if (!hasPython) console.warn('SKIPPED: no pseudo-terminal without python3');
const onTerminal = hasPython ? test : test.skip;

/** Runs a command on a pseudo-terminal of its own, passes on what it writes there, then prints its exit code. */
const PTY = `
import os, pty, sys
status = pty.spawn(sys.argv[1:])
os.write(1, b"|%d" % os.waitstatus_to_exitcode(status))
`;

test('the words', (t) => {
  const progress = { filesDone: 3, filesTotal: 12, bytesDone: 1.5e9, bytesTotal: 6e9 };
  t.is(progressLine(progress, 3, 200), '25 %  3/12 files  1.50/6.00 GB  0.50 GB/s  9 s left');
  t.is(
    progressLine({ ...progress, bytesTotal: 600e9 }, 3, 200),
    '0 %  3/12 files  1.50/600.0 GB  0.50 GB/s  19 min 57 s left',
  );
  t.is(
    progressLine({ ...progress, bytesTotal: 6e12 }, 3, 200),
    '0 %  3/12 files  1.50/6000.0 GB  0.50 GB/s  3 h 19 min left',
  );
});

test('before anything is known, and without bytes', (t) => {
  const nothing = { filesDone: 0, filesTotal: 0, bytesDone: 0, bytesTotal: 0 };
  t.is(progressLine(nothing, 2.4, 80), 'listing files 2 s');
  t.is(progressLine({ ...nothing, filesTotal: 4 }, 0, 80), '100 %  0/4 files  0.00/0.00 GB  0.00 GB/s');
});

test('never wider than the terminal', (t) => {
  const progress = { filesDone: 3, filesTotal: 12, bytesDone: 1.5e9, bytesTotal: 6e9 };
  for (const columns of [1, 2, 10, 40]) t.true(progressLine(progress, 3, columns).length < columns);
});

test('no progress where there is no terminal', async (t) => {
  const { stderr } = await command(['digest', buildModel(t, { a: { zeros: 1e9 } })]);
  t.notRegex(stderr, /\r|GB\/s|listing/);
});

onTerminal('on a terminal one line is kept up to date, and is gone at the end', (t) => {
  const output = terminal(buildModel(t, { a: { zeros: 2e9 }, b: { zeros: 2e9 } }));
  t.regex(output, /\r\d+ % {2}\d\/2 files {2}[\d.]+\/4\.00 GB {2}[\d.]+ GB\/s.*<ESC>\[K/);
  t.regex(output, /\r<ESC>\[Ksha256:[0-9a-f]{64}\r?\n\|0$/);
});

onTerminal('quiet on a terminal, too', (t) => {
  t.regex(terminal(buildModel(t, { a: { zeros: 1e9 } }), '--quiet'), /^sha256:[0-9a-f]{64}\r?\n\|0$/);
});

onTerminal('an error takes the line away first', (t) => {
  const output = terminal(buildModel(t, { a: { zeros: 1e9 }, '\u001B[2Jx': { link: 'a' } }));
  t.regex(
    output,
    /^error: '\\u\{1b\}\[2Jx' is a symbolic link, and these are not allowed \[SYMLINK_FORBIDDEN\]\r\nhint: .*\r\n\|1$/,
  );
});

/** What a command writes on a terminal, with escapes made visible, and its exit code. */
function terminal(model: string, ...flags: readonly string[]): string {
  const args = ['-c', PTY, process.execPath, MAIN, 'digest', model, ...flags];
  return spawnSync('python3', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).stdout.replaceAll(
    '\u001B',
    '<ESC>',
  );
}
