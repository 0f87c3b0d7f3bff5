// SPDX-License-Identifier: Apache-2.0
// Flags that say which Sigstore; how patiently to ask it, the program's own flag says.

import type { InstanceOptions } from '../../index.js';
import type { Flag, FlagValues } from '../flags.js';
import { number, text } from '../method.js';

/** Which instance, and how fresh. */
export const INSTANCE_FLAGS: readonly Flag[] = [
  { name: 'use-staging', kind: 'switch', description: 'use the staging instance, which is for tests', default: 'off' },
  {
    name: 'trust-config',
    kind: 'text',
    value: 'path',
    description: 'ClientTrustConfig of a private instance; for verifying a trusted root will do',
  },
  { name: 'tuf-url', kind: 'text', value: 'url', description: 'update repository of a private instance' },
  { name: 'tuf-root', kind: 'text', value: 'path', description: 'first root.json of that repository' },
  { name: 'refresh-trust', kind: 'switch', description: 'fetch what the instance trusts now', default: 'off' },
];

/** What the flags mean to the library. */
export function instanceOptions(flags: FlagValues): InstanceOptions {
  const { useStaging, refreshTrust } = flags;
  return {
    useStaging: useStaging === true,
    trustConfig: text(flags, 'trustConfig'),
    tufUrl: text(flags, 'tufUrl'),
    tufRoot: text(flags, 'tufRoot'),
    refreshTrust: refreshTrust === true,
    timeout: number(flags, 'timeout'),
  };
}
