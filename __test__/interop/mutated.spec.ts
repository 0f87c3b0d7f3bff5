// SPDX-License-Identifier: Apache-2.0
// Two readers of one bundle: whatever is changed in a good one, and signed anew where that is needed, what we accept
// the Python tool accepts, too, or it stands below why not. That we refuse more is no matter here.

import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import test, { type ExecutionContext } from 'ava';
import * as fc from 'fast-check';
import { ModelSigningError, type SignOptions, verify } from 'model-signing';

import { type Bundle, type Signed, type Statement, signedAnew, signedModel, statementIn } from '../forge.js';
import { keyFiles, pair } from '../keys.js';
import { canonical } from '../oracle.js';
import { CURRENT, outcomes, withPython } from './python.js';

const KEY = pair();
const FILES = { 'a.bin': '1', 'sub/c': '22', 'sub-d': '333' };
const RUNS = Number(process.env['MODEL_SIGNING_FUZZ_RUNS'] ?? 300);

/** What we accept and the Python tool does not, and whose word that is. */
const REVIEWED: ReadonlySet<string> = new Set([
  // OMS section 6.3.2: the algorithm of a shard has no size in it.
  'shards as the specification has them',
  // A whole number is one in any spelling; this tool takes a size that it read as a float for none.
  'shards, their size as a float',
  'shards, their size with an exponent',
  // Ignore paths that mean nothing hide nothing; this tool then misses everything.
  'ignore paths that cannot be inside',
  // The older spelling of the same version.
  'media type as version=0.3',
]);

type Change<T> = readonly [what: string, change: (it: T) => unknown];

const STATEMENTS: readonly Change<Statement>[] = [
  ['nothing', () => undefined],
  ['order', (it) => (it.predicate.resources = it.predicate.resources.toReversed())],
  ['a resource less', (it) => it.predicate.resources.pop()],
  ['a resource twice', (it) => it.predicate.resources.push(first(it))],
  ['a digest', (it) => (first(it).digest = 'ab'.repeat(32))],
  ['a digest in capitals', (it) => (first(it).digest = first(it).digest.toUpperCase())],
  ['a label', (it) => (first(it).algorithm = 'blake3')],
  ['hash type', (it) => (it.predicate.serialization['hash_type'] = 'blake3')],
  ['links allowed', (it) => (it.predicate.serialization['allow_symlinks'] = true)],
  ['links as text', (it) => (it.predicate.serialization['allow_symlinks'] = 'false')],
  ['no ignore paths', (it) => Reflect.deleteProperty(it.predicate.serialization, 'ignore_paths')],
  ['ignore paths that cannot be inside', (it) => (it.predicate.serialization['ignore_paths'] = ['../x', '/x', '.'])],
  ['method', (it) => (it.predicate.serialization['method'] = 'tar')],
  ['more in the serialization', (it) => (it.predicate.serialization['more'] = 1)],
  ['more in the predicate', (it) => Object.assign(it.predicate, { more: 1 })],
  ['more in a resource', (it) => Object.assign(first(it), { more: 1 })],
  ['more in the statement', (it) => Object.assign(it, { more: 1 })],
  ['more in the subject', (it) => it.subject.map((one) => Object.assign(one, { more: 1 }))],
  ['another digest in the subject', (it) => it.subject.map(({ digest }) => Object.assign(digest, { sha512: 'ab' }))],
  ['the name of the model', (it) => it.subject.map((one) => (one.name = 'other'))],
  ['no name of the model', (it) => it.subject.map((one) => Reflect.deleteProperty(one, 'name'))],
  ['two subjects', (it) => it.subject.push(...it.subject)],
  ['type', (it) => Object.assign(it, { _type: 'https://in-toto.io/Statement/v0.1' })],
  ['predicate type', (it) => (it.predicateType += 'x')],
  ...['../a.bin', './a.bin', '/a.bin', 'sub//c', 'b', ''].map((name): Change<Statement> => [
    `name '${name}'`,
    (it) => (first(it).name = name),
  ]),
];

const SHARDS: readonly Change<string>[] = [
  ['shards as the specification has them', (it) => it],
  ['shards with their size', (it) => it.replaceAll('"algorithm":"sha256"', '"algorithm":"sha256-sharded-2"')],
  ['shards with another size', (it) => it.replaceAll('"algorithm":"sha256"', '"algorithm":"sha256-sharded-3"')],
  ['shards, their size as a float', (it) => labelled(it).replace('"shard_size":2', '"shard_size":2.0')],
  ['shards, their size with an exponent', (it) => labelled(it).replace('"shard_size":2', '"shard_size":2e0')],
  ['shards, their size with a fraction', (it) => labelled(it).replace('"shard_size":2', '"shard_size":2.7')],
  ['shards of another size', (it) => labelled(it).replace('"shard_size":2', '"shard_size":3')],
];

