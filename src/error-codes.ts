// SPDX-License-Identifier: Apache-2.0
// Every code an error can have, and what it says to the caller. A contract: codes are never renamed, never reused, and
// never change their kind.

/**
 * Who has to act: `call` fix the call or the command line; `system` fix a file or the machine; `credentials` fix what
 * signs; `service` try again later; `untrusted` do not trust the model or its signature; `policy` the signature is
 * good, but what it says is not acceptable here; `absent` there is no signature; `defect` report it.
 */
export type ErrorKind = 'call' | 'system' | 'credentials' | 'service' | 'untrusted' | 'policy' | 'absent' | 'defect';

/** Codes of the native core; the same names as in Rust (a test compares the two). */
export const CORE = {
  ALGORITHM_UNKNOWN: 'call',
  BUNDLE_BASE64_INVALID: 'untrusted',
  BUNDLE_MATERIAL_INVALID: 'untrusted',
  BUNDLE_MEDIA_TYPE_UNKNOWN: 'untrusted',
  BUNDLE_MEMBER_INVALID: 'untrusted',
  BUNDLE_NOT_FOUND: 'absent',
  BUNDLE_PAYLOAD_TYPE_UNKNOWN: 'untrusted',
  BUNDLE_SIGNATURES_INVALID: 'untrusted',
  BUNDLE_UNREADABLE: 'system',
  CANCELLED: 'defect',
  DIGEST_INVALID: 'untrusted',
  FILE_CHANGED: 'system',
  HASH_ALGORITHM_DIFFERS: 'untrusted',
  HASH_ALGORITHM_UNKNOWN: 'untrusted',
  HIDDEN_FILES: 'policy',
  IGNORE_PATH_INVALID: 'call',
  INTERNAL: 'defect',
  IO_ERROR: 'system',
  JSON_INVALID: 'untrusted',
  LEGACY_FORBIDDEN: 'untrusted',
  MODEL_EMPTY: 'untrusted',
  MODEL_NAMELESS: 'system',
  MODEL_NOT_FOUND: 'system',
  MODEL_TOO_LARGE: 'untrusted',
  NAME_INVALID: 'untrusted',
  PERMISSION_DENIED: 'system',
  PREDICATE_TYPE_UNKNOWN: 'untrusted',
  RESOURCES_EMPTY: 'untrusted',
  RESOURCES_TOO_MANY: 'untrusted',
  RESOURCE_DUPLICATE: 'untrusted',
  RESOURCE_NAME_INVALID: 'untrusted',
  ROOT_DIGEST_MISMATCH: 'untrusted',
  SERIALIZATION_UNKNOWN: 'untrusted',
  SHARDS_INCOMPLETE: 'untrusted',
  SHARD_SIZE_INVALID: 'call',
  SHARD_SIZE_UNREADABLE: 'untrusted',
  SPECIAL_FILE: 'untrusted',
  STATEMENT_MEMBER_INVALID: 'untrusted',
  STATEMENT_TYPE_UNKNOWN: 'untrusted',
  SUBJECT_INVALID: 'untrusted',
  SYMLINK_CYCLE: 'untrusted',
  SYMLINK_DANGLING: 'untrusted',
  SYMLINK_FORBIDDEN: 'untrusted',
  SYMLINK_OUTSIDE: 'untrusted',
  TOO_MANY_OPEN_FILES: 'system',
  UNSUPPORTED: 'system',
} as const satisfies Record<string, ErrorKind>;

