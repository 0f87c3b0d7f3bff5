// SPDX-License-Identifier: Apache-2.0
// Checkpoints and proofs: what no signature covers has to say what the signed note says.

import test from 'ava';

import { checkProof } from '../../dist/methods/sigstore-checkpoint.js';
import type { InclusionProof, LogEntry } from '../../dist/method.js';

const ROOT = Buffer.alloc(32, 7);
const SIGNATURE = Buffer.from('key hint and signature').toString('base64');
const NOTE = `log.example - 12\n6\n${ROOT.toString('base64')}\n\n\u2014 log.example ${SIGNATURE}\n`;

function codeOf(change: Partial<InclusionProof>, entry: Partial<LogEntry> = {}): string {
  const inclusionProof = { logIndex: '5', rootHash: ROOT, treeSize: '6', hashes: [], checkpoint: NOTE, ...change };
  const logId = Buffer.alloc(32);
  const common = { logId, kind: 'dsse', version: '0.0.1', integratedTime: '0', canonicalizedBody: Buffer.from('{}') };
  try {
    checkProof({ logIndex: '5', ...common, inclusionProof, ...entry });
    return 'accepted';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

test('a note and a proof about the same tree', (t) => {
  t.is(codeOf({}), 'accepted');
  t.is(codeOf({ checkpoint: NOTE.replace('\n\n', '\nTimestamp: 1\nmore\n\n') }), 'accepted');
  t.is(codeOf({ checkpoint: `${NOTE}\u2014 witness.example/w1 ${SIGNATURE}\n` }), 'accepted');
  t.is(codeOf({}, { inclusionProof: undefined }), 'accepted');
});

test('another tree, another index', (t) => {
  t.is(codeOf({ treeSize: '7' }), 'LOG_PROOF_INVALID');
  t.is(codeOf({ rootHash: Buffer.alloc(32, 8) }), 'LOG_PROOF_INVALID');
  t.is(codeOf({}, { logIndex: '4' }), 'LOG_PROOF_INVALID');
  t.is(codeOf({}, { logIndex: '1004', inclusionPromise: Buffer.of(1) }), 'accepted');
});

test('notes that are none', (t) => {
  const broken = [
    undefined,
    '',
    '\n',
    NOTE.slice(1).replace(/^[^\n]*/, ''),
    NOTE.replace('\n6\n', '\n06\n'),
    NOTE.replace('\n6\n', '\n-6\n'),
    NOTE.replace('\n6\n', '\n0x6\n'),
    NOTE.replace('\n6\n', '\n 6\n'),
    NOTE.replace('\n6\n', '\n\n'),
    NOTE.replace('\n\n', '\n'),
    NOTE.replace('\n\n', '\n\n\n'),
    NOTE.trimEnd(),
    `${NOTE}x`,
    `${NOTE}\n`,
    NOTE.replace('\u2014', '-'),
    NOTE.replace(SIGNATURE, `${SIGNATURE}!`),
    NOTE.replace(SIGNATURE, 'AAAA'),
    NOTE.replace(SIGNATURE, SIGNATURE.replace(/=*$/, '')),
    NOTE.replace('\u2014 log.example', '\u2014 log+example'),
    NOTE.split('\u2014')[0],
    NOTE.replaceAll('\n', '\r\n'),
  ];
  for (const checkpoint of broken) t.is(codeOf({ checkpoint }), 'LOG_CHECKPOINT_INVALID', JSON.stringify(checkpoint));
});

test('a note of a megabyte is looked at once', (t) => {
  const started = performance.now();
  for (const filler of ['\n', 'a\n', '\u2014 a b\n', '\n\n']) {
    t.is(codeOf({ checkpoint: `o\n6\n${filler.repeat(1_000_000 / filler.length)}` }), 'LOG_CHECKPOINT_INVALID');
  }
  t.true(performance.now() - started < 5000);
});
