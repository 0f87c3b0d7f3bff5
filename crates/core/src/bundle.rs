// SPDX-License-Identifier: Apache-2.0
//! A Sigstore bundle of unknown origin: an envelope with one signature, and what says who made it. Unlike a statement
//! it is read to the letter: a member that is not known here could change what the others mean.

mod log_entry;
mod member;

use std::path::Path;

use crate::bundle_file::{self, MAX_LEN};
use crate::dsse;
use crate::error::{BundleRule, Result};
use crate::json::{Kind, Limits, Reader, excerpt};
use crate::statement::{self, Form};
pub use log_entry::{InclusionProof, LogEntry};
use member::{broken, decoded, decoded_within, each, only, required, unknown, wrong_kind};

const MEDIA_TYPES: [&str; 2] =
    ["application/vnd.dev.sigstore.bundle.v0.3+json", "application/vnd.dev.sigstore.bundle+json;version=0.3"];

/// Forms from before OMS, which only the Sigstore method was ever used with.
const OLD_MEDIA_TYPES: [&str; 2] =
    ["application/vnd.dev.sigstore.bundle+json;version=0.1", "application/vnd.dev.sigstore.bundle+json;version=0.2"];

/// What a bundle says. Nothing of it is authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// The media type.
    pub media_type: String,
    /// What says who signed.
    pub material: Material,
    /// What transparency logs say about it: the Sigstore method.
    pub log_entries: Vec<LogEntry>,
    /// RFC 3161 timestamp tokens.
    pub timestamps: Vec<Vec<u8>>,
    /// The raw signature.
    pub signature: Vec<u8>,
    /// The statement's bytes.
    pub payload: Vec<u8>,
    /// The form of the statement, by its predicateType alone.
    pub form: Form,
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
        Self::read(&bundle_file::read(path)?)
    }

    /// Reads a bundle, refusing whatever is not exactly known.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        Self::read_json(bytes).map_err(|error| error.in_document("bundle"))
    }

    fn read_json(bytes: &[u8]) -> Result<Self> {
        let mut json = Reader::new(bytes, Limits::default(), wrong_kind)?;
        let (mut media_type, mut verification, mut envelope) = (None, None, None);
        json.object(|json, member| {
            match member {
                "mediaType" => media_type = Some(json.string()?.into_owned()),
                "verificationMaterial" => verification = Some(Verification::read(json)?),
                "dsseEnvelope" => envelope = Some(Envelope::read(json)?),
                _ => return Err(unknown(json)),
            }
            Ok(())
        })?;
        json.end()?;
        let media_type = required(media_type, "mediaType")?;
        let Verification { material, log_entries, timestamps } = required(verification, "verificationMaterial")?;
        check_media_type(&media_type, &material, &log_entries)?;
        let Envelope { payload, signature } = required(envelope, "dsseEnvelope")?;
        let form = statement::form_of(&payload)?;
        Ok(Self { media_type, material, log_entries, timestamps, signature, payload, form })
    }

    /// The bytes that the signature covers. The wrong encoding of old releases is used for the old predicate and for
    /// nothing else.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        match self.form {
            Form::V1 => dsse::pae(dsse::IN_TOTO, &self.payload),
            Form::Legacy => dsse::legacy_pae(&self.payload),
        }
    }
}

fn check_media_type(found: &str, material: &Material, log_entries: &[LogEntry]) -> Result<()> {
    let is_old = OLD_MEDIA_TYPES.contains(&found);
    if MEDIA_TYPES.contains(&found) || (is_old && matches!(material, Material::Chain(_)) && !log_entries.is_empty()) {
        return Ok(());
    }
    let known =
        if is_old { "which only Sigstore bundles with a chain and log entries have" } else { "not a known one" };
    Err(broken(BundleRule::MediaType, "mediaType", format!("is '{}', {known}", excerpt(found))))
}

struct Verification {
    material: Material,
    log_entries: Vec<LogEntry>,
    timestamps: Vec<Vec<u8>>,
}

impl Verification {
    fn read(json: &mut Reader<'_>) -> Result<Self> {
        let (mut materials, mut log_entries, mut timestamps) = (Vec::new(), Vec::new(), Vec::new());
        json.object(|json, member| {
            match member {
                "publicKey" => materials.push(public_key(json)?),
                "x509CertificateChain" => materials.push(Material::Chain(chain(json)?)),
                "certificate" => materials.push(Material::Certificate(raw_bytes(json)?)),
                "tlogEntries" => each(json, |json| {
                    log_entries.push(LogEntry::read(json)?);
                    Ok(())
                })?,
                "timestampVerificationData" => timestamps = tokens(json)?,
                _ => return Err(unknown(json)),
            }
            Ok(())
        })?;
        let field = "verificationMaterial";
        match materials.pop() {
            Some(material) if materials.is_empty() => Ok(Self { material, log_entries, timestamps }),
            Some(_) => Err(broken(BundleRule::Material, field, "says in several ways who signed")),
            None => Err(broken(BundleRule::Material, field, "does not say who signed")),
        }
    }
}

