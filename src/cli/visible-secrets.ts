// SPDX-License-Identifier: Apache-2.0
// Secrets on a command line can be read by every process of the machine. They are taken, and the user is told.

import type { Report } from './report.js';

/** Says so, if a secret stands on the command line; `instead` names a better way. */
export function noteVisible(what: string, flag: string, instead: string, report: Report, argv = process.argv): void {
  const isVisible = argv.some((argument) => argument.split('=', 1)[0]?.replaceAll('_', '-') === flag);
  if (isVisible) report.note(`${what} on the command line can be read by others; use ${instead}`);
}
