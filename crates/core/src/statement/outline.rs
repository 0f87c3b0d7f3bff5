// SPDX-License-Identifier: Apache-2.0
//! Where the members of a statement are, whatever their order. The first pass reads the whole text for its syntax and
//! judges nothing; the second can then judge in the order that makes sense to people: a foreign predicate is called
//! foreign, and is not blamed for lacking resources.

use std::borrow::Cow;

use super::broken;
use crate::error::{Result, Rule};
use crate::json::{Kind, Mark, Reader};

/// How many unknown members are told.
const TOLD: usize = 16;

/// The places of the members, where they are present.
#[derive(Default)]
pub(super) struct Outline {
    pub(super) statement_type: Option<Mark>,
    pub(super) predicate_type: Option<Mark>,
    pub(super) subject: Option<Mark>,
    pub(super) predicate: Option<Mark>,
    pub(super) resources: Option<Mark>,
    pub(super) serialization: Option<Mark>,
    pub(super) unknown: Vec<String>,
}

impl Outline {
    /// Reads a document to its end.
    pub(super) fn of(json: &mut Reader<'_>) -> Result<Self> {
        let mut outline = Self::default();
        json.object(|json, member| {
            let place = match member {
                "_type" => &mut outline.statement_type,
                "predicateType" => &mut outline.predicate_type,
                "subject" => &mut outline.subject,
                "predicate" => return outline.predicate(json),
                _ => return outline.pass_over(json),
            };
            *place = Some(json.mark());
            json.skip()
        })?;
        json.end()?;
        Ok(outline)
    }

    fn predicate(&mut self, json: &mut Reader<'_>) -> Result<()> {
        self.predicate = Some(json.mark());
        if json.kind()? != Kind::Object {
            return json.skip();
        }
        json.object(|json, member| {
            let place = match member {
                "resources" => &mut self.resources,
                "serialization" => &mut self.serialization,
                _ => return self.pass_over(json),
            };
            *place = Some(json.mark());
            json.skip()
        })
    }

    /// Skips a member without a meaning here, and remembers its path.
    pub(super) fn pass_over(&mut self, json: &mut Reader<'_>) -> Result<()> {
        if self.unknown.len() < TOLD {
            self.unknown.push(json.field());
        }
        json.skip()
    }
}

/// Goes to a member that has to be there.
pub(super) fn go_to(json: &mut Reader<'_>, place: Option<&Mark>, field: &str) -> Result<()> {
    json.revisit(place.ok_or_else(|| broken(Rule::Member, field, "is missing"))?);
    Ok(())
}

/// Reads a member that has to be there and a string.
pub(super) fn text_at<'a>(json: &mut Reader<'a>, place: Option<&Mark>, field: &str) -> Result<Cow<'a, str>> {
    go_to(json, place, field)?;
    json.string()
}
