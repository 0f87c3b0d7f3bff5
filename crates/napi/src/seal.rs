// SPDX-License-Identifier: Apache-2.0
//! A bundle's seal, on its way to Node; and the bundles of which nothing else is wanted.

use model_signing_core as core;
use napi::bindgen_prelude::Buffer;
use napi_derive::napi;

use crate::log_entry::LogEntry;

/// A signature and what goes with it; nothing of it is authenticated. Exactly one of four members says who signed.
#[napi(object, object_from_js = false)]
pub struct Seal {
    /// The bundle's media type.
    pub media_type: String,
    /// The hint to a key.
    pub key_hint: Option<String>,
    /// A key as PEM text.
    pub key_pem: Option<String>,
    /// A chain of certificates.
    pub certificate_chain: Option<Vec<Buffer>>,
    /// One certificate.
    pub certificate: Option<Buffer>,
    /// What transparency logs say about it.
    pub log_entries: Vec<LogEntry>,
    /// RFC 3161 timestamp tokens.
    pub timestamps: Vec<Buffer>,
    /// The raw signature.
    pub signature: Buffer,
}

/// A bundle about anything but a model. Without a payload it is about bytes that are elsewhere.
#[napi(object, object_from_js = false)]
pub struct ArtifactBundle {
    /// The signature and what goes with it.
    pub seal: Seal,
    /// An in-toto statement of any kind.
    pub payload: Option<Buffer>,
    /// What the bundle says is the digest of the bytes.
    pub message_digest: Option<MessageDigest>,
}

/// A digest, and the name of its algorithm.
#[napi(object, object_from_js = false)]
pub struct MessageDigest {
    /// The name, like `SHA2_256`.
    pub algorithm: String,
    /// The digest.
    pub value: Buffer,
}

impl From<&core::Seal> for Seal {
    fn from(seal: &core::Seal) -> Self {
        let buffers = |all: &[Vec<u8>]| all.iter().map(|der| der.clone().into()).collect();
        let (mut key_hint, mut key_pem, mut certificate_chain, mut certificate) = (None, None, None, None);
        match &seal.material {
            core::Material::KeyHint(hint) => key_hint = Some(hint.clone()),
            core::Material::KeyPem(pem) => key_pem = Some(pem.clone()),
            core::Material::Chain(chain) => certificate_chain = Some(buffers(chain)),
            core::Material::Certificate(der) => certificate = Some(der.clone().into()),
        }
        Self {
            media_type: seal.media_type.clone(),
            key_hint,
            key_pem,
            certificate_chain,
            certificate,
            log_entries: seal.log_entries.iter().map(LogEntry::from).collect(),
            timestamps: buffers(&seal.timestamps),
            signature: seal.signature.clone().into(),
        }
    }
}

impl From<core::ArtifactBundle> for ArtifactBundle {
    fn from(core::ArtifactBundle { seal, content }: core::ArtifactBundle) -> Self {
        let (payload, message_digest) = match content {
            core::Content::Statement(envelope) => (Some(envelope.payload().into()), None),
            core::Content::Message(digest) => (None, digest),
        };
        let message_digest = message_digest
            .map(|core::MessageDigest { algorithm, value }| MessageDigest { algorithm, value: value.into() });
        Self { seal: Seal::from(&seal), payload, message_digest }
    }
}
