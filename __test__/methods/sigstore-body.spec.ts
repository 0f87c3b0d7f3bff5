// SPDX-License-Identifier: Apache-2.0
// What logs write down, in every kind that is read; what is of another signature, content or certificate is refused.

import { X509Certificate, createHash } from 'node:crypto';

import test from 'ava';

import { checkBody } from '../../dist/methods/sigstore-body.js';
import { contentOf } from '../../dist/methods/sigstore-content.js';
import type { Holder } from '../../dist/methods/sigstore-seal.js';
import { parseCertificate } from '../../dist/methods/x509.js';
import type { LogEntry, SignedBundle } from '../../dist/method.js';
import { NO_OPENSSL, Pki, derOf } from './pki.js';

const declare = NO_OPENSSL === undefined ? test.serial : test.skip;
if (NO_OPENSSL !== undefined) console.warn(NO_OPENSSL);

const PAYLOAD = Buffer.from('{"a":1}');
const MESSAGE = Buffer.from('DSSEv1 …');
const SIGNATURE = Buffer.from('a signature');

const pki = new Pki();
const LEAF = NO_OPENSSL === undefined ? derOf(pki.issue('leaf').certificate) : Buffer.alloc(0);
const OTHER = NO_OPENSSL === undefined ? derOf(pki.issue('other').certificate) : Buffer.alloc(0);
test.after.always(() => pki.remove());

const BUNDLE: SignedBundle = {
  mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
  material: { kind: 'sigstore', certificate: LEAF, logEntries: [] },
  signature: SIGNATURE,
  message: MESSAGE,
  forcedHash: undefined,
  payload: PAYLOAD,
  timestamps: [],
};

/** The facts of a body; a test changes one. */
interface Facts {
  readonly signature: Buffer;
  readonly certificate: Buffer;
  readonly payload: Buffer;
  readonly message: Buffer;
  readonly hash: 'sha256' | 'sha384' | 'sha512';
}

const FACTS: Facts = { signature: SIGNATURE, certificate: LEAF, payload: PAYLOAD, message: MESSAGE, hash: 'sha256' };

const KINDS: Readonly<Record<string, (facts: Facts) => object>> = {
  'dsse 0.0.1': ({ signature, certificate, payload }) => ({
    payloadHash: { algorithm: 'sha256', value: hashOf('sha256', payload, 'hex') },
    envelopeHash: { algorithm: 'sha256', value: 'whatever' },
    signatures: [{ signature: base64(signature), verifier: base64(pemOf(certificate)) }],
  }),
  'intoto 0.0.2': ({ signature, certificate, payload }) => ({
    content: {
      envelope: {
        payloadType: 'application/vnd.in-toto+json',
        signatures: [{ sig: base64(Buffer.from(base64(signature))), publicKey: base64(pemOf(certificate)) }],
      },
      payloadHash: { algorithm: 'sha256', value: hashOf('sha256', payload, 'hex') },
    },
  }),
  'hashedrekord 0.0.1': ({ signature, certificate, message, hash }) => ({
    data: { hash: { algorithm: hash, value: hashOf(hash, message, 'hex') } },
    signature: { content: base64(signature), publicKey: { content: base64(pemOf(certificate)) } },
  }),
  'dsse 0.0.2': ({ signature, certificate, payload, hash }) => ({
    dsseV002: {
      payloadHash: { algorithm: protobufName(hash), digest: hashOf(hash, payload, 'base64') },
      signatures: [{ content: base64(signature), verifier: verifierOf(certificate) }],
    },
  }),
  'hashedrekord 0.0.2': ({ signature, certificate, message, hash }) => ({
    hashedRekordV002: {
      data: { algorithm: protobufName(hash), digest: hashOf(hash, message, 'base64') },
      signature: { content: base64(signature), verifier: verifierOf(certificate) },
    },
  }),
};

declare('every kind is read, and its signature, content and certificate have to be those of the bundle', (t) => {
  for (const [name, spec] of Object.entries(KINDS)) {
    const changed = (facts: Partial<Facts>): string => codeOf(entryOf(name, spec({ ...FACTS, ...facts })));
    t.is(changed({}), 'accepted', name);
    t.is(changed({ signature: Buffer.from('another') }), 'LOG_BODY_MISMATCH', name);
    t.is(changed({ certificate: OTHER }), 'LOG_BODY_MISMATCH', name);
    t.is(changed({ payload: Buffer.from('{}'), message: Buffer.from('DSSEv1') }), 'LOG_BODY_MISMATCH', name);
  }
});

declare('who signed with a key alone stands there with the key, and not with a certificate of it', (t) => {
  const holder = { publicKey: new X509Certificate(LEAF).publicKey };
  const der = holder.publicKey.export({ type: 'spki', format: 'der' });
  const pem = Buffer.from(holder.publicKey.export({ type: 'spki', format: 'pem' }));
  for (const [name, spec] of Object.entries(KINDS)) {
    const text = JSON.stringify(spec(FACTS));
    const keyed = text
      .replace(base64(pemOf(LEAF)), base64(pem))
      .replace(`"x509Certificate":{"rawBytes":"${base64(LEAF)}"}`, `"publicKey":{"rawBytes":"${base64(der)}"}`);
    const entry = entryOf(name, JSON.parse(keyed) as object);
    t.is(codeOf(entry, holder), 'accepted', name);
    t.is(codeOf(entry), 'LOG_BODY_MISMATCH', name);
    t.is(codeOf(entryOf(name, spec(FACTS)), holder), 'LOG_BODY_MISMATCH', name);
    t.is(codeOf(entry, { publicKey: new X509Certificate(OTHER).publicKey }), 'LOG_BODY_MISMATCH', name);
  }
});

