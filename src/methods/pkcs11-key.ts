// SPDX-License-Identifier: Apache-2.0
// A key on a token, from the URI that names it to the signatures it makes.

import type { KeyObject } from 'node:crypto';

import { type ModelSigningError, errorOf } from '../errors.js';
import { escape } from '../native.js';
import { SUPPORTED_KEYS, type Scheme, schemeOf, verifyMessage } from './algorithms.js';
import type { Password } from './password.js';
import { ATTRIBUTE, CLASS, TOKEN, USER } from './pkcs11-constants.js';
import { type TokenObject, attribute, findObjects, oneObject, uriOfObject } from './pkcs11-object.js';
import { type PinSource, pinSourceOf } from './pkcs11-pin.js';
import { publicHalfOf } from './pkcs11-public-key.js';
import { type Login, Session, fetchPin, logIn, offerPin, shown } from './pkcs11-session.js';
import { recipeFor, signOnToken } from './pkcs11-signature.js';
import { type Found, type Token, findTokens, noToken, severalTokens } from './pkcs11-token.js';
import { type Pkcs11Uri, shownPkcs11Uri } from './pkcs11-uri.js';

/** Which key, and how to get to it: the options of a signer or verifier, checked. */
export interface KeyRequest {
  readonly uri: Pkcs11Uri;
  readonly pin: Password | undefined;
  readonly modulePaths: readonly string[];
  readonly onPinPad: (() => void) | undefined;
}

/** Opens the private key that a URI names. Everything that can fail before there is something to sign fails here. */
export async function openSigningKey(request: KeyRequest): Promise<SigningKey> {
  const { uri, onPinPad } = request;
  refuseOtherTypes(uri);
  const token = chooseToken(uri, await findTokens(uri, request.modulePaths), CLASS.privateKey);
  const session = new Session(token);
  const pin = keeping(pinSourceOf(uri, request.pin));
  try {
    await logIn(session, { pin, onPinPad });
    const object = oneObject(session, uri, CLASS.privateKey);
    refuseOtherUses(object);
    const authenticate = await authenticationOf(object, { pin, onPinPad });
    if (authenticate === undefined) pin.forget();
    const publicKey = await publicHalfOf(object);
    return new SigningKey(object, publicKey, authenticate ?? (async () => {}), () => pin.forget());
  } catch (error) {
    pin.forget();
    session.close();
    throw error;
  }
}

/** A private key on a token, in a session of its own. */
export class SigningKey {
  readonly object: TokenObject;
  readonly publicKey: KeyObject;
  readonly #authenticate: () => Promise<void>;
  readonly #forget: () => void;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(object: TokenObject, publicKey: KeyObject, authenticate: () => Promise<void>, forget: () => void) {
    this.#forget = forget;
    this.object = object;
    this.publicKey = publicKey;
    this.#authenticate = authenticate;
    this.requireMechanism(publicKey);
    // A signer that nobody holds any more must not hold a session.
    abandoned.register(this, object.session);
  }

  /** Whether the key can still sign; after a failure it has to be opened anew. */
  get isOpen(): boolean {
    return this.object.session.isOpen;
  }

  /** Refuses a scheme, which the public key says, that the token does not have. */
  requireMechanism(publicKey: KeyObject): void {
    recipeFor(schemeFor(publicKey), this.object);
  }

  /** Signs, one message after the other. The answer is checked: nobody else could tell which key a token took. */
  async sign(message: Uint8Array, signal: AbortSignal | undefined, publicKey = this.publicKey): Promise<Buffer> {
    const turn = this.#turn.then(async () => {
      signal?.throwIfAborted();
      return this.#signNow(message, publicKey);
    });
    this.#turn = turn.catch(() => {});
    return untilAborted(turn, signal);
  }

  /** Closes the session when nobody signs any more, and forgets the PIN. */
  async close(): Promise<void> {
    await this.#turn;
    this.#forget();
    this.object.session.close();
  }

  async #signNow(message: Uint8Array, publicKey: KeyObject): Promise<Buffer> {
    const scheme = schemeFor(publicKey);
    const recipe = recipeFor(scheme, this.object);
    try {
      const length = lengthOf(scheme, publicKey);
      const signature = await signOnToken(this.object, recipe, message, length, this.#authenticate);
      if (await verifyMessage(publicKey, message, signature)) return signature;
      throw notItsHalf(this.object);
    } catch (error) {
      this.object.session.close();
      throw error;
    }
  }
}