const BUNDLES: readonly Change<Bundle>[] = [
  ['no keyid', (it) => it.dsseEnvelope.signatures.map((one) => Reflect.deleteProperty(one, 'keyid'))],
  ['keyid null', (it) => it.dsseEnvelope.signatures.map((one) => (one.keyid = null))],
  ['keyid', (it) => it.dsseEnvelope.signatures.map((one) => (one.keyid = 'x'))],
  ['no log entries', (it) => Reflect.deleteProperty(it.verificationMaterial, 'tlogEntries')],
  ['log entries null', (it) => (it.verificationMaterial['tlogEntries'] = null)],
  ['no timestamps', (it) => (it.verificationMaterial['timestampVerificationData'] = {})],
  ['hint', (it) => (it.verificationMaterial['publicKey'] = { hint: 'x' })],
  ['no hint', (it) => (it.verificationMaterial['publicKey'] = {})],
  ['more', (it) => Object.assign(it, { more: 1 })],
  ['more in the envelope', (it) => Object.assign(it.dsseEnvelope, { more: 1 })],
  ['media type as version=0.3', (it) => (it.mediaType = 'application/vnd.dev.sigstore.bundle+json;version=0.3')],
  ['media type as version=0.2', (it) => (it.mediaType = 'application/vnd.dev.sigstore.bundle+json;version=0.2')],
  ['no media type', (it) => Reflect.deleteProperty(it, 'mediaType')],
  ['payload type', (it) => (it.dsseEnvelope.payloadType = 'text/plain')],
  ['two signatures', (it) => it.dsseEnvelope.signatures.push({ sig: 'AAAA' })],
  ['no signature', (it) => (it.dsseEnvelope.signatures = [])],
  ['line ends in the signature', (it) => it.dsseEnvelope.signatures.map((one) => (one.sig += '\n'))],
  ['a statement and bytes', (it) => Object.assign(it, { messageSignature: {} })],
];

test('what we accept of changed bundles, Python accepts, but for what was reviewed', (t) =>
  withPython(t, CURRENT, async (python) => {
    const files = await signed(t);
    const sharded = await signed(t, { shardSize: 2 });
    const bundles = [
      ...STATEMENTS.map(([what, change]) => ({ what, from: files, bytes: anew(files, change) })),
      ...SHARDS.map(([what, change]) => ({ what, from: sharded, bytes: resigned(sharded, change) })),
      ...BUNDLES.map(([what, change]) => ({ what, from: files, bytes: changed(files, change) })),
      ...scratched(files),
    ];
    const disagreements = await compare(t, python, bundles);
    t.deepEqual(disagreements, [...REVIEWED].toSorted());
  }));

interface Case {
  readonly what: string;
  readonly from: Signed;
  readonly bytes: Uint8Array;
}

/** The names of those that we accept and the Python tool does not. */
async function compare(t: ExecutionContext, python: string, cases: readonly Case[]): Promise<string[]> {
  const accepted: Case[] = [];
  for (const one of cases) if (await isAccepted(t, one)) accepted.push(one);
  const tasks = accepted.map(({ from, bytes }, index) => {
    const folder = dirname(from.model);
    const signature = join(folder, `${index}.sig`);
    writeFileSync(signature, bytes);
    return { do: 'verify', model: from.model, signature, key: keyFiles(folder, KEY).public } as const;
  });
  t.true(accepted.length > 15);
  const found = outcomes(python, tasks);
  return accepted.flatMap(({ what }, index) => (found[index] === null ? [] : [what])).toSorted();
}

async function isAccepted(t: ExecutionContext, { what, from, bytes }: Case): Promise<boolean> {
  try {
    await verify(from.model, bytes, { verifier: KEY.verifier });
    return true;
  } catch (error) {
    t.true(error instanceof ModelSigningError && error.code !== 'INTERNAL', `${what}: ${String(error)}`);
    return false;
  }
}

async function signed(t: ExecutionContext, options: SignOptions = {}): Promise<Signed> {
  return signedModel(t, FILES, { signer: KEY.signer, ...options });
}

function anew({ bundle, payload }: Signed, change: (statement: Statement) => unknown): Buffer {
  const statement = statementIn(payload);
  change(statement);
  return signedAnew(bundle, canonical(statement), KEY.privateKey);
}

function resigned({ bundle, payload }: Signed, change: (text: string) => unknown): Buffer {
  return signedAnew(bundle, Buffer.from(String(change(payload.toString()))), KEY.privateKey);
}

function changed({ text }: Signed, change: (bundle: Bundle) => unknown): Buffer {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own bundle
  const bundle = JSON.parse(text) as Bundle;
  change(bundle);
  return Buffer.from(JSON.stringify(bundle));
}

/** One character more, less or another, anywhere: in the bundle, or in the statement that is signed anew. */
function scratched(from: Signed): Case[] {
  const scratch = fc.record({
    at: fc.nat(),
    less: fc.nat(1),
    more: fc.constantFrom(...Array.from('"\\{}[]:,0 1.eE-+/\n\t=Aa_'), ''),
  });
  return fc.sample(scratch, { numRuns: RUNS, seed: 1 }).map(({ at, less, more }, index) => {
    const apply = (text: string): string => {
      const place = at % text.length;
      return text.slice(0, place) + more + text.slice(place + less);
    };
    const what = `scratch ${index}: '${more}' for ${less} at ${at}`;
    return { what, from, bytes: index % 2 === 0 ? Buffer.from(apply(from.text)) : resigned(from, apply) };
  });
}

function first({ predicate }: Statement): Statement['predicate']['resources'][number] {
  const [resource] = predicate.resources;
  if (resource === undefined) throw new Error('there is no resource');
  return resource;
}

/** As the Python tool writes it. */
function labelled(text: string): string {
  return text.replaceAll('"algorithm":"sha256"', '"algorithm":"sha256-sharded-2"');
}