declare('a certificate that is written down as a key is neither', (t) => {
  const text = JSON.stringify(KINDS['dsse 0.0.1']?.(FACTS));
  const mislabelled = Buffer.from(pemOf(LEAF).toString().replaceAll('CERTIFICATE', 'PUBLIC KEY'));
  const spec = JSON.parse(text.replace(base64(pemOf(LEAF)), base64(mislabelled))) as object;
  t.is(codeOf(entryOf('dsse 0.0.1', spec)), 'LOG_BODY_MISMATCH');
});

declare('larger hashes are read where a kind names its hash', (t) => {
  for (const name of ['hashedrekord 0.0.1', 'dsse 0.0.2', 'hashedrekord 0.0.2']) {
    for (const hash of ['sha384', 'sha512'] as const) {
      t.is(codeOf(entryOf(name, KINDS[name]?.({ ...FACTS, hash }) ?? {})), 'accepted', `${name} ${hash}`);
    }
  }
});

declare('a body of another kind than its entry, of an unknown kind or of none is refused', (t) => {
  const good = entryOf('dsse 0.0.1', KINDS['dsse 0.0.1']?.(FACTS) ?? {});
  t.is(codeOf(good), 'accepted');
  t.is(codeOf({ ...good, kind: 'intoto', version: '0.0.2' }), 'LOG_ENTRY_INVALID');
  t.is(codeOf({ ...good, version: '0.0.2' }), 'LOG_ENTRY_INVALID');
  t.is(codeOf({ ...good, version: '0.0.3' }), 'LOG_ENTRY_INVALID');
  t.is(codeOf({ ...good, kind: 'rekord' }), 'LOG_ENTRY_INVALID');
  t.is(codeOf({ ...good, kind: 'toString', version: '' }), 'LOG_ENTRY_INVALID');
});

declare('malformed bodies are refused, never a crash', (t) => {
  const good = entryOf('dsse 0.0.1', KINDS['dsse 0.0.1']?.(FACTS) ?? {});
  const text = Buffer.from(good.canonicalizedBody).toString();
  const bodies = [
    '',
    '{',
    'null',
    '[]',
    '7',
    '"x"',
    `${text}x`,
    `\u{feff}${text}`,
    text.replace('{', '{"kind":"dsse",'),
    '{"kind":"dsse","apiVersion":"0.0.1"}',
    '{"kind":"dsse","apiVersion":"0.0.1","spec":null}',
    text.replace('"signatures":[', '"signatures":[7,'),
    text.replace('"signatures":[', '"signatures":{"0":').replace(']}}', '}}}'),
    text.replace('"algorithm":"sha256"', '"algorithm":"md5"'),
    text.replace('"algorithm":"sha256"', '"algorithm":"constructor"'),
    text.replace(base64(SIGNATURE), `${base64(SIGNATURE)} `),
    text.replace(base64(pemOf(LEAF)), base64(Buffer.concat([pemOf(LEAF), pemOf(LEAF)]))),
    text.replace(base64(pemOf(LEAF)), base64(Buffer.from('no certificate'))),
    text.replace(
      base64(pemOf(LEAF)),
      base64(Buffer.from(pemOf(LEAF).toString().replaceAll('CERTIFICATE', 'PRIVATE KEY'))),
    ),
  ];
  for (const body of bodies) {
    t.is(codeOf({ ...good, canonicalizedBody: Buffer.from(body) }), 'LOG_ENTRY_INVALID', body.slice(0, 80));
  }
});

function entryOf(name: string, spec: object): LogEntry {
  const [kind = '', version = ''] = name.split(' ');
  const canonicalizedBody = Buffer.from(JSON.stringify({ apiVersion: version, kind, spec }));
  return { logIndex: '0', logId: Buffer.alloc(32), kind, version, integratedTime: '0', canonicalizedBody };
}

function codeOf(entry: LogEntry, holder: Holder = { certificate: parseCertificate(LEAF) }): string {
  try {
    checkBody(entry, BUNDLE, contentOf(BUNDLE), holder);
    return 'accepted';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

function hashOf(hash: string, content: Buffer, encoding: 'hex' | 'base64'): string {
  return createHash(hash).update(content).digest(encoding);
}

function protobufName(hash: string): string {
  return hash.replace('sha', 'SHA2_');
}

function verifierOf(certificate: Buffer): object {
  return { keyDetails: 'PKIX_ECDSA_P256_SHA_256', x509Certificate: { rawBytes: base64(certificate) } };
}

function pemOf(der: Buffer): Buffer {
  return Buffer.from(new X509Certificate(der).toString());
}

function base64(content: Buffer): string {
  return content.toString('base64');
}