fn public_key(json: &mut Reader<'_>) -> Result<Material> {
    let (mut hint, mut raw) = (None, None);
    json.object(|json, member| {
        match member {
            "hint" => hint = Some(json.string()?.into_owned()),
            "rawBytes" => raw = Some(decoded(json)?),
            "keyDetails" => json.skip()?,
            _ => return Err(unknown(json)),
        }
        Ok(())
    })?;
    let field = "verificationMaterial.publicKey";
    match (hint, raw) {
        (Some(hint), None) => Ok(Material::KeyHint(hint)),
        (None, Some(raw)) => match String::from_utf8(raw) {
            Ok(pem) => Ok(Material::KeyPem(pem)),
            Err(_) => Err(broken(BundleRule::Material, "verificationMaterial.publicKey.rawBytes", "is no PEM text")),
        },
        (None, None) => Ok(Material::KeyHint(String::new())),
        (Some(_), Some(_)) => Err(broken(BundleRule::Material, field, "has a hint and a key")),
    }
}

fn chain(json: &mut Reader<'_>) -> Result<Vec<Vec<u8>>> {
    let field = "verificationMaterial.x509CertificateChain.certificates";
    let certificates = only(json, "certificates", |json| {
        let mut found = Vec::new();
        each(json, |json| {
            found.push(raw_bytes(json)?);
            Ok(())
        })?;
        Ok(found)
    })?;
    required(Some(certificates).filter(|found| !found.is_empty()), field)
}

fn raw_bytes(json: &mut Reader<'_>) -> Result<Vec<u8>> {
    only(json, "rawBytes", decoded)
}

fn tokens(json: &mut Reader<'_>) -> Result<Vec<Vec<u8>>> {
    let mut tokens = Vec::new();
    json.object(|json, member| {
        if member != "rfc3161Timestamps" {
            return Err(unknown(json));
        }
        each(json, |json| {
            tokens.push(only(json, "signedTimestamp", decoded)?);
            Ok(())
        })
    })?;
    Ok(tokens)
}

struct Envelope {
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl Envelope {
    fn read(json: &mut Reader<'_>) -> Result<Self> {
        let (mut payload, mut payload_type, mut signatures) = (None, None, None);
        json.object(|json, member| {
            match member {
                "payload" => payload = Some(decoded_within(json, MAX_LEN)?),
                "payloadType" => payload_type = Some(json.string()?.into_owned()),
                "signatures" => {
                    let mut found = Vec::new();
                    json.array(|json, index| {
                        if index > 0 {
                            let reason = "has more than one entry";
                            return Err(broken(BundleRule::Signatures, "dsseEnvelope.signatures", reason));
                        }
                        found.push(signature(json)?);
                        Ok(())
                    })?;
                    signatures = Some(found);
                }
                _ => return Err(unknown(json)),
            }
            Ok(())
        })?;
        let payload_type = required(payload_type, "dsseEnvelope.payloadType")?;
        if payload_type != dsse::IN_TOTO {
            let reason = format!("is '{}', not '{}'", excerpt(&payload_type), dsse::IN_TOTO);
            return Err(broken(BundleRule::PayloadType, "dsseEnvelope.payloadType", reason));
        }
        let signature = required(signatures, "dsseEnvelope.signatures")?.pop();
        let none = || broken(BundleRule::Signatures, "dsseEnvelope.signatures", "has no entry");
        Ok(Self { payload: required(payload, "dsseEnvelope.payload")?, signature: signature.ok_or_else(none)? })
    }
}

fn signature(json: &mut Reader<'_>) -> Result<Vec<u8>> {
    let mut sig = None;
    json.object(|json, member| {
        match member {
            "sig" => sig = Some(decoded(json)?),
            // A name for the key that nothing depends on: absent, null, empty or any text.
            "keyid" if json.kind()? == Kind::Null => json.null()?,
            "keyid" => drop(json.string()?),
            _ => return Err(unknown(json)),
        }
        Ok(())
    })?;
    required(sig, "dsseEnvelope.signatures[0].sig")
}
