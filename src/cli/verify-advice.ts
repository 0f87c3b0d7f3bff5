// SPDX-License-Identifier: Apache-2.0
// What those who get a model have to type to verify it, told to whoever has just signed it.

import type { SignedModel } from '../index.js';
import type { FlagValues } from './flags.js';
import type { Report } from './report.js';

/** Flags of signing that verifying needs, too. */
const SAME = ['tufUrl', 'tufRoot', 'trustConfig'];

/** Says by which identity a model can be verified, where it was signed with one. */
export function adviseOnVerifying(
  { signer, signature }: SignedModel,
  model: string,
  flags: FlagValues,
  report: Report,
) {
  const { identity, issuer }: Readonly<Record<string, unknown>> = { ...signer };
  if (typeof identity !== 'string' || typeof issuer !== 'string') return;
  const instance = SAME.flatMap((key) => (typeof flags[key] === 'string' ? [`--${dashed(key)}`, flags[key]] : []));
  if (flags['useStaging'] === true) instance.push('--use-staging');
  const signed = [model, '--signature', signature ?? '', '--identity', identity, '--identity-provider', issuer];
  const words = [...signed, ...instance].map(shellWord);
  report.note(`to verify it: model-signing verify sigstore ${words.join(' ')}`);
}

function dashed(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** What a shell takes for one word. Characters that act on a screen are escaped by the report, on the whole line. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
