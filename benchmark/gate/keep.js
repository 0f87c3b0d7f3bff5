// SPDX-License-Identifier: Apache-2.0
// Adds a report to a history, one line each, after reading it as anybody's: node keep.js REPORT HISTORY
import { appendFileSync } from 'node:fs';
import { fail } from '../../npm/scripts/run.js';
import { readReport } from './claim.js';
import { toLine } from './report.js';

const [report, history] = process.argv.slice(2);
if (report === undefined || history === undefined) fail('usage: keep.js REPORT HISTORY');
try {
  appendFileSync(history, toLine(readReport(report)));
} catch (error) {
  fail(`not kept: ${error instanceof Error ? error.message : String(error)}`);
}
