// SPDX-License-Identifier: Apache-2.0
// The Sigstore of the tests does what a real one does, and wrong only what it is told to.

import { readFileSync } from 'node:fs';

import { sigstackTest } from './sigstack.js';

sigstackTest('a token, a certificate, two logs and a timestamp', async (t, stack) => {
  t.regex(await stack.token(), /^[\w-]+\.[\w-]+\.[\w-]+$/);
  t.true(readFileSync(stack.trustedRoot, 'utf8').includes(stack.urls.rekor2));
});
