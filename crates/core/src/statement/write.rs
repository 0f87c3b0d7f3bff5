// SPDX-License-Identifier: Apache-2.0
//! A manifest as the canonical bytes that are signed (RFC 8785: members sorted, no white space).

use super::{DOT, Dialect, PREDICATE_TYPE, STATEMENT_TYPE};
use crate::json::push_string;
use crate::manifest::{Manifest, Method, Serialization};
use crate::resources::Resource;

/// Writes the statement of a model, as the specification says.
#[must_use]
pub fn write(manifest: &Manifest) -> Vec<u8> {
    write_as(manifest, Dialect::Specification)
}

/// Writes the statement of a model for readers of a dialect.
#[must_use]
pub fn write_as(manifest: &Manifest, dialect: Dialect) -> Vec<u8> {
    let mut out = String::new();
    append(&mut out, manifest, dialect);
    out.into_bytes()
}

/// Writes the same behind what is there already.
pub(crate) fn append(out: &mut String, manifest: &Manifest, dialect: Dialect) {
    out.reserve(expected_len(manifest));
    out.push_str("{\"_type\":");
    push_string(out, STATEMENT_TYPE);
    out.push_str(",\"predicate\":{\"resources\":[");
    push_resources(out, manifest, dialect);
    out.push_str("],\"serialization\":{");
    push_serialization(out, manifest.serialization());
    out.push_str("}},\"predicateType\":");
    push_string(out, PREDICATE_TYPE);
    out.push_str(",\"subject\":[{\"digest\":{\"sha256\":\"");
    manifest.root().push_hex(out);
    out.push_str("\"},\"name\":");
    push_string(out, manifest.model_name());
    out.push_str("}]}");
}

/// Room for a statement without escapes; with a few the buffer grows once.
pub(crate) fn expected_len(manifest: &Manifest) -> usize {
    const FRAME: usize = 512;
    const PER_RESOURCE: usize = r#"{"algorithm":"blake2b","digest":"","name":""},"#.len();
    const SHARD_LABEL: usize = "-sharded-9223372036854775807".len();
    let serialization = manifest.serialization();
    let label = if serialization.method == Method::Files { 0 } else { SHARD_LABEL };
    let each = PER_RESOURCE + label + 2 * serialization.algorithm.digest_len();
    let resources = manifest.resources().names().map(|name| each + name.len()).sum::<usize>();
    let ignored = serialization.ignore_paths.iter().map(|path| path.len() + 3).sum::<usize>();
    FRAME + manifest.model_name().len() + resources + ignored
}

fn push_resources(out: &mut String, manifest: &Manifest, dialect: Dialect) {
    let label = label(manifest.serialization(), dialect);
    let single_file = dialect == Dialect::Python { single_file: true };
    for (index, resource) in manifest.resources().iter().enumerate() {
        out.push_str(if index == 0 { "{\"algorithm\":\"" } else { ",{\"algorithm\":\"" });
        out.push_str(&label);
        out.push_str("\",\"digest\":\"");
        resource.digest().push_hex(out);
        out.push_str("\",\"name\":");
        if single_file {
            push_string(out, &dotted(&resource));
        } else {
            push_string(out, resource.name());
        }
        out.push('}');
    }
}

fn label(serialization: &Serialization, dialect: Dialect) -> String {
    let hash = serialization.algorithm.name();
    match (serialization.method, dialect) {
        (Method::Shards { size }, Dialect::Python { .. }) => format!("{hash}-sharded-{size}"),
        _ => hash.into(),
    }
}

fn dotted(resource: &Resource<'_>) -> String {
    [DOT, &resource.name()[resource.path().len()..]].concat()
}

fn push_serialization(out: &mut String, serialization: &Serialization) {
    out.push_str("\"allow_symlinks\":");
    out.push_str(if serialization.allow_symlinks { "true" } else { "false" });
    out.push_str(",\"hash_type\":\"");
    out.push_str(serialization.algorithm.name());
    out.push_str("\",\"ignore_paths\":[");
    let mut ignored: Vec<_> = serialization.ignore_paths.iter().collect();
    ignored.sort_unstable();
    for (index, path) in ignored.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push_string(out, path);
    }
    out.push_str("],\"method\":\"");
    out.push_str(serialization.method.name());
    out.push('"');
    if let Method::Shards { size } = serialization.method {
        out.push_str(",\"shard_size\":");
        out.push_str(&size.to_string());
    }
}
