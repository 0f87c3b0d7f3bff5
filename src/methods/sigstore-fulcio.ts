// SPDX-License-Identifier: Apache-2.0
// A certificate for a new key: a request that the key itself signed (PKCS #10, RFC 2986), and the identity token that
// says whose key it is. Nothing is guessed about the identity: the authority reads it from the token.

import { type KeyObject, X509Certificate, sign } from 'node:crypto';

import { SigningError } from '../errors.js';
import {
  type ServiceCall,
  type Patience,
  callService,
  failedCall,
  isRecord,
  objectIn,
  refusalText,
} from './service-call.js';
import type { IdentityToken } from './sigstore-token.js';

const PATH = 'api/v2/signingCert';
/** In hexadecimal: version 0 and no name; no attributes; the algorithm of the signature. */
const DER = { beforeKey: '0201003000', afterKey: 'a000', ecdsaWithSha256: '300a06082a8648ce3d040302' } as const;

/** Gets a certificate; the chain above it is in everybody's trust root. */
export async function requestCertificate(
  base: URL,
  { privateKey, publicKey }: { readonly privateKey: KeyObject; readonly publicKey: KeyObject },
  token: IdentityToken,
  patience: Patience,
): Promise<X509Certificate> {
  const url = new URL(PATH, `${base.href.replace(/\/$/, '')}/`);
  const body = requestBody(token, certificateRequest(privateKey, publicKey));
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const who = 'the certificate authority';
  const call: ServiceCall = { ...patience, who, code: 'CERTIFICATE_REQUEST_FAILED', url, headers, body };
  const answer = await callService(call).finally(() => body.fill(0));
  if (answer.status >= 400) throw refused(`${who} refused the identity: ${refusalText(answer)}`);
  if (answer.status !== 200 && answer.status !== 201) throw failedCall(call, `refused: ${refusalText(answer)}`);
  const certificate = leafIn(call, objectIn(call, answer));
  if (certificate.checkPrivateKey(privateKey)) return certificate;
  throw failedCall(call, 'gave a certificate for another key');
}

/** The token goes from its bytes into the body's, and the body is wiped when it was sent. */
function requestBody(token: IdentityToken, request: Buffer): Buffer<ArrayBuffer> {
  const [before, after] = JSON.stringify({
    credentials: { oidcIdentityToken: '|' },
    certificateSigningRequest: Buffer.from(pem(request)).toString('base64'),
  }).split('|');
  return Buffer.concat([Buffer.from(before ?? ''), token.bytes, Buffer.from(after ?? '')]);
}

/** What there is to say is the key alone; and its signature. */
function certificateRequest(privateKey: KeyObject, publicKey: KeyObject): Buffer {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const info = der(0x30, hex(DER.beforeKey), spki, hex(DER.afterKey));
  const signature = sign('sha256', info, privateKey);
  return der(0x30, info, hex(DER.ecdsaWithSha256), der(0x03, Buffer.of(0), signature));
}

function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const header = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...header), content]);
}

function hex(digits: string): Buffer {
  return Buffer.from(digits, 'hex');
}

function pem(request: Buffer): string {
  const lines = request.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE REQUEST-----', ...lines, '-----END CERTIFICATE REQUEST-----', ''].join('\n');
}

/** A timestamp of the certificate log that comes beside the certificate could not be put into a bundle. */
function leafIn(call: ServiceCall, answer: Readonly<Record<string, unknown>>): X509Certificate {
  const { signedCertificateEmbeddedSct: signed } = answer;
  const chain = isRecord(signed) ? signed['chain'] : undefined;
  const certificates = isRecord(chain) ? chain['certificates'] : undefined;
  const leaf: unknown = Array.isArray(certificates) ? certificates[0] : undefined;
  if (typeof leaf !== 'string') throw failedCall(call, 'gave no certificate that is in a certificate log');
  try {
    return new X509Certificate(leaf);
  } catch (cause) {
    throw failedCall(call, 'gave a certificate that cannot be read', cause);
  }
}

function refused(message: string): SigningError {
  const hint = 'get a new token, from an issuer and for an audience that this instance knows';
  return new SigningError('CERTIFICATE_REQUEST_REFUSED', message, { hint });
}
