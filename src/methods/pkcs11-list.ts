// SPDX-License-Identifier: Apache-2.0
// What is there: tokens, and the keys and certificates on them, each as the URI that names it.

import { X509Certificate } from 'node:crypto';

import { ModelSigningError } from '../errors.js';
import { schemeOf } from './algorithms.js';
import type { Pkcs11Certificate, Pkcs11Key, Pkcs11Listing, Pkcs11Token } from './pkcs11.js';
import { ATTRIBUTE, CLASS, TOKEN } from './pkcs11-constants.js';
import type { KeyRequest } from './pkcs11-key.js';
import { type TokenObject, attribute, findObjects } from './pkcs11-object.js';
import { pinSourceOf } from './pkcs11-pin.js';
import { publicHalfOf, publicKeyOf } from './pkcs11-public-key.js';
import { Session, logIn } from './pkcs11-session.js';
import { type Token, findTokens, severalTokens } from './pkcs11-token.js';
import { formatPkcs11Uri } from './pkcs11-uri.js';

/** Lists every token that fits. With a PIN there has to be one token: no PIN is offered to several. */
export async function listTokens(request: KeyRequest): Promise<Pkcs11Listing> {
  const { uri, modulePaths } = request;
  const { tokens, failures } = await findTokens(uri, modulePaths);
  const hasPin = request.pin !== undefined || uri.pinValue !== undefined || uri.pinSource !== undefined;
  if (hasPin && tokens.length > 1) throw severalTokens(uri, tokens);
  const isNamed = modulePaths.length > 0 || uri.moduleName !== undefined || uri.modulePath !== undefined;
  const listed: Pkcs11Token[] = [];
  const problems = failures.map(({ message }) => message);
  for (const token of tokens) {
    try {
      listed.push(await listToken(token, request, { hasPin, isNamed }));
    } catch (error) {
      if (hasPin || !(error instanceof ModelSigningError)) throw error;
      problems.push(error.message);
    }
  }
  return { tokens: listed, problems };
}

async function listToken(
  token: Token,
  { uri, pin, onPinPad }: KeyRequest,
  { hasPin, isNamed }: { hasPin: boolean; isNamed: boolean },
): Promise<Pkcs11Token> {
  const { label, manufacturer, model, serial, slotId, module, flags } = token;
  const names = { token: label, serial, modulePath: isNamed ? module.path : undefined };
  const session = new Session(token);
  try {
    if (hasPin) await logIn(session, { pin: pinSourceOf(uri, pin), onPinPad });
    const find = (objectClass: number): TokenObject[] =>
      findObjects(session, { class: objectClass, label: uri.object, id: uri.id });
    const privateKeys = find(CLASS.privateKey);
    const publicKeys = find(CLASS.publicKey).filter((half) => !privateKeys.some((key) => isSame(key, half)));
    const uriOf = (object: TokenObject, type?: 'cert'): string =>
      formatPkcs11Uri({
        ...names,
        object: object.label || undefined,
        id: object.id.length > 0 ? object.id : undefined,
        type,
      });
    const keys = await Promise.all([...privateKeys, ...publicKeys].map(async (key) => listKey(key, uriOf(key))));
    const certificates = find(CLASS.certificate).map((object) => listCertificate(object, uriOf(object, 'cert')));
    const pinPad = (flags & TOKEN.ownPinPad) !== 0;
    return {
      uri: formatPkcs11Uri(names),
      label,
      manufacturer,
      model,
      serial,
      slotId: String(slotId),
      module: module.path,
      pinPad,
      keys,
      certificates,
    };
  } finally {
    session.close();
  }
}

async function listKey(object: TokenObject, uri: string): Promise<Pkcs11Key> {
  const isPrivateVisible = object.class === CLASS.privateKey;
  const { label, id } = object;
  return { uri, label, id: id.toString('hex'), ...(await publicPartOf(object)), isPrivateVisible };
}

/** A key that cannot be used is listed all the same: who looks for it should find it. */
async function publicPartOf(object: TokenObject): Promise<Pick<Pkcs11Key, 'algorithm' | 'publicKey'>> {
  try {
    const key = object.class === CLASS.privateKey ? await publicHalfOf(object) : publicKeyOf(object);
    const scheme = schemeOf(key);
    const algorithm = 'unsupported' in scheme ? scheme.unsupported : scheme.algorithm;
    return { algorithm, publicKey: key.export({ type: 'spki', format: 'pem' }).toString() };
  } catch (error) {
    return { algorithm: error instanceof Error ? error.message : 'unknown' };
  }
}

function listCertificate(object: TokenObject, uri: string): Pkcs11Certificate {
  const { label, id } = object;
  const names = { uri, label, id: id.toString('hex') };
  try {
    const { subject, fingerprint256 } = new X509Certificate(attribute(object, ATTRIBUTE.value) ?? Buffer.alloc(0));
    return {
      ...names,
      subject: subject.replaceAll('\n', ', '),
      fingerprint: fingerprint256.replaceAll(':', '').toLowerCase(),
    };
  } catch {
    return { ...names, subject: '', fingerprint: '' };
  }
}

function isSame(one: TokenObject, other: TokenObject): boolean {
  return one.id.equals(other.id) && (one.id.length > 0 || one.label === other.label);
}