/** The one token that is meant. Where a URI fits several, what they show without a PIN may decide. */
export function chooseToken(uri: Pkcs11Uri, found: Found, objectClass: number): Token {
  const { tokens } = found;
  const [first, ...others] = tokens;
  if (first === undefined) throw noToken(uri, found);
  if (others.length === 0) return first;
  // A token that wants no login hides nothing, such as one of nothing but the system's root certificates.
  const possible = tokens.filter((token) => wantsLogin(token) || shows(token, uri, [objectClass]));
  const isNamed = uri.object !== undefined || uri.id !== undefined;
  const classes = [objectClass, CLASS.publicKey, CLASS.certificate];
  for (const fitting of [possible, isNamed ? possible.filter((token) => shows(token, uri, classes)) : []]) {
    const [only, ...more] = fitting;
    if (only !== undefined && more.length === 0) return only;
  }
  throw severalTokens(uri, tokens);
}

function wantsLogin({ flags }: Token): boolean {
  return (flags & TOKEN.loginRequired) !== 0;
}

/** A token that cannot be asked shows nothing. */
function shows(token: Token, { object: label, id }: Pkcs11Uri, classes: readonly number[]): boolean {
  let session: Session | undefined;
  try {
    const opened = (session = new Session(token));
    return classes.some((objectClass) => findObjects(opened, { class: objectClass, label, id }).length > 0);
  } catch {
    return false;
  } finally {
    session?.close();
  }
}

function refuseOtherTypes(uri: Pkcs11Uri): void {
  if (uri.type === undefined || uri.type === 'private') return;
  const message = `the PKCS #11 URI '${escape(shownPkcs11Uri(uri))}' names no private key`;
  throw errorOf('PKCS11_URI_INVALID', message, { hint: 'leave type out, or write type=private' });
}

function refuseOtherUses(object: TokenObject): void {
  if (attribute(object, ATTRIBUTE.sign)?.[0] !== 0) return;
  const message = `the key '${escape(uriOfObject(object))}' is not one that may sign (CKA_SIGN)`;
  throw errorOf('PKCS11_KEY_UNUSABLE', message, { hint: 'use a key that was made for signing' });
}

/** Some keys want the PIN before each signature. It is fetched now: nobody may be there when the hashing is done. */
async function authenticationOf(object: TokenObject, login: Login): Promise<(() => Promise<void>) | undefined> {
  if (attribute(object, ATTRIBUTE.alwaysAuthenticate)?.[0] !== 1) return undefined;
  const { session } = object;
  (await fetchPin(session.token, login))?.fill(0);
  return async () => offerPin(session, USER.contextSpecific, await fetchPin(session.token, login), login);
}

/** A source that asks once, hands out copies, and can forget. */
function keeping(source: PinSource): PinSource & { forget(): void } {
  let kept: Promise<Buffer | undefined> | undefined;
  return {
    isPerson: source.isPerson,
    fetch: async () => {
      kept ??= source.fetch();
      const pin = await kept;
      return pin === undefined ? undefined : Buffer.from(pin);
    },
    forget: () => {
      kept?.then((pin) => pin?.fill(0)).catch(() => {});
      kept = undefined;
    },
  };
}

const abandoned = new FinalizationRegistry<Session>((session) => session.close());

function schemeFor(publicKey: KeyObject): Scheme {
  const scheme = schemeOf(publicKey);
  if (!('unsupported' in scheme)) return scheme;
  throw errorOf('KEY_UNSUPPORTED', `the key is ${scheme.unsupported}, which is not supported`, {
    hint: `use ${SUPPORTED_KEYS}`,
  });
}

const ED25519_LENGTH = 64;

function lengthOf({ fieldSize, hash }: Scheme, publicKey: KeyObject): number {
  if (fieldSize !== undefined) return 2 * fieldSize;
  return hash === undefined ? ED25519_LENGTH : Math.ceil((publicKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
}

/** A token cannot be interrupted; whoever waits for it can. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function notItsHalf(object: TokenObject): ModelSigningError {
  const message = `the public half that ${shown(object.session.token)} keeps of '${escape(uriOfObject(object))}' is of another key`;
  return errorOf('PKCS11_KEY_MISMATCH', message, {
    hint: 'put the right public key or certificate on the token, with the id of the key',
  });
}
