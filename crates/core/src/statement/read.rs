// SPDX-License-Identifier: Apache-2.0
//! A statement of unknown origin, judged rule by rule: what a manifest is made of passed them all.

use super::outline::{Outline, go_to, text_at};
use super::resource::{self, Labels};
use super::{Form, LEGACY_PREDICATE_TYPE, PREDICATE_TYPE, ReadOptions, STATEMENT_TYPE, Statement};
use super::{broken, layout, legacy, serialization, wrong_kind};
use crate::digest::{Algorithm, Digest};
use crate::error::{Result, Rule};
use crate::json::{Kind, Limits, Mark, Reader, excerpt};
use crate::manifest::{Manifest, Serialization};
use crate::path::MAX_LEN;
use crate::resources::Resources;

/// Reads a statement, refusing whatever breaks a rule of the format.
pub fn read(payload: &[u8], options: &ReadOptions) -> Result<Statement> {
    let (mut json, outline) = open(payload)?;
    check_type(&mut json, &outline)?;
    match form(&mut json, &outline)? {
        Form::V1 => read_v1(&mut json, outline),
        Form::Legacy if options.allow_legacy => legacy::read(&mut json, &outline),
        Form::Legacy => Err(broken(Rule::Legacy, "predicateType", "is of before the specification, and not allowed")),
    }
}

/// Which form a payload claims to have. It has to be known before the signature is checked, since the old form was
/// signed in another encoding; everything else about a statement is judged afterwards.
pub fn form_of(payload: &[u8]) -> Result<Form> {
    let (mut json, outline) = open(payload)?;
    form(&mut json, &outline)
}

/// Reads the whole text once: whatever is no JSON in it is found here.
fn open(payload: &[u8]) -> Result<(Reader<'_>, Outline)> {
    let outlined = Reader::new(payload, Limits::default(), wrong_kind).and_then(|mut json| {
        let outline = Outline::of(&mut json)?;
        Ok((json, outline))
    });
    outlined.map_err(|error| error.in_document("statement"))
}

fn check_type(json: &mut Reader<'_>, outline: &Outline) -> Result<()> {
    let found = text_at(json, outline.statement_type.as_ref(), "_type")?;
    if found == STATEMENT_TYPE {
        return Ok(());
    }
    Err(broken(Rule::Type, "_type", format!("is '{}', not '{STATEMENT_TYPE}'", excerpt(&found))))
}

fn form(json: &mut Reader<'_>, outline: &Outline) -> Result<Form> {
    let found = text_at(json, outline.predicate_type.as_ref(), "predicateType")?;
    match &*found {
        PREDICATE_TYPE => Ok(Form::V1),
        LEGACY_PREDICATE_TYPE => Ok(Form::Legacy),
        _ => {
            let reason = format!("is '{}', not '{PREDICATE_TYPE}'", excerpt(&found));
            Err(broken(Rule::PredicateType, "predicateType", reason))
        }
    }
}

fn read_v1(json: &mut Reader<'_>, mut outline: Outline) -> Result<Statement> {
    let (model_name, root) = subject(json, outline.subject.as_ref())?;
    go_to(json, outline.predicate.as_ref(), "predicate")?;
    json.want(Kind::Object)?;
    let serialization = serialization::read(json, &mut outline)?;
    let resources = resources(json, outline.resources.as_ref(), &serialization)?;
    layout::check(&resources, serialization.method, "predicate.resources")?;
    let single_file_dot = layout::is_dot(&resources);
    let manifest = Manifest::listed(model_name, serialization, resources, Some(root))?;
    Ok(Statement { manifest, form: Form::V1, single_file_dot, unknown_members: outline.unknown })
}

/// The one subject: the model's name and root digest.
fn subject(json: &mut Reader<'_>, place: Option<&Mark>) -> Result<(String, Digest)> {
    go_to(json, place, "subject")?;
    let (mut subject, mut count) = (resource::Subject::default(), 0);
    json.array(|json, index| {
        count += 1;
        if index == 0 {
            subject = resource::Subject::read(json)?;
            return Ok(());
        }
        json.skip()
    })?;
    if count != 1 {
        return Err(broken(Rule::Subject, "subject", format!("has {count} entries, not one")));
    }
    let name = subject.name.filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| broken(Rule::Subject, "subject[0].name", "is missing or empty"))?;
    if name.len() > MAX_LEN {
        return Err(broken(Rule::Subject, "subject[0].name", format!("is longer than {MAX_LEN} bytes")));
    }
    let hex = subject.sha256.ok_or_else(|| broken(Rule::Subject, "subject[0].digest.sha256", "is missing"))?;
    Ok((name.into_owned(), resource::digest(Algorithm::Sha256, &hex, || "subject[0].digest.sha256".into())?))
}

fn resources(json: &mut Reader<'_>, place: Option<&Mark>, serialization: &Serialization) -> Result<Resources> {
    go_to(json, place, "predicate.resources")?;
    let (labels, mut resources) = (Labels::of(serialization), Resources::new(serialization.algorithm));
    json.array(|json, index| {
        resource::check_count(index, "predicate.resources")?;
        resources.push(&resource::read(json, serialization, &labels)?);
        Ok(())
    })?;
    Ok(resources)
}
