// SPDX-License-Identifier: Apache-2.0
// Which token is meant: everything a URI can say of a library, a slot and a token.

import { endianness } from 'node:os';

import { InputError, type ModelSigningError } from '../errors.js';
import { escape } from '../native.js';
import { TOKEN } from './pkcs11-constants.js';
import { moduleFailure } from './pkcs11-failure.js';
import { type Module, driver, openModule, unpadded } from './pkcs11-module.js';
import { modulePathsFor } from './pkcs11-places.js';
import { type Pkcs11Uri, formatPkcs11Uri, shownPkcs11Uri } from './pkcs11-uri.js';

/** A token that is there, in its slot. */
export interface Token {
  readonly module: Module;
  /** The slot's number as Cryptoki takes it. */
  readonly slot: Buffer;
  readonly slotId: bigint;
  readonly slotDescription: string;
  readonly slotManufacturer: string;
  readonly label: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly serial: string;
  readonly flags: number;
}

/** What was found: tokens, and modules that could not be asked. */
export interface Found {
  readonly tokens: readonly Token[];
  readonly failures: readonly ModelSigningError[];
}

/** Every token that the URI may mean. A module that the user named has to work; of those registered, any may be broken. */
export async function findTokens(uri: Pkcs11Uri, modulePaths: readonly string[]): Promise<Found> {
  await driver();
  const paths = await modulePathsFor(uri, modulePaths);
  const isNamed = uri.moduleName !== undefined || uri.modulePath !== undefined || modulePaths.length > 0;
  const tokens = new Map<string, Token>();
  const failures: ModelSigningError[] = [];
  for (const path of paths) {
    try {
      const module = await openModule(path);
      for (const token of isOf(module, uri) ? tokensOf(module) : []) tokens.set(tokenKey(token), token);
    } catch (cause) {
      const failure = moduleFailure(`asking the module '${escape(path)}'`, cause);
      if (isNamed) throw failure;
      failures.push(failure);
    }
  }
  const meant = [...tokens.values()].filter((token) => isMeant(token, uri));
  return { tokens: meant.toSorted(byName), failures };
}

/** By what a token is known within this process. */
export function tokenKey({ module, slotId, serial, label }: Token): string {
  return JSON.stringify([module.path, String(slotId), serial, label]);
}

/** What the token says of itself right now, such as that one more wrong PIN would lock it. */
export function currentFlags({ module, slot, flags }: Token): number {
  try {
    return module.api.C_GetTokenInfo(slot).flags;
  } catch {
    return flags;
  }
}

/** A token as messages and lists show it. */
export function uriOfToken({ label: token, serial, model, manufacturer }: Token): string {
  return formatPkcs11Uri({ token, serial, model, manufacturer });
}

/** The error for a URI that fits no token. */
export function noToken(uri: Pkcs11Uri, { failures }: Found): InputError {
  const [failure] = failures;
  const because = failure === undefined ? '' : `; a module could not be asked: ${failure.message}`;
  const message = `no token is there that fits '${shownPkcs11Uri(uri)}'${because}`;
  const hint = 'see which tokens there are: model-signing pkcs11 list';
  return new InputError('PKCS11_TOKEN_NOT_FOUND', message, { hint, cause: failure });
}

/** The error for a URI that fits several tokens. A PIN is never offered to more than one. */
export function severalTokens(uri: Pkcs11Uri, tokens: readonly Token[]): InputError {
  const found = tokens.slice(0, 8).map((token) => `'${uriOfToken(token)}' in slot ${token.slotId}`);
  const message = `${tokens.length} tokens fit '${shownPkcs11Uri(uri)}': ${found.join(', ')}`;
  const hint = 'name one by token, serial or slot-id in the URI';
  return new InputError('PKCS11_TOKEN_AMBIGUOUS', message, { hint });
}

/** A slot that fails while it is looked at has lost its token, and is passed over like one that is empty. */
function tokensOf(module: Module): Token[] {
  const { api } = module;
  return api.C_GetSlotList(true).flatMap((slot) => {
    try {
      const { slotDescription, manufacturerID: slotManufacturer } = api.C_GetSlotInfo(slot);
      const { label, manufacturerID, model, serialNumber, flags } = api.C_GetTokenInfo(slot);
      if ((flags & TOKEN.initialized) === 0) return [];
      const token: Token = {
        module,
        slot,
        slotId: numberOf(slot),
        slotDescription: unpadded(slotDescription),
        slotManufacturer: unpadded(slotManufacturer),
        label: unpadded(label),
        manufacturer: unpadded(manufacturerID),
        model: unpadded(model),
        serial: unpadded(serialNumber),
        flags,
      };
      return [token];
    } catch {
      return [];
    }
  });
}

/** An unsigned long of this machine. */
function numberOf(bytes: Buffer): bigint {
  const big = endianness() === 'BE' ? bytes : Buffer.from(bytes.toReversed());
  return BigInt(`0x0${big.toString('hex')}`);
}

/** Modules number their slots as they like: a list should look the same twice. */
function byName(one: Token, other: Token): number {
  if (one.label !== other.label) return one.label < other.label ? -1 : 1;
  return one.slotId < other.slotId ? -1 : 1;
}

function isOf({ manufacturer, description, version }: Module, uri: Pkcs11Uri): boolean {
  const { libraryVersion: wanted } = uri;
  const isVersion = wanted === undefined || (wanted.major === version.major && wanted.minor === version.minor);
  return isVersion && fits(uri.libraryManufacturer, manufacturer) && fits(uri.libraryDescription, description);
}

function isMeant(token: Token, uri: Pkcs11Uri): boolean {
  return (
    fits(uri.token, token.label) &&
    fits(uri.manufacturer, token.manufacturer) &&
    fits(uri.model, token.model) &&
    fits(uri.serial, token.serial) &&
    fits(uri.slotDescription, token.slotDescription) &&
    fits(uri.slotManufacturer, token.slotManufacturer) &&
    (uri.slotId === undefined || uri.slotId === token.slotId)
  );
}

/** Padding is no part of a name, on either side. */
function fits(wanted: string | undefined, found: string): boolean {
  return wanted === undefined || unpadded(wanted) === found;
}
