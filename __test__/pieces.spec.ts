// SPDX-License-Identifier: Apache-2.0
// Statements that are longer than a piece of text, and that what is signed is in memory once.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';
import {
  type Authentication,
  type SignedBundle,
  type Signer,
  type SigningInput,
  type Verifier,
  sign,
  verify,
} from 'model-signing';

import { assembleBundle, readAgain } from '../dist/bundle.js';
import { PIECE, eachInTurn, piecesOf } from '../dist/pieces.js';
import { pair } from './keys.js';
import { buildModel, pattern, scratch } from './models.js';
import { GIT_PATHS, manifestOf } from './oracle.js';

const FILES = { 'a.bin': pattern(1000, 1), 'b/c': pattern(10, 2) };
const { signer, verifier } = pair();

test('a long statement is the same byte by byte: in the answer, in the file, to a verifier', async (t) => {
  const ignorePaths = Array.from({ length: 9000 }, (_, at) => `${'long'.repeat(60)}-${at}`);
  const model = buildModel(t, FILES);
  const signature = join(scratch(t), 'model.sig');
  const { bundle } = await sign(model, { signer, ignorePaths, signature });
  const { statement } = manifestOf('model', FILES, { ignorePaths: [...GIT_PATHS, ...ignorePaths].toSorted() });
  t.true(statement.length > 2 * PIECE);
  t.is(payloadOf(bundle).toString(), statement.toString());
  t.is(JSON.stringify(JSON.parse(bundle)), bundle);
  t.is(readFileSync(signature, 'utf8'), bundle);
  await t.notThrowsAsync(verify(model, signature, { verifier }));
});

test('a bundle in pieces is the same each time, and is read again as what it was made of', async (t) => {
  const { statement } = manifestOf('model', FILES);
  for (const hint of ['ab', 'é', '"dsseEnvelope":{"payload":"']) {
    const text = assembleBundle(statement, { signature: Buffer.of(1), material: { kind: 'publicKey', hint } });
    t.is([...text].join(''), [...text].join(''));
    const { signed } = await readAgain(text);
    t.deepEqual([signed.payload, signed.material], [statement, { kind: 'publicKey', hint }]);
  }
});

test('the statement and its encoding are one piece of memory, for a signer and for a verifier', async (t) => {
  const model = buildModel(t, FILES);
  const seen: Pick<SigningInput, 'message' | 'payload'>[] = [];
  const own: Signer = {
    ...signer,
    sign: async (input) => {
      seen.push(input);
      return signer.sign(input);
    },
  };
  const other: Verifier = {
    ...verifier,
    verify: async (bundle) => {
      seen.push(bundle);
      return verifier.verify(bundle);
    },
  };
  const { bundle } = await sign(model, { signer: own });
  await verify(model, Buffer.from(bundle), { verifier: other });
  t.is(seen.length, 2);
  for (const { message, payload } of seen) {
    t.is(message.buffer, payload.buffer);
    t.is(message.byteOffset + message.byteLength, payload.byteOffset + payload.byteLength);
    t.deepEqual(Buffer.from(payload), payloadOf(bundle));
  }
});

test('a signer that checks gets the finished bundle as a verifier would, before anything is written', async (t) => {
  const ignorePaths = Array.from({ length: 4000 }, (_, at) => `${'long'.repeat(60)}-${at}`);
  const model = buildModel(t, FILES);
  const signature = join(scratch(t), 'model.sig');
  const check = async (bundle: SignedBundle): Promise<Authentication> => {
    t.false(existsSync(signature));
    return verifier.verify(bundle);
  };
  const signed = await sign(model, { signer: { ...signer, check }, ignorePaths, signature });
  t.is(signed.signer?.method, 'key');
  t.is(readFileSync(signature, 'utf8'), signed.bundle);
  const other = join(scratch(t), 'other.sig');
  await t.throwsAsync(sign(model, { signer: { ...signer, check: refuse }, signature: other }), { message: 'refused' });
  t.false(existsSync(other));
});

test('the event loop turns between two pieces, which together are the whole', async (t) => {
  const bytes = pattern(2 * PIECE + 1, 3);
  const pieces: Uint8Array[] = [];
  let turns = 0;
  const count = (): void => {
    turns += 1;
    if (pieces.length < 3) setImmediate(count);
  };
  setImmediate(count);
  await eachInTurn(piecesOf(bytes), (piece) => pieces.push(piece));
  t.deepEqual(
    pieces.map(({ length }) => length),
    [PIECE, PIECE, 1],
  );
  t.true(Buffer.concat(pieces).equals(bytes));
  t.true(turns >= 2, `${turns} turns`);
});

async function refuse(): Promise<never> {
  throw new Error('refused');
}

function payloadOf(bundle: string): Buffer {
  const { dsseEnvelope } = JSON.parse(bundle) as { dsseEnvelope: { payload: string } };
  return Buffer.from(dsseEnvelope.payload, 'base64');
}
