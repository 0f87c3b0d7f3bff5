// SPDX-License-Identifier: Apache-2.0
//! The v0.1 predicate of 2024: the files are the subjects, the predicate says nothing, no root digest is signed.

use super::outline::{Outline, go_to};
use super::resource::{self, Subject};
use super::{Form, Statement, broken, layout};
use crate::digest::Algorithm;
use crate::error::{Result, Rule};
use crate::json::{Reader, excerpt};
use crate::manifest::{Manifest, Method, Serialization};
use crate::resources::{Resource, Resources};

/// The one meaning of a subject's digest that is read. Others stood under `sha256` too.
const FILE_SHA256: &str = "file-sha256";

/// Reads a legacy statement.
pub(super) fn read(json: &mut Reader<'_>, outline: &Outline) -> Result<Statement> {
    go_to(json, outline.subject.as_ref(), "subject")?;
    let mut files = Resources::new(Algorithm::Sha256);
    json.array(|json, index| {
        resource::check_count(index, "subject")?;
        files.push(&file(json)?);
        Ok(())
    })?;
    layout::check(&files, Method::Files, "subject")?;
    let single_file_dot = layout::is_dot(&files);
    let (method, algorithm) = (Method::Files, Algorithm::Sha256);
    let serialization = Serialization { method, algorithm, allow_symlinks: false, ignore_paths: Vec::new() };
    let manifest = Manifest::listed(String::new(), serialization, files, None)?;
    Ok(Statement { manifest, form: Form::Legacy, single_file_dot, unknown_members: Vec::new() })
}

fn file<'a>(json: &mut Reader<'a>) -> Result<Resource<'a>> {
    let subject = Subject::read(json)?;
    let field = |member: &str| format!("{}.{member}", json.field());
    let missing = |member: &str| broken(Rule::Subject, field(member), "is missing");
    let name = subject.name.ok_or_else(|| missing("name"))?;
    let hex = subject.sha256.ok_or_else(|| missing("digest.sha256"))?;
    let label = subject.actual_hash_algorithm.ok_or_else(|| missing("annotations.actual_hash_algorithm"))?;
    if label != FILE_SHA256 {
        let reason = format!("is '{}', not '{FILE_SHA256}'", excerpt(&label));
        return Err(broken(Rule::HashDiffers, field("annotations.actual_hash_algorithm"), reason));
    }
    let digest = resource::digest(Algorithm::Sha256, &hex, || field("digest.sha256"))?;
    resource::named(name, Method::Files, digest).map_err(|reason| broken(Rule::Name, field("name"), reason))
}
