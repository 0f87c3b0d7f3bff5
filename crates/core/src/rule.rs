// SPDX-License-Identifier: Apache-2.0
//! The rules of statements and bundles that can be broken, one code each.

/// The rules of the statement format that can be broken, one code each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// A member is missing or has the wrong type.
    Member,
    /// `_type` is not in-toto Statement v1.
    Type,
    /// predicateType is not one that is read.
    PredicateType,
    /// A v0.1 predicate, and legacy statements were not allowed.
    Legacy,
    /// Not exactly one subject, or one without a name or a SHA-256.
    Subject,
    /// No resources.
    Empty,
    /// More resources than the cap.
    TooMany,
    /// A resource name that is not a safe relative path.
    Name,
    /// Two resources with one name.
    Duplicate,
    /// A digest that is not lowercase hexadecimal of the right length.
    Digest,
    /// A hash algorithm that is not in the registry.
    HashUnknown,
    /// A resource whose algorithm is not the statement's.
    HashDiffers,
    /// A serialization method that is not known.
    Method,
    /// A shard size that is missing, not whole or out of range.
    ShardSize,
    /// Shards that do not cover their file exactly once.
    Shards,
    /// The subject's digest is not the digest of the resources.
    Root,
}

/// The rules of the bundle format that can be broken, one code each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BundleRule {
    /// A member is missing, unknown or has the wrong type.
    Member,
    /// A media type that is not read.
    MediaType,
    /// Not exactly one signature.
    Signatures,
    /// A payload that is no in-toto statement.
    PayloadType,
    /// A signature over something else than a statement.
    Statement,
    /// Text that is not strict base64.
    Base64,
    /// Not exactly one way to say who signed, or too much of it.
    Material,
}

impl BundleRule {
    /// The code of an error that breaks it.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Member => "BUNDLE_MEMBER_INVALID",
            Self::MediaType => "BUNDLE_MEDIA_TYPE_UNKNOWN",
            Self::Signatures => "BUNDLE_SIGNATURES_INVALID",
            Self::PayloadType => "BUNDLE_PAYLOAD_TYPE_UNKNOWN",
            Self::Statement => "BUNDLE_STATEMENT_MISSING",
            Self::Base64 => "BUNDLE_BASE64_INVALID",
            Self::Material => "BUNDLE_MATERIAL_INVALID",
        }
    }
}

impl Rule {
    /// The code of an error that breaks it.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Member => "STATEMENT_MEMBER_INVALID",
            Self::Type => "STATEMENT_TYPE_UNKNOWN",
            Self::PredicateType => "PREDICATE_TYPE_UNKNOWN",
            Self::Legacy => "LEGACY_FORBIDDEN",
            Self::Subject => "SUBJECT_INVALID",
            Self::Empty => "RESOURCES_EMPTY",
            Self::TooMany => "RESOURCES_TOO_MANY",
            Self::Name => "RESOURCE_NAME_INVALID",
            Self::Duplicate => "RESOURCE_DUPLICATE",
            Self::Digest => "DIGEST_INVALID",
            Self::HashUnknown => "HASH_ALGORITHM_UNKNOWN",
            Self::HashDiffers => "HASH_ALGORITHM_DIFFERS",
            Self::Method => "SERIALIZATION_UNKNOWN",
            Self::ShardSize => "SHARD_SIZE_UNREADABLE",
            Self::Shards => "SHARDS_INCOMPLETE",
            Self::Root => "ROOT_DIGEST_MISMATCH",
        }
    }
}
