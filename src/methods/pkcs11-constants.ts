// SPDX-License-Identifier: Apache-2.0
// The numbers of Cryptoki (PKCS #11 2.40 and 3.0, header pkcs11t.h) that are used here, under their own names.

/** Flags of C_Initialize. */
export const CKF_OS_LOCKING_OK = 2;
/** The flag of every session. */
export const CKF_SERIAL_SESSION = 4;

/** Flags of tokens. */
export const TOKEN = {
  loginRequired: 0x4,
  ownPinPad: 0x100,
  initialized: 0x400,
  pinCountLow: 0x1_0000,
  pinFinalTry: 0x2_0000,
  pinLocked: 0x4_0000,
} as const;

/** Who logs in. */
export const USER = { user: 1, contextSpecific: 2 } as const;

/** Session states in which the user is logged in: read-only and read-write. */
export const LOGGED_IN: ReadonlySet<number> = new Set([1, 3]);

/** Classes of objects. */
export const CLASS = { certificate: 1, publicKey: 2, privateKey: 3 } as const;

/** Types of keys. */
export const KEY_TYPE = { rsa: 0, ec: 3, edwards: 0x40 } as const;

/** Attributes of objects. */
export const ATTRIBUTE = {
  class: 0x0,
  label: 0x3,
  value: 0x11,
  keyType: 0x100,
  id: 0x102,
  sign: 0x108,
  modulus: 0x120,
  publicExponent: 0x122,
  publicKeyInfo: 0x129,
  ecParams: 0x180,
  ecPoint: 0x181,
  alwaysAuthenticate: 0x202,
  allowedMechanisms: 0x4000_0600,
} as const;

/** Mechanisms that sign. */
export const MECHANISM = {
  rsaPkcs: 0x1,
  rsaPss: 0xd,
  sha256RsaPkcs: 0x40,
  sha256RsaPss: 0x43,
  ecdsa: 0x1041,
  ecdsaSha256: 0x1044,
  ecdsaSha384: 0x1045,
  ecdsaSha512: 0x1046,
  eddsa: 0x1057,
} as const;

/** SHA-256 by itself, and the mask function over it: parameters of RSASSA-PSS. */
export const SHA256 = 0x250;
/** MGF1 with SHA-256. */
export const MGF1_SHA256 = 2;
