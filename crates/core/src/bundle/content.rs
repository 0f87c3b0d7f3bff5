// SPDX-License-Identifier: Apache-2.0
//! What a bundle holds beside its seal: an envelope with a statement and one signature, or one over bare bytes.

use std::borrow::Cow;
use std::ops::Range;

use super::member::{broken, decoded, required, unknown};
use crate::base64;
use crate::bundle_file::MAX_LEN;
use crate::dsse::{self, Message};
use crate::error::{BundleRule, Result};
use crate::json::{Kind, Reader, excerpt};

/// A digest of what was signed, as a bundle says it: a name for it, and no proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageDigest {
    /// The algorithm's name, like `SHA2_256`.
    pub algorithm: String,
    /// The digest.
    pub value: Vec<u8>,
}

/// A signature over bare bytes, which are elsewhere.
pub(super) struct MessageSignature {
    pub(super) digest: Option<MessageDigest>,
    pub(super) signature: Vec<u8>,
}

impl MessageSignature {
    pub(super) fn read(json: &mut Reader<'_>) -> Result<Self> {
        let (mut digest, mut signature) = (None, None);
        json.object(|json, member| {
            match member {
                "messageDigest" => digest = Some(MessageDigest::read(json)?),
                "signature" => signature = Some(decoded(json)?),
                _ => return Err(unknown(json)),
            }
            Ok(())
        })?;
        Ok(Self { digest, signature: required(signature, "messageSignature.signature")? })
    }
}

impl MessageDigest {
    fn read(json: &mut Reader<'_>) -> Result<Self> {
        let field = json.field();
        let (mut algorithm, mut value) = (None, None);
        json.object(|json, member| {
            match member {
                "algorithm" => algorithm = Some(json.string()?.into_owned()),
                "digest" => value = Some(decoded(json)?),
                _ => return Err(unknown(json)),
            }
            Ok(())
        })?;
        let algorithm = required(algorithm, &format!("{field}.algorithm"))?;
        Ok(Self { algorithm, value: required(value, &format!("{field}.digest"))? })
    }
}

/// A DSSE envelope.
pub(super) struct Envelope {
    pub(super) payload: Payload,
    pub(super) signature: Vec<u8>,
}

/// A payload in base64: where in the bundle's text it stands, or by itself, if somebody wrote it with escapes.
pub(super) enum Payload {
    Within(Range<usize>),
    Apart(String),
}

impl Payload {
    fn read(json: &mut Reader<'_>) -> Result<Self> {
        Ok(match json.string_within(MAX_LEN)? {
            Cow::Borrowed(text) => {
                let end = json.position() - 1;
                Self::Within(end - text.len()..end)
            }
            Cow::Owned(text) => Self::Apart(text),
        })
    }

    /// Decodes in place, so that text and payload are never there both.
    pub(super) fn decode(self, bundle: Vec<u8>) -> Result<Message> {
        let (mut bytes, place) = match self {
            Self::Within(place) => (bundle, place),
            Self::Apart(text) => {
                let place = 0..text.len();
                (text.into_bytes(), place)
            }
        };
        let decoded = base64::decode_in_place(&mut bytes[place.clone()]);
        let len = decoded.map_err(|reason| broken(BundleRule::Base64, "dsseEnvelope.payload", reason))?;
        bytes.truncate(place.start + len);
        Ok(Message::behind(place.start, bytes))
    }
}

impl Envelope {
    pub(super) fn read(json: &mut Reader<'_>) -> Result<Self> {
        let (mut payload, mut payload_type, mut signatures) = (None, None, None);
        json.object(|json, member| {
            match member {
                "payload" => payload = Some(Payload::read(json)?),
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
