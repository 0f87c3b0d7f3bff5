// SPDX-License-Identifier: Apache-2.0
// Certificates and revocation lists from files and bytes: PEM with any text around the blocks, or DER. One bounded read
// of a regular file; errors name the file and say what is wrong with it.

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { type ErrorCode, InputError } from '../errors.js';
import { escape } from '../native.js';
import { isFileName } from '../option-reader.js';
import { type RevocationList, parseRevocationList } from './crl.js';
import { countBegun, pemBlocks } from './pem.js';
import { type Certificate, parseCertificate } from './x509.js';

/** Certificates: the path or `file:` URL of a file, or the bytes of such a file. */
export type CertificateSource = string | URL | Uint8Array;

/** Certificates that one file or one bundle may hold. */
export const MOST_CERTIFICATES = 16;

const LARGEST_CERTIFICATE_FILE = 1_048_576;
const LARGEST_LIST_FILE = 4 * 1_048_576;
const MOST_LISTS = 16;
const FLAGS = constants.O_RDONLY | (process.platform === 'win32' ? 0 : constants.O_NONBLOCK);

/** A kind of file. */
interface Kind<T> {
  readonly what: string;
  readonly labels: readonly string[];
  readonly parse: (der: Uint8Array) => T;
  readonly code: ErrorCode;
  readonly largest: number;
  readonly most: number;
}

const CERTIFICATES: Kind<Certificate> = {
  what: 'certificate',
  labels: ['CERTIFICATE', 'X509 CERTIFICATE'],
  parse: parseCertificate,
  code: 'CERTIFICATE_FILE_INVALID',
  largest: LARGEST_CERTIFICATE_FILE,
  most: MOST_CERTIFICATES,
};

const LISTS: Kind<RevocationList> = {
  what: 'revocation list',
  labels: ['X509 CRL'],
  parse: parseRevocationList,
  code: 'CRL_FORMAT',
  largest: LARGEST_LIST_FILE,
  most: MOST_LISTS,
};

/** Reads all certificates of all sources, in their order. */
export async function readCertificates(sources: readonly CertificateSource[]): Promise<Certificate[]> {
  return (await Promise.all(sources.map((source) => readAll(source, CERTIFICATES)))).flat();
}

/** Reads all revocation lists of all sources, in their order. */
export async function readRevocationLists(sources: readonly CertificateSource[]): Promise<RevocationList[]> {
  return (await Promise.all(sources.map((source) => readAll(source, LISTS)))).flat();
}

async function readAll<T>(source: CertificateSource, kind: Kind<T>): Promise<T[]> {
  const path = source instanceof Uint8Array ? undefined : pathOf(source, kind);
  const bytes = source instanceof Uint8Array ? Buffer.from(source) : await readFile(pathOf(source, kind), kind);
  const place: Place = { path, what: path === undefined ? `the ${kind.what}` : `the file '${escape(path)}'` };
  if (bytes.length > kind.largest) throw bad(kind, place, 'is too large', `the limit is ${kind.largest} bytes`);
  const found = derIn(bytes, kind, place);
  if (found.length > kind.most) throw bad(kind, place, `holds more than ${kind.most}`, 'give only what is needed');
  return found.map((der, index) => parseOne(der, index, kind, place));
}

/** Where something was read from. */
interface Place {
  readonly path: string | undefined;
  readonly what: string;
}

function parseOne<T>(der: Uint8Array, index: number, kind: Kind<T>, place: Place): T {
  try {
    return kind.parse(der);
  } catch (cause) {
    if (cause instanceof InputError) {
      const { code, message, hint } = cause;
      throw new InputError(code, `${place.what}: ${message}`, { hint, path: place.path });
    }
    const hint = `check it with: openssl ${kind === LISTS ? 'crl' : 'x509'} -in <file> -noout -text`;
    throw bad(kind, place, `holds a ${kind.what} (number ${index + 1}) that is malformed`, hint, cause);
  }
}

/** DER begins with a SEQUENCE; everything else is searched for blocks. */
function derIn(bytes: Buffer, kind: Kind<unknown>, place: Place): Uint8Array[] {
  const blocks = pemBlocks(bytes);
  const mine = blocks.filter(({ label }) => kind.labels.includes(label));
  const begun = kind.labels.reduce((sum, label) => sum + countBegun(bytes, label), 0);
  if (begun > mine.length) throw bad(kind, place, 'has a block without an end', 'it was cut off: get it again');
  if (mine.length > 0) return mine.map(({ bytes: block }) => unarmoured(block, kind, place));
  if (blocks.length === 0 && bytes[0] === 0x30) return [bytes];
  throw bad(kind, place, `holds no ${kind.what}`, `give a ${kind.what} in PEM or DER form`);
}

function unarmoured(block: Buffer, kind: Kind<unknown>, place: Place): Uint8Array {
  const text = block.toString('latin1').replace(/^[^\r\n]*[\r\n]|-----END[^\r\n]*$/g, '');
  const base64 = text.replace(/[\r\n\t ]/g, '');
  const der = Buffer.from(base64, 'base64');
  if (der.toString('base64') === base64) return der;
  throw bad(kind, place, 'has a block that is not base64', 'export it again');
}

function pathOf(source: string | URL, kind: Kind<unknown>): string {
  if (typeof source === 'string' && isFileName(source) && source !== '') return source;
  try {
    if (source instanceof URL) return fileURLToPath(source);
  } catch {
    // Said below, like every other value that is no path.
  }
  const hint = 'give a path, a file: URL or bytes';
  throw new InputError('OPTION_INVALID', `the source of a ${kind.what} has a wrong value`, { hint });
}

async function readFile(path: string, kind: Kind<unknown>): Promise<Buffer> {
  try {
    const file = await open(path, FLAGS);
    try {
      if (!(await file.stat()).isFile()) throw new Error('not a regular file');
      return await readBounded(file, kind.largest + 1);
    } finally {
      await file.close();
    }
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'not a regular file';
    const message = `the ${kind.what} file '${escape(path)}' cannot be read (${why})`;
    throw new InputError('CERTIFICATE_UNREADABLE', message, {
      hint: 'check the path and its permissions',
      path,
      cause,
    });
  }
}

/** The size that a file system tells may be wrong; the limit is not. */
async function readBounded(file: FileHandle, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let length = 0; length < limit;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(65_536, limit - length)));
    if (bytesRead === 0) break;
    chunks.push(buffer.subarray(0, bytesRead));
    length += bytesRead;
  }
  return Buffer.concat(chunks);
}

function bad(kind: Kind<unknown>, { path, what }: Place, problem: string, hint: string, cause?: unknown): InputError {
  return new InputError(kind.code, `${what} ${problem}`, { hint, path, cause });
}
