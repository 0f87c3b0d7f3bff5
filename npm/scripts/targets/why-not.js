// SPDX-License-Identifier: Apache-2.0

/** Something that cannot be had on this machine, in one line: no fault of what is built. */
export class WhyNot extends Error {}

/**
 * A step that cannot be done here, wherever here is.
 * @param {string} reason
 * @returns {() => never}
 */
export function whyNot(reason) {
  return () => {
    throw new WhyNot(reason);
  };
}

const ERROR = /^\s*(?:error|fatal|E:|[A-Z]\w*Error\b)|\bERR!/i;
/** What a compiler says last: that there was an error, not which. */
const SUMMARY = /^error: (?:could not compile|aborting due to)/;

/**
 * The line of a program's talk that says what was wrong.
 * @param {{ error?: Error | undefined, stdout: string, stderr: string }} answer
 */
export function lastWords({ error, stdout, stderr }) {
  if (error !== undefined) return error.message;
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
  const telling = lines.findLast((line) => ERROR.test(line) && !SUMMARY.test(line));
  return (telling ?? lines.at(-1) ?? 'it said nothing').trim();
}
