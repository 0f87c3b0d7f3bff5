// SPDX-License-Identifier: Apache-2.0
// The front door: everything that is public, and nothing else.

export { type BenchmarkOptions, benchmark } from './benchmark.js';
export type { BundleSource } from './bundle.js';
export { digest, requireModel } from './digest.js';
export {
  type Diff,
  type ErrorCode,
  type ErrorDetails,
  type ErrorKind,
  InputError,
  LogForkError,
  ModelMismatchError,
  ModelSigningError,
  SigningError,
  VerificationError,
} from './errors.js';
export { isInsideModel } from './inside.js';
export type { Logger } from './log.js';
export {
  type CertificateSignerOptions,
  type CertificateSource,
  type CertificateVerifierOptions,
  certificateSigner,
  certificateVerifier,
} from './methods/certificate.js';
export {
  type KeySignerOptions,
  type KeySource,
  type KeyVerifierOptions,
  type Password,
  keyHint,
  keySigner,
  keyVerifier,
} from './methods/key.js';
export {
  type Pkcs11Certificate,
  type Pkcs11Key,
  type Pkcs11ListOptions,
  type Pkcs11Listing,
  type Pkcs11Options,
  type Pkcs11Signer,
  type Pkcs11SignerOptions,
  type Pkcs11Token,
  type Pkcs11VerifierOptions,
  listPkcs11,
  looksLikePkcs11Uri,
  pkcs11Signer,
  pkcs11Verifier,
} from './methods/pkcs11.js';
export {
  type AllowedSigner,
  type ClaimName,
  type InstanceOptions,
  type SigstoreVerifierOptions,
  type Thresholds,
  sigstoreVerifier,
} from './methods/sigstore.js';
export { type Interaction, type SigstoreSignerOptions, sigstoreSigner } from './methods/sigstore-signer.js';
export type {
  Authentication,
  Identity,
  InclusionProof,
  LogEntry,
  Material,
  Seal,
  Signature,
  SignedBundle,
  Signer,
  SigningInput,
  TrustedTime,
  Verifier,
} from './method.js';
export type {
  Benchmark,
  BenchmarkForecast,
  BenchmarkLimit,
  BenchmarkMachine,
  BenchmarkOption,
  BenchmarkProgress,
  BenchmarkSample,
  BenchmarkTime,
  KernelSpeed,
  Median,
  ReadingSpeed,
  SmallFileCost,
} from './measuring/answer.js';
export {
  type HashedManifest,
  type Ignored,
  type Manifest,
  type ManifestDiff,
  type Resource,
  type Serialization,
  compareManifests,
} from './manifest.js';
export { escape, parseJson } from './native.js';
export {
  type CheckOptions,
  type DigestOptions,
  HASH_ALGORITHMS,
  type HashAlgorithm,
  type ManifestOptions,
  type Progress,
  type RunOptions,
  type SignOptions,
  type VerifyOptions,
} from './options.js';
export { checkPlainOutput, writeOutput } from './output.js';
export { type TrustSummary, type TrustedParty, initTrust, showTrust, updateTrust } from './trust.js';
export {
  type LogFindings,
  type LogSearchOptions,
  type LogSighting,
  type LogWatchOptions,
  type SearchedLog,
  searchLog,
  watchLog,
} from './monitor.js';
export { readSecretFile } from './methods/secret-file.js';
export { type ModelSigner, type SignedModel, createSigner, sign } from './sign.js';
export {
  type ModelVerifier,
  type VerifiedBundle,
  type VerifiedModel,
  createVerifier,
  verify,
  verifyBundle,
} from './verify.js';
