// SPDX-License-Identifier: Apache-2.0
//! Everything in a bundle but what was signed: the signature, what says who made it, and who witnessed that.

use super::Material;
use super::log_entry::LogEntry;
use super::member::{broken, decoded, each, only, required, unknown};
use crate::error::{BundleRule, Result};
use crate::json::{Reader, excerpt};

const MEDIA_TYPES: [&str; 2] =
    ["application/vnd.dev.sigstore.bundle.v0.3+json", "application/vnd.dev.sigstore.bundle+json;version=0.3"];

/// Forms from before OMS, which only the Sigstore method was ever used with.
const OLD_MEDIA_TYPES: [&str; 2] =
    ["application/vnd.dev.sigstore.bundle+json;version=0.1", "application/vnd.dev.sigstore.bundle+json;version=0.2"];

/// A signature and what goes with it. Nothing of it is authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// The bundle's media type.
    pub media_type: String,
    /// What says who signed.
    pub material: Material,
    /// What transparency logs say about it: the Sigstore method.
    pub log_entries: Vec<LogEntry>,
    /// RFC 3161 timestamp tokens.
    pub timestamps: Vec<Vec<u8>>,
    /// The raw signature.
    pub signature: Vec<u8>,
}

impl Seal {
    /// Puts the parts together, which have to go with each other.
    pub(super) fn new(media_type: String, verification: Verification, signature: Vec<u8>) -> Result<Self> {
        let Verification { material, log_entries, timestamps } = verification;
        check_media_type(&media_type, &material, &log_entries)?;
        Ok(Self { media_type, material, log_entries, timestamps, signature })
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

/// What stands under `verificationMaterial`.
pub(super) struct Verification {
    material: Material,
    log_entries: Vec<LogEntry>,
    timestamps: Vec<Vec<u8>>,
}

impl Verification {
    pub(super) fn read(json: &mut Reader<'_>) -> Result<Self> {
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
