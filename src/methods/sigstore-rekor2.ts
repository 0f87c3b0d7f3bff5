// SPDX-License-Identifier: Apache-2.0
// Rekor, version 2: the log takes the digest of what was signed, and not the envelope; the size of a statement is nothing
// to it. It does not say when it took an entry.

import { createHash } from 'node:crypto';

import type { LogEntry } from '../method.js';
import type { Patience } from './service-call.js';
import { type Testimony, logCall, postEntry, readEntry } from './sigstore-log.js';

const PATH = 'api/v2/log/entries';

/** Has a signature entered into a log. Nothing, when the log has it already: it does not hand out what it has. */
export async function enterRekor2(base: URL, testimony: Testimony, patience: Patience): Promise<LogEntry | undefined> {
  const body = Buffer.from(JSON.stringify(entryRequest(testimony)));
  const call = logCall(base, PATH, body, patience);
  const answer = await postEntry(call);
  return answer.status === 409 ? undefined : readEntry(call, answer);
}

/** `hashedrekord` 0.0.2: the signature is the envelope's, so the digest is of the bytes that it covers. */
function entryRequest({ message, signature, certificate }: Testimony) {
  return {
    hashedRekordRequestV002: {
      digest: createHash('sha256').update(message).digest('base64'),
      signature: {
        content: Buffer.from(signature).toString('base64'),
        verifier: {
          x509Certificate: { rawBytes: certificate.raw.toString('base64') },
          keyDetails: 'PKIX_ECDSA_P256_SHA_256',
        },
      },
    },
  };
}
