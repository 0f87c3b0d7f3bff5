// SPDX-License-Identifier: Apache-2.0
//! A Sigstore bundle of unknown origin: what was signed, and the seal on it. Unlike a statement it is read to the
//! letter: a member that is not known here could change what the others mean. A model is vouched for by a statement in
//! an envelope and by nothing else; what else bundles can hold, only an [`ArtifactBundle`] has.

mod content;
mod log_entry;
mod member;
mod seal;

use std::borrow::Cow;
use std::path::Path;

use crate::bundle_file;
use crate::dsse::{self, Message};
use crate::error::{BundleRule, Result};
use crate::json::{Limits, Reader};
use crate::statement::{self, Form};
pub use content::MessageDigest;
use content::{Envelope, MessageSignature, Payload};
pub use log_entry::{InclusionProof, LogEntry};
use member::{broken, required, unknown, wrong_kind};
pub use seal::Seal;
use seal::Verification;

/// What a bundle about a model says. Nothing of it is authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// The signature and what goes with it.
    pub seal: Seal,
    /// The statement, behind the encoding that statements are signed in.
    pub envelope: Message,
    /// The form of the statement, by its predicateType alone.
    pub form: Form,
}

/// What a bundle about anything says: for suites that test how bundles are read, never for models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactBundle {
    /// The signature and what goes with it.
    pub seal: Seal,
    /// What was signed.
    pub content: Content,
}

/// What was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// An in-toto statement of any kind, in its envelope.
    Statement(Message),
    /// Bare bytes, which are elsewhere.
    Message(Option<MessageDigest>),
}

/// What says who signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Material {
    /// A key that the verifier has beforehand, by a hint to it.
    KeyHint(String),
    /// A key, as PEM text; of releases before 1.1 of the Python tool.
    KeyPem(String),
    /// Certificates in DER, leaf first.
    Chain(Vec<Vec<u8>>),
    /// One certificate in DER: the Sigstore method.
    Certificate(Vec<u8>),
}

impl Bundle {
    /// Reads a bundle from a regular file, which it opens without waiting and never reads past its limit.
    pub fn open(path: &Path) -> Result<Self> {
        Self::read(bundle_file::read(path)?)
    }

    /// Reads a bundle, refusing whatever is not exactly known. Of bytes that are its own the payload is decoded in place.
    pub fn read(bytes: impl Into<Vec<u8>>) -> Result<Self> {
        let ArtifactBundle { seal, content } = ArtifactBundle::read(bytes)?;
        let Content::Statement(envelope) = content else {
            let reason = "signs bare bytes, where only a statement vouches for a model";
            return Err(broken(BundleRule::Statement, "messageSignature", reason));
        };
        let form = statement::form_of(envelope.payload())?;
        Ok(Self { seal, envelope, form })
    }

    /// The bytes that the signature covers. The wrong encoding of old releases is used for the old predicate and for
    /// nothing else.
    #[must_use]
    pub fn message(&self) -> Cow<'_, [u8]> {
        match self.form {
            Form::V1 => self.envelope.as_bytes().into(),
            Form::Legacy => dsse::legacy_pae(self.envelope.payload()).into(),
        }
    }
}

impl ArtifactBundle {
    /// Reads a bundle from a file, as [`Bundle::open`] does.
    pub fn open(path: &Path) -> Result<Self> {
        Self::read(bundle_file::read(path)?)
    }

    /// Reads a bundle as strictly as [`Bundle::read`] does, whatever was signed.
    pub fn read(bytes: impl Into<Vec<u8>>) -> Result<Self> {
        let bytes = bytes.into();
        bundle_file::check_len(&bytes)?;
        let (seal, content) = read_json(&bytes).map_err(|error| error.in_document("bundle"))?;
        let content = match content {
            Encoded::Statement(payload) => Content::Statement(payload.decode(bytes)?),
            Encoded::Message(digest) => Content::Message(digest),
        };
        Ok(Self { seal, content })
    }
}

/// What was signed, as it stands in the text.
enum Encoded {
    Statement(Payload),
    Message(Option<MessageDigest>),
}

fn read_json(bytes: &[u8]) -> Result<(Seal, Encoded)> {
    let mut json = Reader::new(bytes, Limits::default(), wrong_kind)?;
    let (mut media_type, mut verification, mut envelope, mut message) = (None, None, None, None);
    json.object(|json, member| {
        match member {
            "mediaType" => media_type = Some(json.string()?.into_owned()),
            "verificationMaterial" => verification = Some(Verification::read(json)?),
            "dsseEnvelope" => envelope = Some(Envelope::read(json)?),
            "messageSignature" => message = Some(MessageSignature::read(json)?),
            _ => return Err(unknown(json)),
        }
        Ok(())
    })?;
    json.end()?;
    let media_type = required(media_type, "mediaType")?;
    let verification = required(verification, "verificationMaterial")?;
    let (content, signature) = match (envelope, message) {
        (Some(Envelope { payload, signature }), None) => (Encoded::Statement(payload), signature),
        (None, Some(MessageSignature { digest, signature })) => (Encoded::Message(digest), signature),
        (Some(_), Some(_)) => return Err(broken(BundleRule::Member, "messageSignature", "beside an envelope")),
        (None, None) => return Err(broken(BundleRule::Member, "dsseEnvelope", "is missing")),
    };
    Ok((Seal::new(media_type, verification, signature)?, content))
}
