// SPDX-License-Identifier: Apache-2.0
//! One entry of a statement's lists: a resource of the predicate, or a subject.

use std::borrow::Cow;

use super::{DOT, broken};
use crate::digest::{Algorithm, Digest};
use crate::error::{Result, Rule};
use crate::json::{Kind, Reader, excerpt};
use crate::manifest::{MAX_RESOURCES, Method, Serialization};
use crate::path::flaw;
use crate::resources::Resource;

/// The values of `algorithm` that fit a serialization.
pub(super) struct Labels {
    plain: &'static str,
    sharded: Option<String>,
}

impl Labels {
    pub(super) fn of(serialization: &Serialization) -> Self {
        let plain = serialization.algorithm.name();
        let sharded = match serialization.method {
            Method::Files => None,
            Method::Shards { size } => Some(format!("{plain}-sharded-{size}")),
        };
        Self { plain, sharded }
    }

    fn fit(&self, label: &str) -> bool {
        label == self.plain || self.sharded.as_deref() == Some(label)
    }
}

/// Reads a resource of a v1.0 predicate.
pub(super) fn read<'a>(json: &mut Reader<'a>, serialization: &Serialization, labels: &Labels) -> Result<Resource<'a>> {
    let (mut name, mut hex, mut label) = (None, None, None);
    json.object(|json, member| {
        match member {
            "name" => name = Some(json.string()?),
            "digest" => hex = Some(json.string()?),
            "algorithm" => label = Some(json.string()?),
            _ => json.skip()?,
        }
        Ok(())
    })?;
    let field = |member: &str| format!("{}.{member}", json.field());
    let missing = |member: &str| broken(Rule::Member, field(member), "is missing");
    let name = name.ok_or_else(|| missing("name"))?;
    let hex = hex.ok_or_else(|| missing("digest"))?;
    let label = label.ok_or_else(|| missing("algorithm"))?;
    if !labels.fit(&label) {
        let reason = format!("is '{}', not '{}' as hash_type says", excerpt(&label), labels.plain);
        return Err(broken(Rule::HashDiffers, field("algorithm"), reason));
    }
    let digest = digest(serialization.algorithm, &hex, || field("digest"))?;
    named(name, serialization.method, digest).map_err(|reason| broken(Rule::Name, field("name"), reason))
}

/// A subject: the model in a v1.0 statement, a file in a legacy one.
#[derive(Default)]
pub(super) struct Subject<'a> {
    pub(super) name: Option<Cow<'a, str>>,
    pub(super) sha256: Option<Cow<'a, str>>,
    pub(super) actual_hash_algorithm: Option<Cow<'a, str>>,
}

impl<'a> Subject<'a> {
    pub(super) fn read(json: &mut Reader<'a>) -> Result<Self> {
        let mut subject = Self::default();
        json.object(|json, member| match member {
            "name" => {
                subject.name = Some(json.string()?);
                Ok(())
            }
            "digest" => json.object(|json, member| match member {
                "sha256" => {
                    subject.sha256 = Some(json.string()?);
                    Ok(())
                }
                _ => json.skip(),
            }),
            "annotations" => subject.annotations(json),
            _ => json.skip(),
        })?;
        Ok(subject)
    }

    /// Annotations mean nothing in v1.0, so of whatever kind they are, only what legacy statements need is picked.
    fn annotations(&mut self, json: &mut Reader<'a>) -> Result<()> {
        if json.kind()? != Kind::Object {
            return json.skip();
        }
        json.object(|json, member| {
            if member == "actual_hash_algorithm" && json.kind()? == Kind::String {
                self.actual_hash_algorithm = Some(json.string()?);
                return Ok(());
            }
            json.skip()
        })
    }
}

/// Reads a digest in lowercase hexadecimal.
pub(super) fn digest(algorithm: Algorithm, hex: &str, field: impl FnOnce() -> String) -> Result<Digest> {
    Digest::from_hex(algorithm, hex).ok_or_else(|| {
        let reason = format!("is '{}', not {} lowercase hexadecimal digits", excerpt(hex), 2 * algorithm.digest_len());
        broken(Rule::Digest, field(), reason)
    })
}

/// Makes a resource of a name and a digest; the error ends a sentence about the name.
pub(super) fn named(name: Cow<'_, str>, method: Method, digest: Digest) -> Result<Resource<'_>, String> {
    let path_len = match method {
        Method::Files => name.len(),
        Method::Shards { .. } => shard(&name)
            .map(str::len)
            .ok_or_else(|| format!("'{}' is not of the form path:start:end", excerpt(&name)))?,
    };
    match flaw(&name[..path_len]).filter(|_| &name[..path_len] != DOT) {
        Some(reason) => Err(format!("'{}' {reason}", excerpt(&name))),
        None => Ok(Resource::checked(name, path_len, digest)),
    }
}

/// The path in a shard's name, which ends at the last but one colon; the path may have more.
fn shard(name: &str) -> Option<&str> {
    let (rest, end) = name.rsplit_once(':')?;
    let (path, start) = rest.rsplit_once(':')?;
    (is_decimal(start) && is_decimal(end)).then_some(path)
}

/// Whether this is a number from 0 to 2^63-1 in its one canonical spelling.
fn is_decimal(text: &str) -> bool {
    let canonical =
        text == "0" || matches!(text.as_bytes(), [b'1'..=b'9', rest @ ..] if rest.iter().all(u8::is_ascii_digit));
    canonical && text.parse::<i64>().is_ok()
}

/// Stops at the entry that is one too many, before it is kept.
pub(super) fn check_count(index: usize, list: &str) -> Result<()> {
    if index < MAX_RESOURCES {
        return Ok(());
    }
    Err(broken(Rule::TooMany, list, format!("lists more than {MAX_RESOURCES} entries")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_that_is_one_too_many_is_refused() {
        assert!(check_count(MAX_RESOURCES - 1, "subject").is_ok());
        let error = check_count(MAX_RESOURCES, "subject").unwrap_err();
        assert_eq!(error.code(), "RESOURCES_TOO_MANY");
        assert_eq!(error.to_string(), "statement: subject: lists more than 10000000 entries");
    }
}
