// SPDX-License-Identifier: Apache-2.0
// Verifying with a token: its public key is read, and the rest happens here. A PIN is used only where nothing is shown
// without one.

import type { KeyObject } from 'node:crypto';

import { errorOf } from '../errors.js';
import { escape } from '../native.js';
import { CLASS } from './pkcs11-constants.js';
import { type KeyRequest, chooseToken } from './pkcs11-key.js';
import { findObjects, oneObject, uriOfObject } from './pkcs11-object.js';
import { pinSourceOf } from './pkcs11-pin.js';
import { asPss, keyOfCertificate, publicHalfOf, publicKeyOf } from './pkcs11-public-key.js';
import { Session, logIn } from './pkcs11-session.js';
import { findTokens } from './pkcs11-token.js';
import type { Pkcs11Uri } from './pkcs11-uri.js';

/**
 * Reads the public key that a URI names. An RSA key comes twice: what a token shows to everyone does not say whether its
 * private half signs by PKCS #1 or by PSS. It is one key all the same, and the hint in a bundle says which is meant.
 */
export async function readPublicKeys(request: KeyRequest): Promise<readonly KeyObject[]> {
  const key = await readPublicKey(request);
  return key.asymmetricKeyType === 'rsa' ? [key, asPss(key)] : [key];
}

async function readPublicKey({ uri, pin, modulePaths, onPinPad }: KeyRequest): Promise<KeyObject> {
  const token = chooseToken(uri, await findTokens(uri, modulePaths), CLASS.publicKey);
  const session = new Session(token);
  try {
    const visible = await visibleKey(session, uri);
    if (visible !== undefined) return visible;
    await logIn(session, { pin: pinSourceOf(uri, pin), onPinPad });
    return (await visibleKey(session, uri)) ?? (await publicHalfOf(oneObject(session, uri, CLASS.privateKey)));
  } finally {
    session.close();
  }
}

/** The key that is there for everyone to see; nothing where there is none. */
async function visibleKey(session: Session, uri: Pkcs11Uri): Promise<KeyObject | undefined> {
  const wanted = { label: uri.object, id: uri.id };
  const isCertificate = uri.type === 'cert';
  if (!isCertificate && findObjects(session, { class: CLASS.publicKey, ...wanted }).length > 0) {
    return publicKeyOf(oneObject(session, uri, CLASS.publicKey));
  }
  if (findObjects(session, { class: CLASS.certificate, ...wanted }).length === 0) return undefined;
  const certificate = oneObject(session, uri, CLASS.certificate);
  const key = await keyOfCertificate(certificate);
  if (key !== undefined) return key;
  const message = `the certificate '${escape(uriOfObject(certificate))}' on the token is malformed`;
  throw errorOf('KEY_UNSUPPORTED', message, { hint: 'name another object in the URI' });
}
