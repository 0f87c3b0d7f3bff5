// SPDX-License-Identifier: Apache-2.0
// Reads the numbers of tests from the closing lines of the two test runners; says so when those lines are missing.

/** @typedef {{ passed: number, failed: number, skipped: number }} Count */

/**
 * Sums the `test result:` lines of cargo, one per test binary and per crate's documentation.
 * @param {string} output
 * @returns {Count | undefined}
 */
export function countCargo(output) {
  const lines = output.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;/gm);
  return sum([...lines].map(([, passed, failed, skipped]) => ({ passed, failed, skipped })));
}

/**
 * Reads the comment lines that close AVA's TAP report; a line that would say 0 is left out by AVA.
 * @param {string} output
 * @returns {Count | undefined}
 */
export function countTap(output) {
  /** @param {string} name */
  const number = (name) => new RegExp(`^# ${name} (\\d+)$`, 'm').exec(output)?.[1];
  if (number('tests') === undefined) return undefined;
  return sum([{ passed: number('pass'), failed: number('fail'), skipped: number('skip') }]);
}

/**
 * @param {readonly Record<keyof Count, string | undefined>[]} parts
 * @returns {Count | undefined}
 */
function sum(parts) {
  if (parts.length === 0) return undefined;
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const part of parts) {
    total.passed += Number(part.passed ?? 0);
    total.failed += Number(part.failed ?? 0);
    total.skipped += Number(part.skipped ?? 0);
  }
  return total;
}
