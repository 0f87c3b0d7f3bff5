// SPDX-License-Identifier: Apache-2.0
// A log of version 2 with a key of the test's own, which can sign and serve anything; and bodies to fill one.

import { type KeyObject, createHash, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import { leafHash, nodeHash, rootOf } from '../../dist/methods/merkle-tree.js';
import { type Answer, type Question, loopback } from '../loopback.js';
import { scratch, write } from '../models.js';
import type { Sigstack } from '../sigstack.js';

/** A log in the middle of a test. */
export class OwnLog {
  /** What it holds. */
  entries: Buffer[] = [];
  /** What it answers instead of the truth; nothing for the truth. */
  lie: (question: Question, path: string) => Answer = () => undefined;
  /** What it signs instead of the truth. */
  note: (text: string) => string = (text) => text;
  /** What it makes of a note that is signed. */
  envelope: (note: string) => string = (note) => note;
  url = '';
  /** The file of a trusted root that lists this log alone. */
  trustConfig = '';
  name = '127.0.0.1';
  readonly asked: string[] = [];
  readonly #keys = generateKeyPairSync('ed25519');

  /** The id by which entries and notes name the key. */
  get id(): Buffer {
    const raw = this.#keys.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
    return createHash('sha256').update(`${this.name}\n`).update(Buffer.of(1)).update(raw).digest();
  }

  get publicKey(): KeyObject {
    return this.#keys.publicKey;
  }

  /** What it says of itself now. */
  checkpoint(entries: readonly Buffer[] = this.entries): string {
    const root = rootOf(entries.map((entry) => leafHash(entry))).toString('base64');
    return this.envelope(this.signed(this.note(`${this.name}\n${entries.length}\n${root}\n`)));
  }

  /** A note under a text. */
  signed(text: string, name = this.name): string {
    const signature = Buffer.concat([this.id.subarray(0, 4), sign(null, Buffer.from(text), this.#keys.privateKey)]);
    return `${text}\n\u2014 ${name} ${signature.toString('base64')}\n`;
  }

  answer(question: Question): Answer {
    const path = question.url.pathname.replace('/api/v2/', '');
    this.asked.push(path);
    const lie = this.lie(question, path);
    if (lie !== undefined) return lie;
    if (path === 'checkpoint') return { body: this.checkpoint() };
    const body = path.startsWith('tile/') ? this.#tile(path.slice('tile/'.length)) : undefined;
    return body === undefined || body.length === 0 ? { status: 404 } : { body };
  }

  #tile(path: string): Buffer {
    const [, level = '', name = '', width = '256'] = /^(\w+)\/([x\d/]+)(?:\.p\/(\d+))?$/.exec(path) ?? [];
    const start = Number(name.replaceAll(/[x/]/g, '')) * 256;
    const parts = level === 'entries' ? this.entries.map(bundled) : nodesAt(this.entries, 8 * Number(level));
    return Buffer.concat(parts.slice(start, start + Number(width)));
  }
}

/** Starts one, beside the authorities of a Sigstore. */
export async function ownLog(t: ExecutionContext, stack: Sigstack, entries: readonly Buffer[]): Promise<OwnLog> {
  const log = new OwnLog();
  log.entries = [...entries];
  const { url } = await loopback(t, (question) => log.answer(question));
  log.url = url;
  log.trustConfig = join(scratch(t), 'trusted_root.json');
  const trust = JSON.parse(readFileSync(stack.trustedRoot, 'utf8')) as { tlogs: { [member: string]: unknown }[] };
  const [, second = {}] = trust.tlogs;
  const rawBytes = log.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  const { validFor } = second['publicKey'] as { validFor: unknown };
  const own = {
    ...second,
    baseUrl: url,
    logId: { keyId: log.id.toString('base64') },
    publicKey: { rawBytes, keyDetails: 'PKIX_ED25519', validFor },
  };
  write(log.trustConfig, JSON.stringify({ ...trust, tlogs: [own] }));
  return log;
}

/** The body of the entry that a bundle is in. */
export function bodyIn(bundle: string): Buffer {
  const { verificationMaterial } = JSON.parse(bundle) as {
    verificationMaterial: { tlogEntries: [{ canonicalizedBody: string }] };
  };
  return Buffer.from(verificationMaterial.tlogEntries[0].canonicalizedBody, 'base64');
}

/** A bundle whose entry is said to be at a place of this log. */
export function bundleAt(bundle: string, log: OwnLog, index: number): string {
  const changed = JSON.parse(bundle) as { verificationMaterial: { tlogEntries: [Record<string, unknown>] } };
  const [entry] = changed.verificationMaterial.tlogEntries;
  Object.assign(entry, { logIndex: String(index), logId: { keyId: log.id.toString('base64') } });
  return JSON.stringify(changed);
}

/** Entries of nobody. */
export function fillers(count: number): Buffer[] {
  return Array.from({ length: count }, (_, at) =>
    Buffer.from(JSON.stringify({ apiVersion: '0.0.2', kind: `filler ${at}` })),
  );
}

function bundled(entry: Buffer): Buffer {
  return Buffer.concat([Buffer.of(entry.length >> 8, entry.length & 255), entry]);
}

function nodesAt(entries: readonly Buffer[], height: number): Buffer[] {
  let row: Buffer[] = entries.map((entry) => leafHash(entry));
  for (let step = 0; step < height; step += 1) {
    row = Array.from({ length: Math.floor(row.length / 2) }, (_, at) =>
      nodeHash(row[2 * at] ?? Buffer.alloc(0), row[2 * at + 1] ?? Buffer.alloc(0)),
    );
  }
  return row;
}
