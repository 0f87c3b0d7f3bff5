// SPDX-License-Identifier: Apache-2.0
// Random and damaged bytes where certificates, lists and tokens belong: always an error of ours, never a crash, and
// never accepted where a signature should have caught it.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import * as fc from 'fast-check';
import { ModelSigningError } from 'model-signing';

import type { Authentication, SignedBundle } from '../../dist/method.js';
import { type CertificateVerifierOptions, certificateVerifier } from '../../dist/methods/certificate.js';
import { pki, run } from './chains.js';
import { CA, TSA, bundleOf, derOf, openssl } from './pki.js';

const RUNS = Number(process.env['MODEL_SIGNING_FUZZ_RUNS'] ?? 300);

interface Target {
  readonly name: string;
  readonly bytes: Buffer;
  readonly verify: (bytes: Uint8Array) => Promise<Authentication>;
  /** What may be accepted though it was damaged: what no signature covers, and only without any effect. */
  readonly harmless?: (found: Authentication, undamaged: Authentication) => boolean;
}

function targets(): Target[] {
  const root = pki.issue('root', { extensions: CA });
  const middle = pki.issue('middle', { extensions: [...CA, 'nameConstraints=permitted;email:x.org'], issuer: root });
  const leaf = pki.issue('leaf', { issuer: middle });
  const authorityRoot = pki.issue('time root', { extensions: CA });
  const authority = pki.issue('time', { extensions: TSA, issuer: authorityRoot });
  const bundle = bundleOf([leaf, middle]);
  const [leafDer, middleDer] = [derOf(leaf.certificate), derOf(middle.certificate)];
  const options = { certificateChain: [root.certificate] };
  const verify = async (
    changed: Partial<SignedBundle>,
    more: CertificateVerifierOptions = {},
  ): Promise<Authentication> => certificateVerifier({ ...options, ...more }).verify({ ...bundle, ...changed });
  const timestampAuthorities = [authorityRoot.certificate];
  return [
    { name: 'leaf', bytes: leafDer, verify: async (bytes) => verify({ material: material(bytes, middleDer) }) },
    { name: 'intermediate', bytes: middleDer, verify: async (bytes) => verify({ material: material(leafDer, bytes) }) },
    {
      name: 'list',
      bytes: derOf(pki.list(middle)),
      verify: async (bytes) => verify({}, { crls: [bytes] }),
      harmless: isUnused,
    },
    {
      name: 'token',
      bytes: tokenOver(bundle.signature, authority.certificate, authority.key),
      verify: async (bytes) => verify({ timestamps: [bytes] }, { timestampAuthorities }),
      harmless: isSameTime,
    },
  ];
}

function material(...certificates: Uint8Array[]): SignedBundle['material'] {
  return { kind: 'certificateChain', certificates };
}

function tokenOver(signature: Uint8Array, certificate: string, key: string): Buffer {
  const base = join(pki.folder, 'hostile');
  writeFileSync(`${base}.data`, signature);
  writeFileSync(`${base}.serial`, '01\n');
  writeFileSync(
    `${base}.cnf`,
    `[tsa]\ndefault_tsa=t\n[t]\nserial=${base}.serial\nsigner_digest=sha256\ndefault_policy=1.2.3\ndigests=sha256\n`,
  );
  openssl('ts', '-query', '-data', `${base}.data`, '-sha256', '-cert', '-out', `${base}.tsq`);
  const flags = ['-config', `${base}.cnf`, '-signer', certificate, '-inkey', key];
  openssl('ts', '-reply', '-queryfile', `${base}.tsq`, ...flags, '-token_out', '-out', `${base}.tst`);
  return readFileSync(`${base}.tst`);
}

/** A list of somebody else is not used, and that is said. */
function isUnused({ remarks }: Authentication): boolean {
  return remarks?.some((remark) => remark.startsWith('no revocation list covers')) === true;
}

function isSameTime({ time }: Authentication, { time: undamaged }: Authentication): boolean {
  return time.source === 'timestamp' && time.time.getTime() === undamaged.time.getTime();
}

/** Whether a refusal is one of ours, on one line. */
function isDecent(error: unknown): boolean {
  if (!(error instanceof ModelSigningError) || error.code === 'INTERNAL') throw error;
  return !/\p{Cc}/u.test(error.message) && error.message.length <= 4096;
}

run('undamaged, all are accepted; each damaged bit and random bytes are refused, with a code', async (t) => {
  for (const { name, bytes, verify, harmless = () => false } of targets()) {
    const undamaged = await verify(bytes);
    const holds = async (changed: Uint8Array): Promise<boolean> =>
      verify(changed).then((found) => bytes.equals(changed) || harmless(found, undamaged), isDecent);
    const check = async <T>(what: fc.Arbitrary<T>, change: (how: T) => Uint8Array): Promise<void> =>
      fc.assert(
        fc.asyncProperty(what, async (how) => holds(change(how))),
        { numRuns: RUNS },
      );
    await check(fc.nat(bytes.length * 8 - 1), (bit) => {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return changed;
    });
    await check(fc.uint8Array({ maxLength: 300 }), (noise) => noise);
    const edit = fc.record({ at: fc.nat(bytes.length), cut: fc.nat(8), paste: fc.uint8Array({ maxLength: 8 }) });
    await check(edit, ({ at, cut, paste }) => Buffer.concat([bytes.subarray(0, at), paste, bytes.subarray(at + cut)]));
    t.log(`${name}: ${3 * RUNS} inputs`);
  }
  t.pass();
});
