// SPDX-License-Identifier: Apache-2.0
// A session on a token, and the one attempt to log in. Who is logged in already, by whomever, stays so: nobody is ever
// logged out; closing the last session does that.

import { createHmac, randomBytes } from 'node:crypto';

import { type ModelSigningError, errorOf } from '../errors.js';
import { escape } from '../native.js';
import { CKF_SERIAL_SESSION, LOGGED_IN, TOKEN, USER } from './pkcs11-constants.js';
import { ckrOf, moduleFailure } from './pkcs11-failure.js';
import type { PinSource } from './pkcs11-pin.js';
import { type Token, currentFlags, tokenKey, uriOfToken } from './pkcs11-token.js';

/** How to log in. */
export interface Login {
  readonly pin: PinSource;
  /** Called before the token's own pin pad is waited for. */
  readonly onPinPad: (() => void) | undefined;
}

/** Sessions that are open: a thread that ends closes its own, and leaves the module to the others. */
const open = new Set<Session>();

/** A session. Its handle is of no use once it is closed. */
export class Session {
  readonly token: Token;
  readonly handle: Buffer;
  #isOpen = true;

  /** Opens a session that only reads: signing changes nothing on a token. */
  constructor(token: Token) {
    this.token = token;
    try {
      this.handle = token.module.api.C_OpenSession(token.slot, CKF_SERIAL_SESSION);
    } catch (cause) {
      throw moduleFailure(`opening a session on ${shown(token)}`, cause);
    }
    if (open.size === 0) process.once('exit', closeAll);
    open.add(this);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get isLoggedIn(): boolean {
    return LOGGED_IN.has(this.token.module.api.C_GetSessionInfo(this.handle).state);
  }

  /** Closes the session; one that its token lost is closed already. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    open.delete(this);
    if (open.size === 0) process.off('exit', closeAll);
    try {
      this.token.module.api.C_CloseSession(this.handle);
    } catch {
      // Gone with its token.
    }
  }
}

/** A session in the middle of a signature is left to the end of the process. */
function closeAll(): void {
  for (const session of open) if (session.token.module.busy.size === 0) session.close();
}

/** Those who wait for a login on a token: a second one finds it done, and needs no PIN. */
const queues = new Map<string, Promise<unknown>>();

/** PINs that a token refused: none of them is offered again by this process. What is kept tells nobody which. */
const refused = new Set<string>();
const secret = randomBytes(32);

/** Logs in, where the token asks for it and nobody has. */
export async function logIn(session: Session, login: Login): Promise<void> {
  if ((session.token.flags & TOKEN.loginRequired) === 0) return;
  const key = tokenKey(session.token);
  const before = queues.get(key) ?? Promise.resolve();
  const turn = before.then(async () => logInNow(session, login));
  queues.set(
    key,
    turn.catch(() => {}),
  );
  await turn;
}

async function logInNow(session: Session, login: Login): Promise<void> {
  try {
    if (!session.isLoggedIn) await offerPin(session, USER.user, await fetchPin(session.token, login), login);
  } catch (cause) {
    throw moduleFailure(`logging in to ${shown(session.token)}`, cause);
  }
}

/** The PIN, or nothing where the token has a pin pad for it. */
export async function fetchPin(token: Token, { pin }: Login): Promise<Buffer | undefined> {
  const flags = currentFlags(token);
  if ((flags & TOKEN.pinLocked) !== 0) throw locked(token);
  const hasPad = (flags & TOKEN.ownPinPad) !== 0;
  const fetched = hasPad && pin.isPerson ? undefined : await pin.fetch();
  if (fetched !== undefined || hasPad) return fetched;
  const hint = 'give it as pin-source in the URI, by --pin-file or --pin-env, in PKCS11_PIN, or run in a terminal';
  throw errorOf('PKCS11_PIN_MISSING', `${shown(token)} wants a PIN, and none was given`, { hint });
}

/** Offers a PIN once. What is refused is remembered, since the token counts: three wrong ones lock most of them. */
export async function offerPin(
  session: Session,
  user: number,
  pin: Buffer | undefined,
  { onPinPad }: Login,
): Promise<void> {
  const { token, handle } = session;
  const digest = createHmac('sha256', secret)
    .update(tokenKey(token))
    .update('\0')
    .update(pin ?? '')
    .digest('hex');
  if (pin !== undefined && refused.has(digest)) throw wrong(token, 'was refused before, and is not tried again');
  if (pin === undefined) onPinPad?.();
  try {
    token.module.api.C_Login(handle, user, pin?.toString('utf8') ?? '');
  } catch (cause) {
    const name = ckrOf(cause) ?? '';
    if (name === 'CKR_USER_ALREADY_LOGGED_IN') return;
    if (name === 'CKR_PIN_LOCKED') throw locked(token);
    if (!REFUSALS.has(name)) throw moduleFailure(`logging in to ${shown(token)}`, cause);
    if (pin !== undefined) refused.add(digest);
    throw wrong(token, `was refused (${name})`);
  } finally {
    pin?.fill(0);
  }
}

const REFUSALS: ReadonlySet<string> = new Set(['CKR_PIN_INCORRECT', 'CKR_PIN_INVALID', 'CKR_PIN_LEN_RANGE']);

/** A token as messages name it. */
export function shown(token: Token): string {
  return `the token '${escape(uriOfToken(token))}'`;
}

function wrong(token: Token, what: string): ModelSigningError {
  const hint = `${counter(currentFlags(token))}; it was not tried twice: give the right one before you try again`;
  return errorOf('PKCS11_PIN_WRONG', `the PIN of ${shown(token)} ${what}`, { hint });
}

/** What the token says of its counter of wrong PINs. */
function counter(flags: number): string {
  if ((flags & TOKEN.pinLocked) !== 0) return 'the PIN is locked now';
  if ((flags & TOKEN.pinFinalTry) !== 0) return 'the next wrong PIN locks the token';
  if ((flags & TOKEN.pinCountLow) !== 0) return 'the token counts wrong PINs, and a few more lock it';
  return 'a token locks itself after a few wrong PINs';
}

function locked(token: Token): ModelSigningError {
  const hint = "unblock it with the PUK or the security officer's PIN";
  return errorOf('PKCS11_PIN_LOCKED', `the PIN of ${shown(token)} is locked`, { hint });
}
