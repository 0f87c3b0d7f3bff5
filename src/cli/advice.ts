// SPDX-License-Identifier: Apache-2.0
// Advice after a long run: who waited for one core while others were idle should know how not to.

import type { HashedManifest } from '../index.js';
import type { Report } from './report.js';

/** A run shorter than this is not worth advice, in seconds. */
const LONG_RUN = 2;

/** Nobody waited long for so few bytes, but for something else: a service, or a person who typed a password. */
const LONG_STREAM = 2e8;

/** Says how to use all cores, when one stream kept the others waiting. */
export function adviseOnCores(manifest: HashedManifest, report: Report): void {
  const { longestStream, byteCount, serialization } = manifest;
  if (process.uptime() < LONG_RUN || longestStream < LONG_STREAM) return;
  if (longestStream * 2 <= byteCount || serialization.hashAlgorithm === 'blake3') return;
  const share = Math.round((100 * longestStream) / byteCount);
  const choices = '--shard-size 1GB or --hash-algorithm blake3';
  report.note(`one stream held ${share} % of the bytes and kept one core busy; ${choices} would use all cores`);
}
