// SPDX-License-Identifier: Apache-2.0
// An identity token: a secret that says who somebody is, to whom, and for how long. What it says is read to refuse early
// and is trusted in nothing; what it is never gets into a message, a log or a dump.

import { SigningError } from '../errors.js';
import { parseJson, escape } from '../native.js';
import { isRecord } from './service-call.js';

/** For whom tokens of the public instance are made, and the client that asks for them there. */
export const DEFAULT_CLIENT = 'sigstore';

const LONGEST_TOKEN = 65_536;
/** Clocks differ; a token that begins a little later is not refused. */
const SKEW_MS = 60_000;

/** A token, and what it says. */
export class IdentityToken {
  readonly #bytes: Buffer;
  /** Who made it. */
  readonly issuer: string;
  /** Whom it is about: the e-mail address where there is one, else the subject. */
  readonly subject: string;
  /** For whom it is. */
  readonly audience: readonly string[];
  /** Until when it is good. */
  readonly expires: Date;
  /** From when on it is good. */
  readonly begins: Date | undefined;
  /** What the issuer says about the e-mail address. */
  readonly isEmailUnverified: boolean;
  /** Repeats what the one who asked for it made up. */
  readonly nonce: string | undefined;

  /** Reads a token; white space around it does not count. */
  constructor(text: string) {
    const compact = text.trim();
    const claims = claimsOf(compact);
    const { email, sub, nonce } = claims;
    this.#bytes = Buffer.from(compact, 'latin1');
    this.issuer = textOf(claims['iss'], 'iss');
    this.subject = typeof email === 'string' && email !== '' ? email : textOf(sub, 'sub');
    this.audience = audienceOf(claims['aud']);
    this.expires = timeOf(claims['exp'], 'exp');
    this.begins = claims['nbf'] === undefined ? undefined : timeOf(claims['nbf'], 'nbf');
    this.isEmailUnverified = typeof email === 'string' && claims['email_verified'] === false;
    this.nonce = typeof nonce === 'string' ? nonce : undefined;
  }

  /** The token itself, for the one service that gets it. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Forgets the token. */
  wipe(): void {
    this.#bytes.fill(0);
  }
}

/** Refuses a token that no certificate authority would take. */
export function checkToken(token: IdentityToken, audience: string, now: Date = new Date()): void {
  const { expires, begins } = token;
  if (expires <= now) {
    const hint = "get a new one; if it is new, this machine's clock is wrong";
    throw new SigningError('TOKEN_EXPIRED', `the identity token expired at ${expires.toISOString()}`, { hint });
  }
  if (begins !== undefined && begins.getTime() > now.getTime() + SKEW_MS) {
    const message = `the identity token is not good before ${begins.toISOString()}`;
    throw new SigningError('TOKEN_NOT_YET_VALID', message, { hint: "check this machine's clock" });
  }
  if (!token.audience.includes(audience)) {
    const made = token.audience.map((name) => `'${escape(name)}'`).join(', ');
    const hint = 'get one for that audience, or name the client it was made for';
    const message = `the identity token was made for ${made}, and '${escape(audience)}' is needed`;
    throw new SigningError('TOKEN_AUDIENCE', message, { hint });
  }
  if (!token.isEmailUnverified) return;
  const message = `the issuer has not verified the e-mail address '${escape(token.subject)}'`;
  throw new SigningError('TOKEN_EMAIL_UNVERIFIED', message, { hint: 'verify it at the issuer, then log in again' });
}

/** The second part of a signed token (RFC 7519); its signature is for the certificate authority to check. */
function claimsOf(text: string): Readonly<Record<string, unknown>> {
  if (text.length > LONGEST_TOKEN) throw invalid('is longer than 64 KiB');
  const [, payload] = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(text) ?? [];
  if (payload === undefined) throw invalid('does not have three parts in base64url');
  let claims: unknown;
  try {
    claims = parseJson(Buffer.from(payload, 'base64url'));
  } catch {
    throw invalid('has a second part that is not JSON');
  }
  if (isRecord(claims)) return claims;
  throw invalid('has a second part that is no JSON object');
}

function textOf(value: unknown, claim: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw invalid(`lacks the claim '${claim}'`);
}

function audienceOf(value: unknown): readonly string[] {
  const names: readonly unknown[] = Array.isArray(value) ? value : [value];
  return names.map((name) => textOf(name, 'aud'));
}

/** Seconds since 1970; not more than a Date can hold. */
function timeOf(value: unknown, claim: string): Date {
  if (typeof value === 'number' && value > 0 && value < 8.64e12) return new Date(value * 1000);
  throw invalid(`has no time in the claim '${claim}'`);
}

function invalid(what: string): SigningError {
  const hint = 'give the ID token of an OpenID Connect issuer, not an access token';
  return new SigningError('TOKEN_INVALID', `the identity token ${what}`, { hint });
}
