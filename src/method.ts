// SPDX-License-Identifier: Apache-2.0
// The two one-method interfaces: who signs, and who says whether a signature is good. Anyone can write a method.

/** What is signed. The bytes are the ones that go into the bundle: to be read, not to be written to. */
export interface SigningInput {
  /** The bytes that a signature covers: the DSSE pre-authentication encoding of the payload, which is its end. */
  readonly message: Uint8Array;
  /** The canonical in-toto statement. */
  readonly payload: Uint8Array;
  /** Stops waiting for services when it is aborted. */
  readonly signal: AbortSignal | undefined;
}

/** What a verifier needs besides the signature: a hint to a key, certificates, or one and what logs say about it. */
export type Material =
  | { readonly kind: 'publicKey'; readonly hint: string }
  | { readonly kind: 'certificateChain'; readonly certificates: readonly Uint8Array[] }
  | { readonly kind: 'sigstore'; readonly certificate: Uint8Array; readonly logEntries: readonly LogEntry[] };

/** What a transparency log says about its entry. Whole numbers are decimal text: they have 63 bits. */
export interface LogEntry {
  /** The place in the log, over all of its shards. */
  readonly logIndex: string;
  /** Which log it is. */
  readonly logId: Uint8Array;
  /** The kind of the body, like `dsse`. */
  readonly kind: string;
  /** The version of that kind, like `0.0.1`. */
  readonly version: string;
  /** When the log took it, in seconds since 1970; `'0'` where the log gives no time. */
  readonly integratedTime: string;
  /** The log's signature on its word to include it. */
  readonly inclusionPromise?: Uint8Array | undefined;
  /** That it was included: the way from the entry to the root of the log's tree. */
  readonly inclusionProof?: InclusionProof | undefined;
  /** The body as it was hashed into the log. */
  readonly canonicalizedBody: Uint8Array;
}

/** The way from an entry to the root of a log's tree. */
export interface InclusionProof {
  /** The place in this tree. */
  readonly logIndex: string;
  /** The root of the tree. */
  readonly rootHash: Uint8Array;
  /** How many entries the tree has. */
  readonly treeSize: string;
  /** The siblings on the way up. */
  readonly hashes: readonly Uint8Array[];
  /** What the log signed about the tree. */
  readonly checkpoint?: string | undefined;
}

/** A signature and what goes with it into the bundle. */
export interface Signature {
  /** The raw signature; ECDSA in DER. */
  readonly signature: Uint8Array;
  /** What a verifier needs to know. */
  readonly material: Material;
  /** RFC 3161 timestamps over the signature, in DER: whole answers of authorities, or tokens alone. */
  readonly timestamps?: readonly Uint8Array[];
  /** What a careful reader should know; no part of the bundle. */
  readonly remarks?: readonly string[];
}

/** Signs statements. */
export interface Signer {
  /** The name of the method, for people and JSON answers. */
  readonly method: string;
  /** Files that the method reads; a signature never replaces one of them. */
  readonly inputs?: readonly string[];
  /** Finds out, before the first byte is hashed, whether signing can work: loads keys, asks for passwords, logs in. */
  prepare?(signal?: AbortSignal): Promise<void>;
  /** Signs one statement. May be called several times at once. */
  sign(input: SigningInput): Promise<Signature>;
  /**
   * Verifies a finished bundle before it is returned or written, and says who has signed: services took part in it, and
   * one of them may have answered wrongly.
   */
  check?(bundle: SignedBundle): Promise<Authentication>;
}

/** A signature and what goes with it, whatever was signed: parsed strictly and trusted in nothing. */
export interface Seal {
  /** The bundle's media type. */
  readonly mediaType: string;
  /** What the signature says it was made with. */
  readonly material: Material | { readonly kind: 'rawPublicKey'; readonly pem: string };
  /** What stood behind the certificate of a Sigstore bundle, in forms that have a chain. */
  readonly otherCertificates?: readonly Uint8Array[];
  /** What transparency logs say, whatever the material is. */
  readonly logEntries?: readonly LogEntry[];
  /** The raw signature. */
  readonly signature: Uint8Array;
  /** RFC 3161 timestamps over the signature, in DER: whole answers of authorities, or tokens alone. */
  readonly timestamps: readonly Uint8Array[];
}

/** What a bundle says, parsed strictly and trusted in nothing. */
export interface SignedBundle extends Seal {
  /** The bytes that the signature covers. */
  readonly message: Uint8Array;
  /** Set for the one old form that was signed with SHA-256 whatever the key. */
  readonly forcedHash: 'sha256' | undefined;
  /** The in-toto statement. */
  readonly payload: Uint8Array;
}

/** When the signature was made, as far as that can be trusted. */
export interface TrustedTime {
  /** The moment. */
  readonly time: Date;
  /** Who says so: a timestamp authority or a log that was verified, or nobody, and then the moment is now. */
  readonly source: 'timestamp' | 'log' | 'now';
}

/** Who signed. */
export type Identity =
  | { readonly method: 'key'; readonly keyHint: string; readonly algorithm: string }
  | {
      readonly method: 'certificate';
      readonly subject: string;
      readonly subjectAltNames: readonly string[];
      /** SHA-256 of the leaf in lowercase hexadecimal. */
      readonly fingerprint: string;
      /** The subjects of the chain, leaf first, anchor last. */
      readonly chain: readonly string[];
    }
  | {
      readonly method: 'sigstore';
      /** The whole of the identity: an e-mail address, a URI, a user name. */
      readonly identity: string;
      /** The identity provider that vouched for it. */
      readonly issuer: string;
      /** What else the provider said, by name: repository, workflow, ref, trigger. */
      readonly claims: Readonly<Record<string, string>>;
      /** Where it is in transparency logs, and since when if the log says so. */
      readonly entries: readonly { readonly log: string; readonly index: string; readonly time: Date | undefined }[];
      /** Whose word all of this is, and as of when. */
      readonly instance: string;
    }
  | { readonly method: string; readonly [detail: string]: unknown };

/** What a verifier found. */
export interface Authentication {
  /** Who signed. */
  readonly signer: Identity;
  /** When. */
  readonly time: TrustedTime;
  /** What a careful reader should know: unused timestamps, relaxed rules. */
  readonly remarks?: readonly string[];
}

/** Verifies signatures. */
export interface Verifier {
  /** The name of the method, for people and JSON answers. */
  readonly method: string;
  /** Finds out, before anything is read, whether verifying can work: loads keys and trust anchors. */
  prepare?(): Promise<void>;
  /** Says who signed, or throws a `VerificationError`. May be called several times at once. */
  verify(bundle: SignedBundle): Promise<Authentication>;
}