/** Codes of this facade and of the addon's loader. */
export const FACADE = {
  ADDON_MISMATCH: 'system',
  ADDON_MISSING: 'system',
  ADDON_UNLOADABLE: 'system',
  AMBIENT_FAILED: 'service',
  AMBIENT_UNAVAILABLE: 'credentials',
  CERTIFICATE_ALGORITHM: 'untrusted',
  CERTIFICATE_CRITICAL_EXTENSION: 'untrusted',
  CERTIFICATE_EXPIRED: 'untrusted',
  CERTIFICATE_EXTENDED_USAGE: 'untrusted',
  CERTIFICATE_FORMAT: 'untrusted',
  CERTIFICATE_IS_CA: 'untrusted',
  CERTIFICATE_KEY_MISMATCH: 'credentials',
  CERTIFICATE_MISSING: 'untrusted',
  CERTIFICATE_NAME_FORBIDDEN: 'untrusted',
  CERTIFICATE_NOT_CA: 'untrusted',
  CERTIFICATE_NOT_YET_VALID: 'untrusted',
  CERTIFICATE_PATH_LENGTH: 'untrusted',
  CERTIFICATE_PATH_TOO_COMPLEX: 'untrusted',
  CERTIFICATE_REQUEST_FAILED: 'service',
  CERTIFICATE_REQUEST_REFUSED: 'credentials',
  CERTIFICATE_REVOKED: 'untrusted',
  CERTIFICATE_TOO_MANY: 'untrusted',
  CERTIFICATE_UNREADABLE: 'system',
  CERTIFICATE_UNTRUSTED: 'untrusted',
  CERTIFICATE_USAGE: 'untrusted',
  CREDENTIALS_MISSING: 'credentials',
  CRL_FORMAT: 'call',
  CRL_OUTDATED: 'untrusted',
  CRL_SIGNATURE_INVALID: 'untrusted',
  CRL_UNSUPPORTED: 'call',
  FINGERPRINT_MISMATCH: 'policy',
  HINT_MISMATCH: 'untrusted',
  IDENTITY_MISMATCH: 'policy',
  ISSUER_FAILED: 'service',
  KEY_EMPTY: 'call',
  KEY_ENCRYPTED: 'call',
  KEY_FORMAT_UNKNOWN: 'call',
  KEY_INVALID: 'call',
  KEY_IS_CERTIFICATE: 'call',
  KEY_IS_PRIVATE: 'call',
  KEY_IS_PUBLIC: 'call',
  KEY_NOT_FOUND: 'system',
  KEY_PASSWORD_WRONG: 'call',
  KEY_TOO_LARGE: 'call',
  KEY_UNREADABLE: 'system',
  KEY_UNSUPPORTED: 'call',
  LOGIN_FAILED: 'credentials',
  LOG_REQUEST_FAILED: 'service',
  LOG_REQUEST_REFUSED: 'service',
  LOG_TOO_LARGE: 'service',
  MATERIAL_MISMATCH: 'untrusted',
  MODEL_MISMATCH: 'untrusted',
  OPTION_INVALID: 'call',
  OUTPUT_IS_INPUT: 'call',
  OUTPUT_IS_LINK: 'call',
  OUTPUT_NOT_A_BUNDLE: 'call',
  OUTPUT_NOT_A_FILE: 'call',
  OUTPUT_UNWRITABLE: 'system',
  PASSWORD_UNREADABLE: 'system',
  SECRET_UNREADABLE: 'system',
  SELF_CHECK_FAILED: 'service',
  SERVICE_MISSING: 'system',
  SIGNATURE_INVALID: 'untrusted',
  SIGNATURE_NOT_FOUND: 'absent',
  SIGNING_FAILED: 'credentials',
  SYMLINKS_REFUSED: 'policy',
  TIMESTAMP_ALGORITHM: 'untrusted',
  TIMESTAMP_FORMAT: 'untrusted',
  TIMESTAMP_FUTURE: 'untrusted',
  TIMESTAMP_IMPRINT_MISMATCH: 'untrusted',
  TIMESTAMP_NONCE_MISMATCH: 'service',
  TIMESTAMP_REJECTED: 'service',
  TIMESTAMP_REQUEST_FAILED: 'service',
  TIMESTAMP_SIGNATURE_INVALID: 'untrusted',
  TIMESTAMP_TOO_MANY: 'untrusted',
  TIMESTAMP_UNTRUSTED: 'untrusted',
  TIMESTAMP_USAGE: 'untrusted',
  TOKEN_AUDIENCE: 'credentials',
  TOKEN_EMAIL_UNVERIFIED: 'credentials',
  TOKEN_EXPIRED: 'credentials',
  TOKEN_INVALID: 'credentials',
  TOKEN_NOT_YET_VALID: 'credentials',
  TRUST_ANCHOR_MISSING: 'call',
  TRUST_CACHE_INVALID: 'system',
  TRUST_CONFIG_INVALID: 'call',
  TRUST_CONFIG_UNREADABLE: 'system',
  TRUST_NOT_INITIALIZED: 'call',
  TRUST_UPDATE_FAILED: 'service',
  TRUST_UPDATE_REFUSED: 'untrusted',
  USAGE: 'call',
} as const satisfies Record<string, ErrorKind>;

/** Every code an error of this package can have. */
export type ErrorCode = keyof typeof CORE | keyof typeof FACADE;

const KINDS: ReadonlyMap<string, ErrorKind> = new Map(Object.entries({ ...CORE, ...FACADE }));

/** What a code says; `defect` for one that there is not. */
export function kindOf(code: string): ErrorKind {
  return KINDS.get(code) ?? 'defect';
}

/** Whether there is such a code. */
export function isErrorCode(code: string): code is ErrorCode {
  return KINDS.has(code);
}
