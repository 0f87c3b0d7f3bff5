// SPDX-License-Identifier: Apache-2.0
//! Members of a bundle: what every one of them has to keep, and the errors that name the one that does not.

use crate::base64;
use crate::bundle_file::MAX_LEN;
use crate::error::{BundleRule, Error, Result};
use crate::json::Reader;

/// The most certificates, log entries, timestamps and hashes of a proof that are looked at.
const MOST: [(&str, usize); 4] =
    [("certificates", 16), ("tlogEntries", 32), ("rfc3161Timestamps", 32), ("inclusionProof.hashes", 64)];

/// The longest key, certificate, signature or timestamp, in base64. Only payloads are long, and who parses the others
/// spends many times their size.
const MAX_MATERIAL: usize = 1 << 20;

/// Reads an object that has this member and no other.
pub(super) fn only<'a, T>(json: &mut Reader<'a>, name: &str, read: impl Fn(&mut Reader<'a>) -> Result<T>) -> Result<T> {
    let field = json.field();
    let mut value = None;
    json.object(|json, member| {
        if member != name {
            return Err(unknown(json));
        }
        value = Some(read(json)?);
        Ok(())
    })?;
    required(value, &format!("{field}.{name}"))
}

/// Reads an array of a bounded number of elements.
pub(super) fn each<'a>(json: &mut Reader<'a>, mut element: impl FnMut(&mut Reader<'a>) -> Result<()>) -> Result<()> {
    let field = json.field();
    let most = MOST.iter().find(|(name, _)| field.ends_with(name)).map_or(0, |(_, most)| *most);
    json.array(|json, index| {
        if index >= most {
            return Err(broken(BundleRule::Material, &field, format!("has more than {most} entries")));
        }
        element(json)
    })
}

pub(super) fn decoded(json: &mut Reader<'_>) -> Result<Vec<u8>> {
    let field = json.field();
    let text = json.string_within(MAX_LEN)?;
    if text.len() > MAX_MATERIAL {
        return Err(broken(BundleRule::Member, &field, format!("is longer than {MAX_MATERIAL} bytes")));
    }
    base64::decode(text.as_bytes()).map_err(|reason| broken(BundleRule::Base64, &field, reason))
}

pub(super) fn required<T>(value: Option<T>, field: &str) -> Result<T> {
    value.ok_or_else(|| broken(BundleRule::Member, field, "is missing"))
}

pub(super) fn unknown(json: &Reader<'_>) -> Error {
    broken(BundleRule::Member, &json.field(), "is no member of a bundle")
}

pub(super) fn wrong_kind(field: String, reason: String) -> Error {
    Error::BundleInvalid { rule: BundleRule::Member, field, reason }
}

pub(super) fn broken(rule: BundleRule, field: &str, reason: impl Into<String>) -> Error {
    Error::BundleInvalid { rule, field: field.into(), reason: reason.into() }
}
