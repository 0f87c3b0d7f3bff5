// SPDX-License-Identifier: Apache-2.0
// What whoever holds a key can make of a bundle: another statement, signed again, in either encoding.

import { type KeyObject, sign as signBytes } from 'node:crypto';

import type { ExecutionContext } from 'ava';
import { type SignOptions, type Signer, sign } from 'model-signing';

import { type Content, buildModel } from './models.js';

/** A bundle as JSON has it. */
export interface Bundle {
  mediaType: string;
  verificationMaterial: Record<string, unknown>;
  dsseEnvelope: {
    payload: string;
    payloadType: string;
    signatures: { sig: string; keyid?: string | null }[];
  };
}

/** A statement as JSON has it. */
export interface Statement {
  _type: string;
  predicateType: string;
  subject: { name: string; digest: { sha256: string } }[];
  predicate: {
    resources: { name: string; algorithm: string; digest: string }[];
    serialization: Record<string, unknown>;
  };
}

/** A model on disk, and a good bundle for it. */
export interface Signed {
  readonly model: string;
  readonly text: string;
  readonly bundle: Bundle;
  readonly payload: Buffer;
}

/** Signs a model made of these files. */
export async function signedModel(
  t: ExecutionContext,
  files: Readonly<Record<string, Content>>,
  options: SignOptions & { readonly signer: Signer },
): Promise<Signed> {
  const model = buildModel(t, files);
  const { bundle: text } = await sign(model, options);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own bundle
  const bundle = JSON.parse(text) as Bundle;
  return { model, text, bundle, payload: Buffer.from(bundle.dsseEnvelope.payload, 'base64') };
}

/** The statement in a payload. */
export function statementIn(payload: Buffer): Statement {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own statement
  return JSON.parse(payload.toString()) as Statement;
}

/** The bundle with another payload and a signature over it. */
export function signedAnew(
  bundle: Bundle,
  payload: Buffer,
  privateKey: KeyObject,
  { encoding = 'DSSEv1', hash = 'sha256' }: { encoding?: 'DSSEv1' | 'DSSEV1'; hash?: string } = {},
): Buffer {
  const body = encoding === 'DSSEv1' ? payload : Buffer.from(`b'${payload.toString('latin1')}'`, 'latin1');
  const head = Buffer.from(`${encoding} 28 application/vnd.in-toto+json ${payload.length} `);
  const sig = signBytes(hash, Buffer.concat([head, body]), privateKey).toString('base64');
  const dsseEnvelope = {
    ...bundle.dsseEnvelope,
    payload: payload.toString('base64'),
    signatures: [{ sig, keyid: '' }],
  };
  return Buffer.from(JSON.stringify({ ...bundle, dsseEnvelope }));
}
