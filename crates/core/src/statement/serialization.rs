// SPDX-License-Identifier: Apache-2.0
//! The recipe in a statement (OMS section 6.2): how its resources were found, cut and hashed.

use super::broken;
use super::outline::{Outline, go_to};
use crate::digest::Algorithm;
use crate::error::{Error, Result, Rule};
use crate::json::{Number, Reader, excerpt};
use crate::manifest::{Method, Serialization};

/// The most paths that are read from `ignore_paths`: a bound on what a few bytes of text each can make us keep.
const MAX_IGNORE_PATHS: usize = 250_000;

/// Reads the serialization; all of it has to be there, but for the paths that were ignored.
pub(super) fn read(json: &mut Reader<'_>, outline: &mut Outline) -> Result<Serialization> {
    let place = outline.serialization.take();
    go_to(json, place.as_ref(), &field(""))?;
    let (mut method_name, mut hash_type, mut allow_symlinks) = (None, None, None);
    let (mut shard_size, mut ignore_paths) = (None, Vec::new());
    json.object(|json, member| {
        match member {
            "method" => method_name = Some(json.string()?),
            "hash_type" => hash_type = Some(json.string()?),
            "allow_symlinks" => allow_symlinks = Some(json.bool()?),
            "shard_size" => shard_size = Some(json.number()?),
            "ignore_paths" => ignore_paths = strings(json)?,
            _ => outline.pass_over(json)?,
        }
        Ok(())
    })?;
    let method = method(&method_name.ok_or_else(|| missing(".method"))?, shard_size)?;
    Ok(Serialization {
        method,
        algorithm: algorithm(&hash_type.ok_or_else(|| missing(".hash_type"))?, method)?,
        allow_symlinks: allow_symlinks.ok_or_else(|| missing(".allow_symlinks"))?,
        ignore_paths,
    })
}

fn strings(json: &mut Reader<'_>) -> Result<Vec<String>> {
    let mut strings = Vec::new();
    json.array(|json, index| {
        if index >= MAX_IGNORE_PATHS {
            return Err(json.refuse(format!("is one of more than {MAX_IGNORE_PATHS}")));
        }
        strings.push(json.string()?.into_owned());
        Ok(())
    })?;
    Ok(strings)
}

fn method(name: &str, shard_size: Option<Number<'_>>) -> Result<Method> {
    let refuse_size = |reason: &str| Err(broken(Rule::ShardSize, field(".shard_size"), reason));
    match (name, shard_size) {
        ("files", None) => Ok(Method::Files),
        ("files", Some(_)) => refuse_size("stands beside the method 'files'"),
        ("shards", None) => refuse_size("is missing"),
        ("shards", Some(number)) => match number.as_u64() {
            None | Some(0) => {
                refuse_size(&format!("is {}, not a whole number from 1 to 2^63-1", excerpt(number.as_str())))
            }
            Some(size) => Ok(Method::Shards { size }),
        },
        _ => Err(broken(Rule::Method, field(".method"), format!("is '{}', not files or shards", excerpt(name)))),
    }
}

/// The first release that signed shards has their label here, too: `sha256-sharded-10` beside a `shard_size` of 10.
fn algorithm(name: &str, method: Method) -> Result<Algorithm> {
    let plain = match method {
        Method::Files => name,
        Method::Shards { size } => name.strip_suffix(&format!("-sharded-{size}")).unwrap_or(name),
    };
    plain.parse().map_err(|_| {
        let reason = format!("is '{}', not sha256, blake2b or blake3", excerpt(name));
        broken(Rule::HashUnknown, field(".hash_type"), reason)
    })
}

fn missing(member: &str) -> Error {
    broken(Rule::Member, field(member), "is missing")
}

fn field(member: &str) -> String {
    format!("predicate.serialization{member}")
}
